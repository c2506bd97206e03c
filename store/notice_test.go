package store

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

func cellChange(key, column, value string) EventChange {
	return EventChange{Kind: merge.ChangeCell, Key: []string{key}, Column: column, HasColumn: true, Ours: merge.Value{Exists: true, Text: value}}
}

func TestNoticeText(t *testing.T) {
	var many []EventChange
	for i := range 100 {
		many = append(many, cellChange(fmt.Sprintf("row_%d", i), "enabled", "false"))
	}
	for _, c := range []struct {
		name    string
		changes []EventChange
		read    csvrows.Options
		want    string // between "re-applied 7: " and the end
	}{
		{"cells of a row", []EventChange{cellChange("btc_1", "enabled", "false"), cellChange("btc_1", "order_id", "O1")}, csvrows.Options{}, "# re-applied 7: btc_1 enabled=false order_id=O1"},
		{"two rows", []EventChange{cellChange("a", "x", "1"), cellChange("b", "x", "")}, csvrows.Options{}, "# re-applied 7: a x=1 / b x="},
		{"another prefix", []EventChange{cellChange("a", "x", "1")}, csvrows.Options{Comment: "//"}, "// re-applied 7: a x=1"},
		{"rows", []EventChange{{Kind: merge.ChangeRowAdded, Key: []string{"a"}}, {Kind: merge.ChangeRowDeleted, Key: []string{"b"}}}, csvrows.Options{}, "# re-applied 7: a added / b deleted"},
		{"columns and comments", []EventChange{{Kind: merge.ChangeColumnAdded, Column: "c"}, {Kind: merge.ChangeComment}}, csvrows.Options{}, "# re-applied 7: column c / a comment"},
		{"odd bytes", []EventChange{cellChange("a,b", "x", "1\n\"2\"\r\\\x00\xff\u2028é")}, csvrows.Options{}, `# re-applied 7: a\x2cb x=1\x0a\x222\x22\x0d\x5c\x00\xff\u2028é`},
		{"a long value", []EventChange{cellChange("a", "x", strings.Repeat("ä", 99))}, csvrows.Options{}, "# re-applied 7: a x=" + strings.Repeat("ä", 40) + "..."},
		{"a long list", many, csvrows.Options{}, "# re-applied 7: row_0 enabled=false / row_1 enabled=false / row_2 enabled=false / row_3 enabled=false / row_4 enabled=false / row_5 enabled=false and 94 more"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := notice(7, c.changes, c.read, ',')
			if want := c.want + " (your save was from an older copy)"; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			f, err := csvrows.Parse([]byte(got+"\nid,x\na,1\n"), c.read)
			if err != nil || f.Kind(0) != csvrows.Comment || string(f.Text(0)) != got {
				t.Errorf("is not read as one comment: %v", err)
			}
			if !isNotice(got, prefixOf(c.read)) {
				t.Error("is not recognised")
			}
		})
	}
	for _, text := range []string{"# re-applied 7: by me", "re-applied 7: a (your save was from an older copy)", "# re-applied x: a (your save was from an older copy)"} {
		if isNotice(text, "#") {
			t.Errorf("%q is taken for a notice", text)
		}
	}
}

// TestNoticePlace: above the first row that it tells of, with the file's line end, and
// gone again without a trace.
func TestNoticePlace(t *testing.T) {
	const text = "# re-applied 7: b x=1 (your save was from an older copy)"
	for _, c := range []struct{ name, file, want string }{
		{"above its row", "id,x\na,1\nb,1\n", "id,x\na,1\n" + text + "\nb,1\n"},
		{"with a line end of the file", "id,x\r\na,1\r\nb,1\r\n", "id,x\r\na,1\r\n" + text + "\r\nb,1\r\n"},
		{"at the end if the row is gone", "id,x\na,1\n", "id,x\na,1\n" + text + "\n"},
		{"behind a last line without an end", "id,x\na,1", "id,x\na,1\n" + text},
		{"behind a byte-order mark", "\ufeffid,x\nb,1\n", "\ufeffid,x\n" + text + "\nb,1\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			with, err := withNotice([]byte(c.file), csvrows.Options{}, text, [][]string{{"b"}})
			if err != nil || string(with) != c.want {
				t.Errorf("%q, %v; want %q", with, err, c.want)
			}
			quoted := strings.Replace(string(with), text, `"`+text+`",,`, 1) // by another program
			for _, form := range []string{string(with), quoted} {
				without, err := withoutNotices([]byte(form), csvrows.Options{}, func(string) bool { return true })
				if got := strings.TrimSuffix(string(without), "\n"); err != nil || got != strings.TrimSuffix(c.file, "\n") {
					t.Errorf("without: %q, %v; want %q", without, err, c.file)
				}
			}
		})
	}
}
