package fix

import (
	"path/filepath"
	"slices"
	"unicode/utf8"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/internal/textfile"
)

// Proposer makes the fix of single findings. It reads each file once, and is for one
// goroutine.
type Proposer struct {
	base    string
	known   Secrets
	files   map[string]*document // as they are; nil for what cannot be read
	secrets *secrets
}

// NewProposer makes one for the edits of findings. Names in its diffs are relative to
// base; also are files that hold secrets of the deployment, whether they are edited or not.
func NewProposer(base string, known Secrets, findings []gate.Finding, also ...string) *Proposer {
	p := &Proposer{base: base, known: known, files: map[string]*document{}}
	for _, f := range findings {
		for _, e := range f.Edits {
			also = append(also, e.File)
		}
	}
	slices.Sort(also)
	var docs []*document
	for _, path := range slices.Compact(also) {
		d, err := open(path)
		if err != nil {
			continue // the check that judges the file says why
		}
		p.files[path] = d
		docs = append(docs, d)
	}
	p.secrets = known.secretsOf(docs)
	for _, d := range docs {
		d.secret = p.secrets.of(texts(d.old))
	}
	return p
}

// Fix is the fix of one finding by itself, nil for one without edits, or whose edits no
// longer fit the file. Its diff is "" where only gate fix --apply can make the change.
func (p *Proposer) Fix(f gate.Finding) *gate.Fix {
	if len(f.Edits) == 0 || f.Unfixed != "" {
		return nil
	}
	byFile := map[string][]owned{}
	var paths []string
	for _, e := range f.Edits {
		if byFile[e.File] == nil {
			paths = append(paths, e.File)
		}
		byFile[e.File] = append(byFile[e.File], owned{e, "x"})
	}
	out := &gate.Fix{File: nameFrom(p.base, paths[0])}
	diff := ""
	for _, path := range paths {
		pristine := p.files[path]
		if pristine == nil {
			return nil
		}
		d := pristine.copied()
		if d.apply(byFile[path]) != nil {
			return nil
		}
		name := nameFrom(p.base, path)
		shown, hidden := d.hunks(p.secrets)
		if len(hidden) > 0 || !filepath.IsLocal(filepath.FromSlash(name)) {
			return out
		}
		diff += d.diff(name, shown)
	}
	if utf8.ValidString(diff) { // a report in JSON has room for no other
		out.Diff = diff
	}
	return out
}

// copied is a document for further edits that leave this one alone.
func (d *document) copied() *document {
	c := *d
	c.gone = make([]string, len(d.old))
	c.now = slices.Clone(d.now)
	return &c
}

// texts are the texts of lines.
func texts(lines []textfile.Line) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = l.Text
	}
	return out
}
