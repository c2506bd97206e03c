//go:build race

package page_test

const withRace = true
