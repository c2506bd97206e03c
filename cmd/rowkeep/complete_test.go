package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/hostile"
	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/terminal"
	"github.com/rowkeep/rowkeep/csvrows"
)

// completions is what a shell is offered behind a command line, without descriptions and
// with the directive at the end.
func completions(t *testing.T, args ...string) []string {
	t.Helper()
	status, out, stderr := call(t, append([]string{"__completeNoDesc"}, args...)...)
	if status != statusClean {
		t.Fatalf("status %d: %s", status, stderr)
	}
	return strings.Split(strings.TrimSuffix(out, "\n"), "\n")
}

// completed are command lines with what they are offered, in the directory of TestComplete.
var completed = []struct {
	args string // the last one is what is typed of a word, - for nothing
	want []string
}{
	{"get -", []string{":0"}},
	{"get a.csv -", []string{"btc_1", "btc_2", "eth_1", ":4"}},
	{"get a.csv e", []string{"eth_1", ":4"}},
	{"get a.csv eth_1 -", []string{"id", "state", "unit price", "note", ":4"}},
	{"get a.csv eth_1 note -", []string{":4"}},
	{"get missing.csv -", []string{":4"}},
	{"get broken.csv -", []string{":4"}},
	{"get . -", []string{":4"}},
	{"get hosts.csv -", []string{"db,80", "db,443", ":4"}},
	{"get --key owner hosts.csv -", []string{"ann", "bob", ":4"}},
	{"get hosts.csv --key -", []string{"host", "port", "owner", ":4"}},
	{"get hosts.csv --key host,p", []string{"host,port", ":4"}},
	{"get hosts.csv --key host,", []string{"host,port", "host,owner", ":4"}},
	{"set a.csv -", []string{"btc_1", "btc_2", "eth_1", ":4"}},
	{"set a.csv btc_1 -", []string{"id=", "state=", "unit price=", "note=", ":6"}},
	{"set a.csv btc_1 state=off -", []string{"id=", "unit price=", "note=", ":6"}},
	{"set a.csv btc_1 state=", []string{"state=on", "state=off", ":4"}},
	{"set a.csv btc_1 state=of", []string{"state=off", ":4"}},
	{"add a.csv -", []string{":4"}},
	{"add a.csv dot_1 s", []string{"state=", ":6"}},
	{"rm a.csv btc_1 -", []string{"btc_2", "eth_1", ":4"}},
	{"rename-key a.csv e", []string{"eth_1", ":4"}},
	{"rename-key a.csv eth_1 -", []string{":4"}},
	{"show waiting.csv -", []string{"2", "1", ":36"}},
	{"restore waiting.csv 1 -", []string{":4"}},
	{"resolve waiting.csv --set a", []string{"a:v=2", "a:v=3", "a:v=1", ":4"}},
	{"resolve waiting.csv --take b", []string{"b:v=ours", "b:v=theirs", "b:v=base", ":4"}},
	{"resolve waiting.csv --policy -", []string{"id=", "v=", "w=", ":6"}},
	{"resolve waiting.csv --policy v=u", []string{"v=union:", ":6"}},
	{"merge a.csv --policy note=newer:s", []string{"note=newer:state", ":4"}},
}

func TestComplete(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, content := range map[string]string{
		"a.csv":         "id,state,unit price,note\nbtc_1,on,1,\nbtc_2,off,2,\neth_1,on,3,x\n",
		"hosts.csv":     "host;port;owner\ndb;80;ann\ndb;443;bob\n",
		"broken.csv":    "id,v\na,\"1\n",
		".rowkeep.toml": "[[files]]\nmatch = \"hosts.csv\"\nkey = [\"host\", \"port\"]\n",
	} {
		writeFile(t, name, content)
	}
	prepareWaiting(t, dispute{
		base: "id,v,w\na,1,\nb,1,\n", ours: "id,v,w\na,2,\nb,2,x\n", theirs: "id,v,w\na,3,\nb,3,\n",
	}, "waiting.csv")
	for _, c := range completed {
		args := strings.Fields(c.args)
		if last := &args[len(args)-1]; *last == "-" {
			*last = ""
		}
		if diff := cmp.Diff(c.want, completions(t, args...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.args, diff)
		}
	}
	ids := completions(t, "conflicts", "waiting.csv", "")
	if len(ids) != 4 {
		t.Fatalf("want a change and two ids: %q", ids)
	}
	for _, id := range ids[:3] {
		if status, _, stderr := call(t, "conflicts", "waiting.csv", id); status != statusConflicts {
			t.Errorf("conflicts of %s: status %d: %s", id, status, stderr)
		}
	}
}

// Of more words than a person reads none is offered, and it is said.
func TestCompleteMany(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.csv")
	var content strings.Builder
	content.WriteString("id\n")
	for i := range offerMost + 1 {
		content.WriteString("k" + strconv.Itoa(i) + "\n")
	}
	writeFile(t, file, content.String())
	if got := completions(t, "get", file, "k"); len(got) != 2 || !strings.Contains(got[0], "501 begin so") {
		t.Errorf("offered %q", got)
	}
	if got := completions(t, "get", file, "k50"); len(got) != 3 { // k50, k500 and the directive
		t.Errorf("offered %q", got)
	}
}

