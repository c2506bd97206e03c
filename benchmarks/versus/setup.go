package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rowkeep/rowkeep/benchmarks/process"
)

// A peer is a package of programs that rowkeep is measured beside.
type peer struct {
	name    string
	program string // that must be found
	debian  string // the package it is in
	npm     string // or this one
	release string // of the package of npm
	version process.Line
}

var peers = []peer{
	{name: "git", program: "git", debian: "git", version: "git --version"},
	{name: "diffutils", program: "diff3", debian: "diffutils", version: "diff --version"},
	{name: "sqlite", program: "sqlite3", debian: "sqlite3", version: "sqlite3 --version"},
	{name: "miller", program: "mlr", debian: "miller", version: "mlr --version"},
	{name: "duckdb", program: "node", npm: "@duckdb/node-api", release: "1.5.6-r.1"},
	{name: "daff", program: "daff", npm: "daff", release: "1.4.2"},
}

// setUp builds rowkeep, brings the peers that were named, and returns those that are
// there with their versions. Programs are found in dir from then on.
func setUp(ctx context.Context, dir, names string) (here map[string]string, err error) {
	path := strings.Join([]string{dir, filepath.Join(dir, "node_modules", ".bin"), os.Getenv("PATH")}, string(os.PathListSeparator))
	if err := os.Setenv("PATH", path); err != nil {
		return nil, err
	}
	if err := do(ctx, "go", "build", "-o", filepath.Join(dir, "rowkeep"+exeSuffix()), "github.com/rowkeep/rowkeep/cmd/rowkeep"); err != nil {
		return nil, err
	}
	chosen, err := choose(names)
	if err != nil {
		return nil, err
	}
	installDebian(ctx, chosen)
	here = map[string]string{}
	for _, p := range chosen {
		version, err := p.prepare(ctx, dir)
		if err != nil {
			fmt.Fprintf(os.Stderr, "versus: %s is skipped: %v\n", p.name, err)
			continue
		}
		here[p.name] = version
	}
	return here, nil
}

// choose finds the peers that the command line names.
func choose(names string) (chosen []peer, err error) {
	switch names {
	case "all":
		return peers, nil
	case "none", "":
		return nil, nil
	}
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(peers, func(p peer) bool { return p.name == name })
		if i < 0 {
			return nil, fmt.Errorf("no peer is named %q", name)
		}
		chosen = append(chosen, peers[i])
	}
	return chosen, nil
}

// installDebian installs what is missing, as root; who is not root reads afterwards what
// to install. What fails shows when the programs are looked for.
func installDebian(ctx context.Context, chosen []peer) {
	var missing []string
	for _, p := range chosen {
		if _, err := exec.LookPath(p.program); err != nil && p.debian != "" {
			missing = append(missing, p.debian)
		}
	}
	if len(missing) == 0 || os.Geteuid() != 0 {
		return
	}
	err := do(ctx, "apt-get", "update", "-q")
	if err == nil {
		err = do(ctx, "apt-get", append([]string{"install", "-qy", "--no-install-recommends"}, missing...)...)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "versus:", err)
	}
}

// prepare makes sure that the peer is there, and returns its version.
func (p peer) prepare(ctx context.Context, dir string) (version string, err error) {
	if p.npm != "" {
		if err := p.installFromNpm(ctx, dir); err != nil {
			return "", err
		}
	}
	if _, err := exec.LookPath(p.program); err != nil {
		return "", fmt.Errorf("no %s: apt-get install %s", p.program, cmp.Or(p.debian, "nodejs npm"))
	}
	if p.npm != "" {
		return p.npm + " " + p.release, nil
	}
	const out = "version.txt"
	defer os.Remove(filepath.Join(dir, out))
	if _, err := (p.version + " > " + out).Run(ctx, dir, process.Limits{}); err != nil {
		return "", err
	}
	text, err := os.ReadFile(filepath.Join(dir, out))
	version, _, _ = strings.Cut(string(text), "\n")
	return version, err
}

// installFromNpm puts the release into dir, if it is not there.
func (p peer) installFromNpm(ctx context.Context, dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, "node_modules", filepath.FromSlash(p.npm), "package.json"))
	var installed struct{ Version string }
	if err == nil && json.Unmarshal(text, &installed) == nil && installed.Version == p.release {
		return nil
	}
	return do(ctx, "npm", "install", "--prefix", dir, "--no-audit", "--no-fund", p.npm+"@"+p.release)
}

// do runs a command that is not measured.
func do(ctx context.Context, name string, args ...string) error {
	if out, err := exec.CommandContext(ctx, name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}
