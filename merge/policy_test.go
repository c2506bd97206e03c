package merge

import "testing"

func TestParsePolicy(t *testing.T) {
	for _, s := range []string{"fail", "ours", "theirs", "base", "max", "min", "sum", "union:;", "union:, ", "union::", "newer:updated", "newer:a:b"} {
		p, err := ParsePolicy(s)
		if err != nil || p.String() != s {
			t.Errorf("ParsePolicy(%q) = %q, %v", s, p, err)
		}
	}
	for _, s := range []string{"", "OURS", "mine", "ours:", "sum:2", "union", "union:", "newer", "newer:", ":x"} {
		if p, err := ParsePolicy(s); err == nil {
			t.Errorf("ParsePolicy(%q) = %q, want an error", s, p)
		}
	}
}

func TestParseDecimal(t *testing.T) {
	for _, c := range []struct{ in, out string }{
		{"0", "0"},
		{"-0", "0"},
		{"+7", "7"},
		{"007", "7"},
		{"1.50", "1.50"},
		{".5", "0.5"},
		{"5.", "5"},
		{"-.05", "-0.05"},
		{"-12.30", "-12.30"},
		{"12345678901234567890.12345678901234567890", "12345678901234567890.12345678901234567890"},
	} {
		if d := parseDecimal(c.in); d == nil || d.String() != c.out {
			t.Errorf("parseDecimal(%q) = %v, want %s", c.in, d, c.out)
		}
	}
	for _, in := range []string{"", "+", "-", ".", "-.", "+-1", "--1", "1e3", "1 ", " 1", "1,5", "1.2.3", "0x10", "NaN", "Inf", "१", "1_000", "1-"} {
		if d := parseDecimal(in); d != nil {
			t.Errorf("parseDecimal(%q) = %v, want none", in, d)
		}
	}
}

func TestCompareDecimals(t *testing.T) {
	ascending := []string{"-10", "-9.99", "-0.1", "0", "0.001", "0.01", "9", "10", "10.0000000000000000000001"}
	for i, x := range ascending {
		for j, y := range ascending {
			a, b := parseDecimal(x), parseDecimal(y)
			if got, want := a.compare(b), min(1, max(-1, i-j)); got != want {
				t.Errorf("%s compared with %s: %d, want %d", x, y, got, want)
			}
		}
	}
	for _, y := range []string{"1.0", "01", "+1", "1."} {
		if got := parseDecimal("1").compare(parseDecimal(y)); got != 0 {
			t.Errorf("1 compared with %s: %d", y, got)
		}
	}
}

func TestSum(t *testing.T) {
	for _, c := range []struct{ base, ours, theirs, want string }{
		{"10", "13", "8", "11"},
		{"10", "12", "12", "14"},
		{"0.1", "0.3", "0.20", "0.40"},
		{"5", "2", "1", "-2"},
		{"1", "0.5", "0.5", "0.0"},
		{"0", "-1", "-0.25", "-1.25"},
		{"99999999999999999999", "100000000000000000000", "99999999999999999999", "100000000000000000000"},
	} {
		if got, ok := sum(c.base, c.ours, c.theirs); !ok || got != c.want {
			t.Errorf("sum(%s, %s, %s) = %s, want %s", c.base, c.ours, c.theirs, got, c.want)
		}
	}
	for _, c := range [][3]string{{"", "1", "2"}, {"1", "x", "2"}, {"1", "2", "1e3"}} {
		if got, ok := sum(c[0], c[1], c[2]); ok {
			t.Errorf("sum(%q) = %s, want none", c, got)
		}
	}
}

func TestUnion(t *testing.T) {
	for _, c := range []struct{ base, ours, theirs, want string }{
		{"c;a;b", "c;b;z;d", "c;a;b;e;d", "c;b;d;e;z"}, // base's order, additions sorted, d once
		{"a;b", "a", "b", ""},                          // each removed one
		{"", "b", "a", "a;b"},
		{"x", "", "x;y", "y"},
		{"a", "a;b;b", "a;b", "a;b"}, // repetitions are one
		{"a;a", "a;c", "a;b", "a;b;c"},
		{"a;;b", "a;b", "a;;b;c", "a;b;c"}, // an empty item is an item
	} {
		for _, sides := range [][2]string{{c.ours, c.theirs}, {c.theirs, c.ours}} {
			if got := union(c.base, sides[0], sides[1], ";"); got != c.want {
				t.Errorf("union(%q, %q, %q) = %q, want %q", c.base, sides[0], sides[1], got, c.want)
			}
		}
	}
}

func TestCompareStamps(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
		ok   bool
	}{
		{"2025-01-02T00:00:00Z", "2025-01-01T23:59:59Z", 1, true},
		{"2025-01-01T12:00:00+02:00", "2025-01-01T10:00:00Z", 0, true},
		{"2025-01-01T12:00:00.5Z", "2025-01-01T12:00:00Z", 1, true},
		{"9", "10", -1, true},
		{"1.0", "1", 0, true},
		{"2025-01-01", "2025-01-02", 0, false}, // a date is no RFC 3339 time
		{"2025-01-01T00:00:00Z", "7", 0, false},
		{"", "7", 0, false},
		{"", "", 0, false},
	} {
		order, ok := compareStamps([]byte(c.a), []byte(c.b))
		back, okBack := compareStamps([]byte(c.b), []byte(c.a))
		if ok != c.ok || okBack != c.ok || ok && (order != c.want || back != -c.want) {
			t.Errorf("%q beside %q: %d, %v; mirrored %d, %v; want %d, %v", c.a, c.b, order, ok, back, okBack, c.want, c.ok)
		}
	}
}