// hostileFile is a file in which the names of rows, columns and values are hostile.
func hostileFile(t *testing.T) string {
	columns := []string{"id", "note"}
	rows := [][]string{{"plain", ""}, {"two words", ""}}
	for _, v := range hostile.Values() {
		if len(v.Text) < 1<<10 {
			columns = append(columns, v.Text)
			rows = append(rows, []string{v.Text, v.Text})
		}
	}
	if len(rows) < 30 {
		t.Fatalf("only %d hostile values", len(rows))
	}
	var content strings.Builder
	for _, row := range append([][]string{columns}, rows...) {
		for i, cell := range row {
			if i > 0 {
				content.WriteByte(',')
			}
			content.Write(csvrows.Encode([]byte(cell), true, ','))
		}
		content.WriteByte('\n')
	}
	file := filepath.Join(t.TempDir(), "hostile.csv")
	writeFile(t, file, content.String())
	return file
}

// What a file holds neither steers the terminal nor runs, if a shell offers it.
func TestCompleteHostile(t *testing.T) {
	file := hostileFile(t)
	for _, args := range [][]string{{"get", file, ""}, {"get", file, "plain", ""}, {"set", file, "plain", "note="}, {"resolve", file, "--policy", ""}} {
		offered := completions(t, args...)
		if len(offered) < 2 {
			t.Errorf("%q: nothing is offered", args)
		}
		for _, word := range offered {
			if visible(word) != word || strings.ContainsAny(word, shellSigns) || strings.HasPrefix(word, "-") {
				t.Errorf("%q: %q is offered", args, word)
			}
		}
	}
}

// bash itself completes by the script, here with the function of its package for completions
// that cuts the words.
const completeInBash = `
_get_comp_words_by_ref() { words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; cur=${COMP_WORDS[COMP_CWORD]}; }
compopt() { :; }
source <(rowkeep completion bash)
COMP_TYPE=9
COMP_WORDS=(rowkeep get hostile.csv "$1") COMP_CWORD=3
__start_rowkeep
printf '%s\n' "${COMPREPLY[@]}"
`

func TestCompleteInBash(t *testing.T) {
	needs(t, "bash")
	dir := filepath.Dir(hostileFile(t))
	for typed, want := range map[string]string{"tw": `two\ words`, "pl": "plain", "$": ""} {
		cmd := exec.Command("bash", "-c", completeInBash, "bash", typed)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if got := strings.TrimSpace(string(out)); got != want {
			t.Errorf("%s: bash completes to %q, want %q", typed, got, want)
		}
	}
}

// shells are set up as rowkeep completion --help says, in a home directory of their own. The
// prompt tells that a shell is ready for a line.
var shells = []struct {
	name  string
	setup map[string]string // files below the home directory; %s is the script
	start string
}{
	{
		"zsh", map[string]string{
			"functions/_rowkeep": "%s",
			".zshrc":             "PS1='ready> '; fpath=(~/functions $fpath); autoload -Uz compinit && compinit -u -D\n",
		}, "zsh -i",
	},
	{
		"fish", map[string]string{
			".config/fish/completions/rowkeep.fish": "%s",
			".config/fish/config.fish": "set -g fish_greeting; set -g fish_autosuggestion_enabled 0\n" +
				"function fish_prompt; echo -n 'ready> '; end\n",
		}, "fish -i",
	},
}

// The other shells complete on a terminal only: there they show what they make of a word.
func TestCompleteInShells(t *testing.T) {
	for _, shell := range shells {
		t.Run(shell.name, func(t *testing.T) {
			t.Parallel()
			needs(t, shell.name)
			home := t.TempDir()
			_, script, _ := call(t, "completion", shell.name)
			for file, content := range shell.setup {
				file = filepath.Join(home, file)
				if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
					t.Fatal(err)
				}
				writeFile(t, file, strings.Replace(content, "%s", script, 1))
			}
			env := []string{"HOME=" + home, "ZDOTDIR=" + home, "XDG_CONFIG_HOME=" + home + "/.config", "PATH=" + os.Getenv("PATH")}
			dir := filepath.Dir(hostileFile(t))
			writeFile(t, dir+"/words.csv", "id,unit price,order-id\nmy key,1,o-1\n")
			writeFile(t, home+"/home.csv", "id\nin_home\n")
			w := terminal.Start(t, 120, 24, env, "cd "+shellWord(dir)+"; "+shell.start)
			w.Await("ready>")
			for _, tt := range []struct{ typed, shows string }{
				{"rowkeep compl", "rowkeep completion Z"},
				{"rowkeep merge --strategy=the", "--strategy=theirs Z"},
				{"rowkeep get hostile.csv tw", `two\ words Z`},
				{`rowkeep get hostile.csv two\ words no`, `two\ words note Z`},
				{`rowkeep set hostile.csv two\ words no`, `two\ words note=Z`}, // a value follows, and no space
				{`rowkeep get words.csv my\ k`, `my\ key Z`},
				{`rowkeep set words.csv my\ key unit\ p`, `my\ key unit\ price=Z`},
				{`rowkeep set words.csv my\ key order-id=o`, `my\ key order-id=o-1 Z`},
				{`rowkeep get '$(touch ran)' '(touch ran)' q`, "qZ"}, // what is quoted does not run
				{"rowkeep get ~/home.csv in", "home.csv in_home Z"},
			} {
				w.Type(tt.typed)
				w.Keys("Tab")
				w.Type("Z") // shows that the shell is done, and whether it has put a space
				w.Await(tt.shows)
				w.Keys("C-u")
			}
			if _, err := os.Stat(dir + "/ran"); err == nil {
				t.Error("to complete a line ran what stands in quotes")
			}
		})
	}
}
