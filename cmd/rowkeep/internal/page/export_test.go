package page

// Limit has pages show so many conflicts and changes until the returned function is called.
func Limit(n int) (restore func()) {
	cards, changes := mostCards, mostChanges
	mostCards, mostChanges = n, n
	return func() { mostCards, mostChanges = cards, changes }
}
