package main

import "testing"

func TestShellWord(t *testing.T) {
	for s, want := range map[string]string{
		"/tmp/a-b_c.csv": "/tmp/a-b_c.csv",
		"":               "''",
		"my file":        "'my file'",
		"it's":           `'it'\''s'`,
		"$(rm x)":        "'$(rm x)'",
		`a\b`:            `'a\b'`,
		"~":              "'~'",
		"-x.csv":         "./-x.csv",
		"- x":            "'./- x'",
	} {
		if got := shellWord(s); got != want {
			t.Errorf("shellWord(%q) = %s, want %s", s, got, want)
		}
	}
}
