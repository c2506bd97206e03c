// Package config reads .rowkeep.toml: what rowkeep must know of CSV files that the files
// do not say themselves. It is meant to be committed beside them, so that everybody who
// works on a repository, and git's merge driver, read a file in the same way:
//
//	[[files]]
//	match = "hosts/*.csv"         # without a slash: in every directory
//	key = ["host", "port"]
//	delimiter = ";"               # one byte, or tab, comma, semicolon, pipe
//	comment = "//"                # "" for none
//	granularity = "row"           # or cell
//	policies = { seen = "max", tags = "union:;" }
//
//	[[files]]
//	match = "/export/log.csv"     # with one: from the directory of .rowkeep.toml
//	no_header = true
//	key_index = [1]
//
// Of several entries that match a file, the last that gives a setting decides. Of several
// configs, only the nearest above a file counts. A name that is not known is an error: it
// would be a setting that silently does nothing.
package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"path"
	"reflect"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/pelletier/go-toml/v2"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

// Name is what a config is called, in whatever directory.
const Name = ".rowkeep.toml"

// Config is one file of settings.
type Config struct {
	Files []Entry `toml:"files"`
}

// Entry is what a config says of the files whose names match. Fields that are not given
// are nil or empty.
type Entry struct {
	Match       string            `toml:"match"`
	Key         []string          `toml:"key"`
	KeyIndex    []int             `toml:"key_index"`
	NoHeader    bool              `toml:"no_header"`
	Delimiter   *string           `toml:"delimiter"`
	Comment     *string           `toml:"comment"`
	Granularity *string           `toml:"granularity"`
	Policies    map[string]string `toml:"policies"`
}

// Settings are what the entries say of one file. The zero value says nothing.
type Settings struct {
	Read        csvrows.Options
	Granularity merge.Granularity
	Policies    map[string]merge.Policy // by column; nil for none
}

// IsZero reports that nothing is said.
func (s Settings) IsZero() bool { return reflect.ValueOf(s).IsZero() }

// Error says what is wrong with a config. Its lines and columns count from 1; they are 0
// where only the entry is known, which Err names.
type Error struct {
	File         string
	Line, Column int
	Err          error
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %v", e.File, e.Err)
	}
	return fmt.Sprintf("%s:%d:%d: %v", e.File, e.Line, e.Column, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// Parse reads a config and looks at all that it says. Errors are [*Error]; file is what
// they call it.
func Parse(file string, data []byte) (*Config, error) {
	var c Config
	if err := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields().Decode(&c); err != nil {
		return nil, decodeError(file, err)
	}
	for i, entry := range c.Files {
		var s Settings
		err := entry.check()
		if err == nil {
			err = entry.apply(&s)
		}
		if err == nil {
			err = s.Read.Validate()
		}
		if err != nil {
			return nil, &Error{File: file, Err: fmt.Errorf("entry %d of files: %w", i+1, err)}
		}
	}
	return &c, nil
}

// decodeError puts the place before what the TOML library says.
func decodeError(file string, err error) *Error {
	var decode *toml.DecodeError
	var strict *toml.StrictMissingError
	switch {
	case errors.As(err, &strict):
		decode = &strict.Errors[0]
		err = fmt.Errorf("no setting is called %s", strings.Join(decode.Key(), "."))
	case errors.As(err, &decode):
		err = plainly(decode)
	default:
		return &Error{File: file, Err: err}
	}
	line, column := decode.Position()
	return &Error{File: file, Line: line, Column: column, Err: err}
}

// wants says what a setting takes that is not one text.
var wants = map[string]string{
	"key": `a list of columns, as ["id"]`, "key_index": "a list of positions, as [1]", "no_header": "true or false",
	"policies": `a table of rules by column, as { seen = "max" }`,
}

// plainly is what the TOML library says, without the types of Go where a value is of another
// kind than its setting.
func plainly(e *toml.DecodeError) error {
	text := strings.TrimPrefix(e.Error(), "toml: ")
	if !strings.HasPrefix(text, "cannot decode TOML ") || len(e.Key()) == 0 {
		return errors.New(text)
	}
	name := e.Key()[len(e.Key())-1]
	return fmt.Errorf("%s: want %s", name, cmp.Or(wants[name], "a text in quotes"))
}

func (e Entry) check() error {
	switch {
	case e.Match == "":
		return errors.New("match is missing: a pattern of file names")
	case !doublestar.ValidatePattern(e.Match):
		return fmt.Errorf("match %q is no pattern", e.Match)
	}
	return nil
}

// Settings returns what the entries say of a file, which is named from the config's
// directory, with slashes.
func (c *Config) Settings(name string) (Settings, error) {
	var s Settings
	for _, entry := range c.Files {
		if !entry.Matches(name) {
			continue
		}
		if err := entry.apply(&s); err != nil {
			return Settings{}, err
		}
	}
	// Entries that are each fine can contradict one another.
	return s, s.Read.Validate()
}

// Matches reports whether an entry is about a file, which is named from the config's
// directory, with slashes.
func (e Entry) Matches(name string) bool {
	pattern := e.Match
	if !strings.Contains(pattern, "/") {
		name = path.Base(name)
	}
	return doublestar.MatchUnvalidated(strings.TrimPrefix(pattern, "/"), name)
}

// apply puts what an entry gives in the place of what those before it gave.
func (e Entry) apply(s *Settings) (err error) {
	if len(e.Key) > 0 || len(e.KeyIndex) > 0 || e.NoHeader { // they say together what the key is
		s.Read.Key, s.Read.KeyIndex, s.Read.NoHeader = e.Key, e.KeyIndex, e.NoHeader
	}
	if e.Delimiter != nil {
		if s.Read.Delimiter, err = Delimiter(*e.Delimiter); err != nil {
			return fmt.Errorf("delimiter %q: %w", *e.Delimiter, err)
		}
	}
	if e.Comment != nil {
		s.Read.Comment, s.Read.NoComment = *e.Comment, *e.Comment == ""
	}
	if e.Granularity != nil {
		if s.Granularity, err = granularity(*e.Granularity); err != nil {
			return err
		}
	}
	return e.applyPolicies(s)
}

func (e Entry) applyPolicies(s *Settings) error {
	for column, rule := range e.Policies {
		policy, err := merge.ParsePolicy(rule)
		if err != nil {
			return fmt.Errorf("policy of column %q: %w", column, err)
		}
		if s.Policies == nil {
			s.Policies = map[string]merge.Policy{}
		}
		s.Policies[column] = policy
	}
	return nil
}

func granularity(word string) (merge.Granularity, error) {
	switch word {
	case "cell":
		return merge.Cells, nil
	case "row":
		return merge.Rows, nil
	}
	return 0, fmt.Errorf("granularity %q: want cell or row", word)
}

// Delimiter reads what separates fields: one byte, or a word for it.
func Delimiter(s string) (byte, error) {
	switch s {
	case "tab", `\t`:
		return '\t', nil
	case "comma":
		return ',', nil
	case "semicolon":
		return ';', nil
	case "pipe":
		return '|', nil
	}
	if len(s) != 1 {
		return 0, errors.New("want one byte, or tab, comma, semicolon, pipe")
	}
	return s[0], nil
}
