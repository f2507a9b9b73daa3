// Package rotate reads the configuration of logrotate as logrotate 3.21 does:
// its grammar is a stream of words rather than of lines, with traps that a
// reader by lines falls into (a value takes the rest of its line, so that
// "rotate 3 }" is an error while "daily }" is none; a # between two log names
// is a name). Every mistake has its place.
package rotate

import (
	"path/filepath"
	"strings"
	"time"

	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// The bounds of what is read.
const (
	maxFile     = 1 << 20
	maxFiles    = 500
	maxIncludes = 4 // deep
)

// Config is what a file and those that it includes say.
type Config struct {
	Stanzas  []Stanza
	Refused  []Stanza // those with a mistake for which logrotate skips them
	Mistakes []Mistake
}

// Mistake is a place that logrotate refuses or ignores.
type Mistake struct {
	File         string
	Line, Column int // from 1
	Message      string
}

// Stanza is a list of log names and how they are rotated.
type Stanza struct {
	File          string
	Line, EndLine int // of the first name and of the closing brace
	Patterns      []string
	Policy        Policy
}

// Policy is when a log is rotated, and where to.
type Policy struct {
	Every      time.Duration // 0: by size alone
	Size       int64         // the size that rotates, with Every 0
	MinSize    int64         // not rotated below, with Every
	MaxSize    int64         // rotated above even before its time
	Rotate     int           // how many old logs are kept
	OldDir     string
	NotIfEmpty bool
}

// defaults are logrotate's own: without any period, a log of 1 MiB is rotated
// and nothing is kept.
func defaults() Policy { return Policy{Size: 1 << 20} }

// Load reads a file and all that it includes.
func Load(name string) (Config, error) {
	l := &loader{seen: map[string]bool{}}
	err := l.file(name, defaults(), 0)
	return l.config, err
}

type loader struct {
	config Config
	seen   map[string]bool
}

func (l *loader) file(name string, global Policy, depth int) error {
	text, err := read(name)
	if err != nil {
		return err
	}
	l.seen[name] = true
	p := &parser{loader: l, file: name, text: text, line: 1, global: global, depth: depth}
	p.all()
	return nil
}

func read(name string) (string, error) {
	data, err := readfile.Text(name, maxFile)
	return string(data), readfile.At("", err)
}

// include reads a file, or the files of a directory but for those with the
// endings that editors and package managers leave behind.
func (p *parser) include(target string) {
	l := p.loader
	if !filepath.IsAbs(target) {
		target = filepath.Join(filepath.Dir(p.file), target)
	}
	names := []string{target}
	if folder, err := readfile.IsDir(target); err == nil && folder { // else reading it says what is there
		entries, err := readfile.List(target)
		if err != nil {
			p.mistake("include %s: %v", target, readfile.Reason(err))
			return
		}
		names = nil
		for _, e := range entries {
			if !e.IsDir() && !taboo(e.Name()) {
				names = append(names, filepath.Join(target, e.Name()))
			}
		}
	}
	for _, name := range names {
		switch {
		case l.seen[name]:
		case p.depth >= maxIncludes || len(l.seen) >= maxFiles:
			p.mistake("include %s: too many files, or too deep", target)
			return
		default:
			if err := l.file(name, p.global, p.depth+1); err != nil {
				p.mistake("include %s: %v", name, err)
			}
		}
	}
}

func taboo(name string) bool {
	for _, end := range []string{
		",v", ".bak", ".cfsaved", ".disabled", ".dpkg-bak", ".dpkg-del", ".dpkg-dist", ".dpkg-new", ".dpkg-old",
		".dpkg-tmp", ".rhn-cfg-tmp-", ".rpmnew", ".rpmorig", ".rpmsave", ".swp", ".ucf-dist", ".ucf-new", ".ucf-old", "~",
	} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return strings.HasPrefix(name, ".")
}

// Find is the first stanza that rotates a log.
func (c Config) Find(log string) (Stanza, bool) { return find(c.Stanzas, log) }

// Skipped is the first stanza that names a log and that logrotate skips for a
// mistake.
func (c Config) Skipped(log string) (Stanza, bool) { return find(c.Refused, log) }

func find(stanzas []Stanza, log string) (Stanza, bool) {
	for _, s := range stanzas {
		for _, pattern := range s.Patterns {
			if ok, err := filepath.Match(pattern, log); err == nil && ok || pattern == log {
				return s, true
			}
		}
	}
	return Stanza{}, false
}
