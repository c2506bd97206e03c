package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// newMan is for those who make packages: they run it while they build, and no page has to
// be kept in step by hand.
func (a *app) newMan() *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write the manual pages into a directory",
		Long: `Man writes a manual page of section 1 for each command into DIR, which is made if it is
not there. Their date is SOURCE_DATE_EPOCH, if that is set, so that packages can be built
again to the same bytes.

Exit status: 0; 2 usage; 4 a page cannot be written.`,
		Example: `  rowkeep man share/man/man1
  man -l share/man/man1/rowkeep-merge.1`,
		Args:   operands("DIR"),
		Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			date, err := manDate()
			if err != nil {
				return err
			}
			if err := os.MkdirAll(args[0], 0o777); err != nil {
				return fileFailure(args[0], err)
			}
			return writePages(cmd.Root(), date, args[0])
		},
	}
}

// manDate is now, or what SOURCE_DATE_EPOCH says (reproducible-builds.org).
func manDate() (time.Time, error) {
	epoch := os.Getenv("SOURCE_DATE_EPOCH")
	if epoch == "" {
		return time.Now(), nil
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return time.Time{}, usage("SOURCE_DATE_EPOCH is %s: want seconds since 1970", quote(epoch))
	}
	return time.Unix(seconds, 0), nil
}

// writePages writes the page of a command and of all that is below it.
func writePages(cmd *cobra.Command, date time.Time, dir string) error {
	file := filepath.Join(dir, pageName(cmd)+".1")
	if err := os.WriteFile(file, []byte(manPage(cmd, date)), 0o666); err != nil {
		return fileFailure(file, err)
	}
	for _, sub := range pages(cmd) {
		if err := writePages(sub, date, dir); err != nil {
			return err
		}
	}
	return nil
}

// pages are the commands below one that have a page.
func pages(cmd *cobra.Command) []*cobra.Command {
	var list []*cobra.Command
	for _, sub := range cmd.Commands() {
		if !sub.Hidden && sub.Name() != "help" {
			list = append(list, sub)
		}
	}
	return list
}

func pageName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// manPage writes what --help says as a page. Cobra's own writer is not used: it takes our text
// for Markdown, and leaves out which words a flag takes.
func manPage(cmd *cobra.Command, date time.Time) string {
	var p manWriter
	fmt.Fprintf(&p, ".TH %s 1 %s \"rowkeep %s\" rowkeep\n", strings.ToUpper(pageName(cmd)), date.UTC().Format("2006-01-02"), moduleVersion())
	p.macro("SH", "NAME")
	p.line(pageName(cmd) + " - " + strings.ToLower(cmd.Short[:1]) + cmd.Short[1:])
	p.macro("SH", "SYNOPSIS")
	p.macro("B", cmd.CommandPath())
	p.line(synopsis(cmd))
	text, exit, _ := strings.Cut(cmd.Long, "Exit status: ")
	if text = strings.TrimSpace(text); text == "" {
		text = cmd.Short + "."
	}
	p.section("DESCRIPTION", text)
	p.options(cmd)
	if exit != "" {
		p.section("EXIT STATUS", exit)
	}
	p.macro("SH", "EXAMPLES")
	p.verbatim(strings.Split(cmd.Example, "\n"))
	p.seeAlso(cmd)
	return p.String()
}

// synopsis is what stands behind the name of a command.
func synopsis(cmd *cobra.Command) string {
	_, operands, _ := strings.Cut(cmd.Use, " ")
	if len(pages(cmd)) > 0 {
		return "COMMAND [flags] ..."
	}
	return strings.TrimSpace("[flags] " + operands)
}

// manWriter writes roff, by the macros of man(7).
type manWriter struct{ strings.Builder }

// roffEscapes are for characters that roff takes for its own, or prints as others.
var roffEscapes = strings.NewReplacer(`\`, `\e`, `-`, `\-`, `'`, `\(aq`, "`", "\\(ga", `^`, `\(ha`, `~`, `\(ti`)

func (p *manWriter) macro(name string, args ...string) {
	p.WriteString("." + name)
	for _, arg := range args {
		p.WriteString(` "` + strings.ReplaceAll(roffEscapes.Replace(arg), `"`, `\(dq`) + `"`)
	}
	p.WriteByte('\n')
}

// line writes text. A full stop in front of it would make it a macro.
func (p *manWriter) line(text string) {
	if strings.HasPrefix(text, ".") {
		p.WriteString(`\&`)
	}
	p.WriteString(roffEscapes.Replace(text) + "\n")
}

// section writes paragraphs; what is indented stays as it is.
func (p *manWriter) section(title, text string) {
	p.macro("SH", title)
	for i, paragraph := range strings.Split(text, "\n\n") {
		if i > 0 {
			p.macro("PP")
		}
		lines := strings.Split(paragraph, "\n")
		for len(lines) > 0 {
			n := 0
			for n < len(lines) && strings.HasPrefix(lines[n], "  ") {
				n++
			}
			if n > 0 {
				p.verbatim(lines[:n])
				lines = lines[n:]
				continue
			}
			p.line(lines[0])
			lines = lines[1:]
		}
	}
}

func (p *manWriter) verbatim(lines []string) {
	p.macro("RS")
	p.macro("nf")
	for _, line := range lines {
		p.line(strings.TrimPrefix(line, "  "))
	}
	p.macro("fi")
	p.macro("RE")
}

// options lists the flags, each with what it takes.
func (p *manWriter) options(cmd *cobra.Command) {
	p.macro("SH", "OPTIONS")
	eachFlag(cmd, func(name, value, text string) {
		p.macro("TP")
		p.macro("BR", name, strings.TrimRight(" "+value, " "))
		p.line(text)
	})
}

func (p *manWriter) seeAlso(cmd *cobra.Command) {
	others := pages(cmd)
	if cmd.HasParent() {
		others = append([]*cobra.Command{cmd.Parent()}, others...)
	}
	if len(others) == 0 {
		return
	}
	p.macro("SH", "SEE ALSO")
	for i, other := range others {
		comma := ","
		if i == len(others)-1 {
			comma = ""
		}
		p.macro("BR", pageName(other), "(1)"+comma)
	}
}
