package git

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestAttributes: what AddAttributes does, RemoveAttributes takes back, to the byte.
func TestAttributes(t *testing.T) {
	lines := rapid.SampledFrom([]string{
		"", "*.csv merge=union", "*.csv merge=rowkeep", "# " + AttributeLine, "* text=auto", " " + AttributeLine, AttributeLine + " -text",
	})
	ends := rapid.SampledFrom([]string{"\n", "\r\n", "\r"})
	rapid.Check(t, func(t *rapid.T) {
		data := []byte{}
		if rapid.Bool().Draw(t, "mark") {
			data = append(data, byteOrderMark...)
		}
		for range rapid.IntRange(0, 4).Draw(t, "lines") {
			data = append(data, lines.Draw(t, "line")+ends.Draw(t, "end")...)
		}
		data = append(data, lines.Draw(t, "last")...) // without an end

		added := AddAttributes(data)
		if !hasLine(added) || len(added) != len(data)+len(AttributeLine)+1 {
			t.Fatalf("%q becomes %q", data, added)
		}
		if again := AddAttributes(added); !bytes.Equal(again, added) {
			t.Fatalf("%q becomes %q the second time", data, again)
		}
		if removed := RemoveAttributes(added); removed == nil || !bytes.Equal(removed, data) {
			t.Fatalf("%q becomes %q", data, removed)
		}
	})
	if made := AddAttributes(nil); !hasLine(made) || RemoveAttributes(made) != nil {
		t.Errorf("a new file is %q, and stays", made)
	}
}

// TestExecutable: the path in a setting is found again, whatever it is, and what would run
// anything else is not taken for one.
func TestExecutable(t *testing.T) {
	for _, command := range []string{
		"rowkeep", "/usr/local/bin/rowkeep", "'/a b/rowkeep'", `'/it'\''s/rowkeep'`, "'/100%/rowkeep'", "'/%A/%%/$(x)/`x`/rowkeep'", "'C:/Program Files/rowkeep.exe'",
	} {
		runs := 0
		for _, s := range Settings(command) {
			got, ok := Executable(s.Value)
			if !ok {
				continue
			}
			runs++
			if got != command {
				t.Errorf("%s = %s runs %s, want %s", s.Name, s.Value, got, command)
			}
			if !s.Wrote(strings.ReplaceAll(s.Value, command, "elsewhere")) && !strings.Contains(command, "%") {
				t.Errorf("%s is not known with another path", s.Name)
			}
		}
		if want := 6; runs != want {
			t.Errorf("%d settings run %s, want %d", runs, command, want)
		}
	}
	for _, value := range []string{
		"", "true", "x; rowkeep git driver %O", "$(x) git driver %O", "'a'b' git driver %O", "'a' 'b' git driver %O", "a b git diff-driver",
		"meld $LOCAL", "FOO=bar git driver ", `"rowkeep" git driver `, "if x" + guardEnd + "y;x git driver ",
	} {
		if command, ok := Executable(value); ok {
			t.Errorf("%s runs %s", value, command)
		}
		for _, s := range Settings("rowkeep") {
			if s.Wrote(value) && s.Value != value {
				t.Errorf("%s: %q is ours", s.Name, value)
			}
		}
	}
}

func TestContent(t *testing.T) {
	const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
	for _, tt := range []struct {
		name, data  string
		lfs, binary bool
	}{
		{"pointer", pointer, true, false},
		{"header of that name", "version\n1\n", false, false},
		{"pointer in a file that is none", "id\n" + pointer, false, false},
		{"too long for one", pointer + strings.Repeat("x", 1024), false, false},
		{"empty", "", false, false},
		{"UTF-16", "i\x00d\x00", false, true},
		{"NUL where git does not look", strings.Repeat("x", 8000) + "\x00", false, false},
	} {
		if got := IsLFSPointer([]byte(tt.data)); got != tt.lfs {
			t.Errorf("%s: IsLFSPointer is %t", tt.name, got)
		}
		if got := IsBinary([]byte(tt.data)); got != tt.binary {
			t.Errorf("%s: IsBinary is %t", tt.name, got)
		}
	}
}
