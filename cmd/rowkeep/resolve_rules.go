package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/settle"
	"github.com/rowkeep/rowkeep/merge"
)

// readRules makes rules of the flags and of the file of answers.
func (r *resolveCommand) readRules() error {
	for i, is := range r.all {
		if is {
			r.rules = append(r.rules, settle.Rule{Resolution: merge.Resolution{Side: allSides[i]}})
		}
	}
	if len(r.rules) > 1 {
		return usage("only one of --ours, --theirs and --base can be for all")
	}
	for _, arg := range r.take {
		if err := r.addRule(arg, r.takeRule); err != nil {
			return usage("--take %s: %w", quote(arg), err)
		}
	}
	for _, arg := range r.set {
		if err := r.addRule(arg, r.setRule); err != nil {
			return usage("--set %s: %w", quote(arg), err)
		}
	}
	if r.dismiss && (len(r.rules) > 0 || len(r.policies) > 0 || r.answers != "" || r.remember) {
		return usage("--dismiss drops the changes: there is nothing to answer")
	}
	if r.answers == "" {
		return nil
	}
	data, err := r.readAll([]string{r.answers})
	if err != nil {
		return err
	}
	rules, err := settle.ReadAnswers(data[0])
	if err != nil {
		return &failure{status: statusInput, err: fmt.Errorf("%s: %w", called(r.answers), err)}
	}
	r.rules = append(r.rules, rules...)
	return nil
}

func (r *resolveCommand) addRule(arg string, read func(string) (settle.Rule, error)) error {
	rule, err := read(arg)
	r.rules = append(r.rules, rule)
	return err
}

// takeRule reads KEY[:COL]=SIDE.
func (r *resolveCommand) takeRule(arg string) (rule settle.Rule, err error) {
	key, rest, hasColumn := cutKey(arg)
	var side string
	if hasColumn {
		rule.HasColumn = true
		rule.Column, side, err = cutCell(rest)
	} else if i := strings.LastIndexByte(rest, '='); i >= 0 && key == "" {
		key, side = rest[:i], rest[i+1:]
	} else {
		side = strings.TrimPrefix(rest, "=")
	}
	if err != nil || side == "" || key == "" && !hasColumn {
		return rule, errors.New("want KEY=SIDE, KEY:COL=SIDE or :COL=SIDE")
	}
	if rule.Resolution, err = settle.ReadSide(side); err != nil {
		return rule, err
	}
	return rule, r.setKey(&rule, key)
}

// setRule reads KEY:COL=VALUE.
func (r *resolveCommand) setRule(arg string) (rule settle.Rule, err error) {
	key, rest, hasColumn := cutKey(arg)
	if hasColumn {
		rule.HasColumn = true
		rule.Side = merge.Neither
		rule.Column, rule.Value, err = cutCell(rest)
	}
	if err != nil || !hasColumn || key == "" {
		return rule, errors.New("want KEY:COL=VALUE")
	}
	return rule, r.setKey(&rule, key)
}

// setKey has a rule select the rows of a key; an empty one selects all.
func (r *resolveCommand) setKey(rule *settle.Rule, key string) error {
	if key == "" {
		return nil
	}
	values, err := r.keyArg(key)
	rule.Key = values
	return err
}

// cutKey cuts KEY off at the first colon. A key that holds one is quoted as in CSV; rest is
// what stands behind it, or all of it where there is no colon and no quote.
func cutKey(arg string) (key, rest string, colon bool) {
	if quoted, ok := strings.CutPrefix(arg, `"`); ok {
		for i := 0; i < len(quoted); i++ {
			switch {
			case quoted[i] != '"':
			case strings.HasPrefix(quoted[i:], `""`):
				i++
			default:
				rest, colon = strings.CutPrefix(quoted[i+1:], ":")
				return strings.ReplaceAll(quoted[:i], `""`, `"`), rest, colon
			}
		}
	}
	key, rest, colon = strings.Cut(arg, ":")
	if !colon {
		return "", arg, false
	}
	return key, rest, true
}
