package store

import (
	"fmt"
	"testing"

	"github.com/rowkeep/rowkeep/csvrows"
)

// longHistory is a file of 100 rows of 16 columns with 1,000 versions, half of them
// written: of each row's counter, order and flag in turn.
func longHistory(tb testing.TB) []version {
	head := "id,pair,threshold,type,direction,volume,offset,enabled,linked,order_id,when,price,note,kind,date,fiat\n"
	for i := range 100 {
		head += fmt.Sprintf("row_%d,XBTUSD,%d,above,sell,0.1,1.5,true,,,,,a note of row %d,,,\n", i, 50000+i, i)
	}
	history := past(tb, R(head))
	for i := range 999 {
		table, err := history[i].snap.Table()
		if err != nil {
			tb.Fatal(err)
		}
		cells := map[string]string{"enabled": []string{"true", "false"}[i/100%2], "price": fmt.Sprint(i)}
		if i%3 == 0 {
			cells["order_id"] = fmt.Sprintf("O%d", i)
		}
		if err := table.Set(csvrows.Key{fmt.Sprintf("row_%d", i%100)}, cells); err != nil {
			tb.Fatal(err)
		}
		history = append(history, version{seq: int64(i + 2), written: i%2 == 0, snap: snapshotOf(tb, string(table.Bytes()))})
	}
	return history
}

// BenchmarkJudgeSave judges saves that were made from versions of different age.
func BenchmarkJudgeSave(b *testing.B) {
	history := longHistory(b)
	for _, n := range []int{50, 1000} {
		for _, age := range []int{0, 1, 10, n / 2, n - 1} {
			b.Run(fmt.Sprintf("versions=%d/age=%d", n, age), func(b *testing.B) {
				from := history[1000-n:]
				save := snapshotOf(b, "# mine\n"+string(from[n-1-age].snap.Bytes()))
				for b.Loop() {
					v, err := judgeSave(lineageOf(from, savePolicy{}), save, savePolicy{})
					if err != nil || v.base != from[n-1-age].seq {
						b.Fatalf("base %d, want %d, %v", v.base, from[n-1-age].seq, err)
					}
				}
			})
		}
	}
}

// TestManyVersionsAreJudged: what is near is found among many, whoever wrote what.
func TestManyVersionsAreJudged(t *testing.T) {
	history := longHistory(t)
	for age := 0; age < 1000; age += 97 {
		from := history[999-age]
		v := judged(t, history, string(from.snap.Bytes())+"z,XBTUSD,1,above,sell,1,1,true\n", savePolicy{})
		if v.base != from.seq || len(v.conflicts) > 0 || (len(v.events) > 0) != (age > 0) {
			t.Errorf("base %d, want %d; %d events", v.base, from.seq, len(v.events))
		}
	}
}
