package page

// LimitCards changes how many cards a page shows, until restore is called.
func LimitCards(n int) (restore func()) {
	before := mostCards
	mostCards = n
	return func() { mostCards = before }
}
