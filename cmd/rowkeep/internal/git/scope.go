package git

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// Scope is where settings and attributes are written.
type Scope struct {
	// Config names the file of the settings, for people.
	Config string
	// Attributes is the file of the attributes; it need not exist.
	Attributes string
	// Committed says that the attributes are for everybody who works on the repository.
	Committed bool

	flag string // of git config
}

// Repository is the scope of the repository that the current directory, or GIT_DIR, is of.
// Attributes stand at the top of the work tree; without one, as in a bare repository, in
// info/attributes.
func Repository() (*Scope, error) {
	config, err := line("rev-parse", "--git-path", "config")
	if err != nil {
		return nil, err
	}
	s := &Scope{Config: config, flag: "--local"}
	if top, err := Top(); err == nil && top != "" {
		s.Attributes, s.Committed = filepath.Join(top, ".gitattributes"), true
		return s, nil
	}
	s.Attributes, err = line("rev-parse", "--git-path", "info/attributes")
	return s, err
}

// Global is the scope of the user, whatever the repository.
func Global() (*Scope, error) {
	s := &Scope{flag: "--global"}
	home, err := os.UserHomeDir()
	if err != nil {
		return nil, err
	}
	xdg := os.Getenv("XDG_CONFIG_HOME")
	if xdg == "" {
		xdg = filepath.Join(home, ".config")
	}
	s.Attributes, err = line("config", "--type=path", "--get", "core.attributesFile")
	if exited(err) == 1 { // not set
		s.Attributes, err = filepath.Join(xdg, "git", "attributes"), nil
	}
	s.Config = globalConfig(home, xdg)
	return s, err
}

// globalConfig is the file to which git config --global writes: that of XDG only if it is
// there and the other is not.
func globalConfig(home, xdg string) string {
	if file := os.Getenv("GIT_CONFIG_GLOBAL"); file != "" {
		return file
	}
	file, other := filepath.Join(home, ".gitconfig"), filepath.Join(xdg, "git", "config")
	if !exists(file) && exists(other) {
		return other
	}
	return file
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// values returns what a setting has in the scope, mostly one value or none.
func (s *Scope) values(name string) ([]string, error) {
	out, err := run(nil, "config", s.flag, "-z", "--get-all", name)
	if exited(err) == 1 && out == "" { // not set
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(out, "\x00"), "\x00"), nil
}

// Apply does to the scope's configuration what w says.
func (s *Scope) Apply(w Write) error {
	args := []string{"config", s.flag, "--replace-all", w.Name, w.Value}
	if w.Remove {
		args = []string{"config", s.flag, "--unset-all", w.Name}
	}
	_, err := run(nil, args...)
	return err
}

// Effective returns the value of a setting from all of git's configuration, "" for none.
func Effective(name string) (string, error) {
	out, err := run(nil, "config", "-z", "--get", name)
	if exited(err) == 1 && out == "" {
		return "", nil
	}
	return strings.TrimSuffix(out, "\x00"), err
}

// ReadAttributes returns what stands in the scope's file of attributes, nil if there is
// none.
func (s *Scope) ReadAttributes() ([]byte, error) {
	data, err := os.ReadFile(s.Attributes)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return data, err
}
