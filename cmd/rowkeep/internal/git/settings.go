package git

import (
	"slices"
	"strings"
)

// Setting is one entry of git's configuration.
type Setting struct{ Name, Value string }

// The subcommands that settings call. Each stands behind the executable's path.
const (
	driverCall    = " git driver --path=%P --marker-size=%L --base-label=%S --ours-label=%X --theirs-label=%Y %O %A %B"
	ancestorCall  = " git driver --ancestor --path=%P %O %A %B"
	diffCall      = " git diff-driver --"
	mergetoolCall = ` git mergetool%s -- "$BASE" "$LOCAL" "$REMOTE" "$MERGED"`
)

// What a driver does where the executable is missing. Git would take the shell's status
// 127 for a conflict, and leave ours without a marker.
const (
	driverElse   = "echo 'rowkeep is missing: merged by lines' >&2; git merge-file --marker-size=%L -L ours -L base -L theirs %A %O %B"
	ancestorElse = "cat %O >%A"
)

// driver is a command line of a driver that knows what to do where its executable is missing.
func driver(command, call, otherwise string) string {
	command = strings.ReplaceAll(command, "%", "%%") // in a driver it begins a placeholder
	return "if command -v " + command + " >/dev/null" + guardEnd + command + call + "; else " + otherwise + "; fi"
}

const guardEnd = "; then "

// calls are how settings of rowkeep begin behind the executable's path, in this and in
// other versions: those of drivers first.
var calls = []string{" git driver ", " git diff-driver", " git mergetool"}

// MergeTool is the setting that makes git mergetool call rowkeep if no tool is named. It
// is written where the user has none.
var MergeTool = Setting{"merge.tool", "rowkeep"}

// Settings are what makes git call rowkeep. command is the executable, quoted for a shell
// where that is needed.
//
// The driver of virtual ancestors is one of its own: git makes those, in a merge of
// branches with several common ancestors, for its own use as a base, and markers in a base
// would be rows. Tools that settle all conflicts at once are there because git does not
// pass -Xours and -Xtheirs on to a driver.
func Settings(command string) []Setting {
	list := []Setting{
		{"merge.rowkeep.name", "rowkeep: rows by key, cell by cell"},
		{"merge.rowkeep.driver", driver(command, driverCall, driverElse)},
		{"merge.rowkeep.recursive", "rowkeep-ancestor"},
		{"merge.rowkeep-ancestor.name", "rowkeep, for a base that git makes itself"},
		{"merge.rowkeep-ancestor.driver", driver(command, ancestorCall, ancestorElse)},
		{"diff.rowkeep.command", command + diffCall},
	}
	for _, tool := range []struct{ name, flags string }{
		{"rowkeep", ""}, {"rowkeep-ours", " --strategy=ours"}, {"rowkeep-theirs", " --strategy=theirs"},
	} {
		list = append(list,
			Setting{"mergetool." + tool.name + ".cmd", command + strings.Replace(mergetoolCall, "%s", tool.flags, 1)},
			Setting{"mergetool." + tool.name + ".trustExitCode", "true"})
	}
	return list
}

// Wrote reports whether a value of the setting is one that rowkeep writes, in whatever
// version and wherever its executable was: what somebody else wrote is not ours to remove.
func (s Setting) Wrote(value string) bool {
	_, call, runs := executable(s.Value)
	if !runs {
		return value == s.Value
	}
	_, other, ok := executable(value)
	return ok && other == call
}

// Executable returns the quoted path with which a setting that calls rowkeep begins. It is
// not ok if rowkeep did not write the value.
func Executable(value string) (command string, ok bool) {
	command, _, ok = executable(value)
	return command, ok
}

func executable(value string) (command, call string, ok bool) {
	if _, guarded, ok := strings.Cut(value, guardEnd); ok {
		value = guarded
	}
	for _, call := range calls {
		command, _, ok := strings.Cut(value, call)
		if ok && call == calls[0] {
			command = strings.ReplaceAll(command, "%%", "%")
		}
		if ok && oneWord(command) {
			return command, call, true
		}
	}
	return "", "", false
}

// oneWord reports whether a shell reads text as one word and does nothing else with it:
// plain, or in single quotes.
func oneWord(text string) bool {
	if inner, ok := strings.CutPrefix(text, "'"); ok && strings.HasSuffix(inner, "'") {
		inner = strings.TrimSuffix(inner, "'")
		return !strings.Contains(strings.ReplaceAll(inner, `'\''`, ""), "'")
	}
	return text != "" && !strings.ContainsAny(text, " \t\r\n'\"`$&|;<>(){}[]*?!~#\\=")
}

// Write is one thing that install or uninstall does to git's configuration.
type Write struct {
	Setting
	Remove bool
	Was    string // the value now; "" for none
}

// Plan says which settings of a scope install has to write.
func (s *Scope) Plan(command string) ([]Write, error) {
	var plan []Write
	for _, setting := range Settings(command) {
		switch was, err := s.values(setting.Name); {
		case err != nil:
			return nil, err
		case !slices.Equal(was, []string{setting.Value}):
			plan = append(plan, Write{Setting: setting, Was: strings.Join(was, ", ")})
		}
	}
	tool, err := Effective(MergeTool.Name)
	if err != nil {
		return nil, err
	}
	if tool == "" {
		plan = append(plan, Write{Setting: MergeTool})
	}
	return plan, nil
}

// PlanRemoval says which settings of a scope uninstall has to remove.
func (s *Scope) PlanRemoval() ([]Write, error) {
	var plan []Write
	for _, setting := range append(Settings("rowkeep"), MergeTool) {
		was, err := s.values(setting.Name)
		if err != nil {
			return nil, err
		}
		if len(was) > 0 && !slices.ContainsFunc(was, func(v string) bool { return !setting.Wrote(v) }) {
			plan = append(plan, Write{Setting: setting, Remove: true, Was: strings.Join(was, ", ")})
		}
	}
	return plan, nil
}
