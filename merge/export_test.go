package merge

// LeftOut is how many rows a merge left out of its sketch.
func LeftOut(r *Result) int {
	if r.m.sketch == nil {
		return 0
	}
	return r.m.sketch.rows
}
