package report

import (
	"path"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
)

// repoPlace is a finding's place as a platform takes it: a file relative to the
// repository's root, and a line of at least 1.
type repoPlace struct {
	File                  string
	Line, Column, EndLine int
	// Lost is the finding's own place when it is none of the repository, so
	// that the message has to name it.
	Lost string
}

// defaultConfig is the place of a finding without one when the run had no
// gate.yaml: the file that an operator would write.
const defaultConfig = "gate.yaml"

// placeIn finds the place of a finding in the repository. One that has none,
// or one outside, is laid on gate.yaml's first line: the platforms drop a
// finding without a place.
func (o Options) placeIn(l *gate.Location) repoPlace {
	config := o.Config
	if config == "" || outside(config) {
		config = defaultConfig
	}
	home := repoPlace{File: below(o.Dir, path.Clean(config)), Line: 1}
	if l == nil || l.File == "" {
		return home
	}
	file := below(o.Dir, path.Clean(l.File))
	if outside(file) || strings.Contains(l.File, "://") {
		home.Lost = place(l)
		return home
	}
	p := repoPlace{File: file, Line: max(1, l.Line), Column: max(0, l.Column)}
	if l.EndLine > p.Line {
		p.EndLine = l.EndLine
	}
	return p
}

// outside reports whether a file's name is no relative one below the root.
func outside(file string) bool {
	file = path.Clean(file)
	return path.IsAbs(file) || strings.Contains(file, "://") || strings.Contains(file, ":/") || file == ".." || strings.HasPrefix(file, "../")
}
