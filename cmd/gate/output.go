package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/report"
)

// targets reads the --report flags. Two formats for one file would leave
// whichever came last.
func (p *process) targets(reports []string) ([]report.Target, error) {
	var out []report.Target
	formats := map[string]string{}
	for _, r := range reports {
		t, err := report.ParseTarget(r)
		if err != nil {
			return nil, usage("--report %s", err)
		}
		path := p.abs(t.Path)
		if other := formats[path]; other != "" && other != t.Format.Name && replaceable(path) {
			return nil, usage("--report %s: %s goes to the same file, want a file for each", r, other)
		}
		formats[path] = t.Format.Name
		out = append(out, t)
	}
	return out, nil
}

// replaceable reports whether a report at the path takes the place of what is
// there; a pipe or a device takes one after the other.
func replaceable(path string) bool {
	info, err := os.Stat(path)
	return err != nil || info.Mode().IsRegular()
}

// writeReports writes the report everywhere it goes. All is tried; the errors come
// together.
func (p *process) writeReports(ctx context.Context, rep gate.Report, o *runOptions, s *settings, targets []report.Target) error {
	opts := report.Options{Dir: p.belowWorkspace(), Link: p.link()}
	if s.cfg != nil {
		opts.Config = relativeTo(p.dir, p.abs(s.cfg.File))
	}
	paths := map[string]string{}
	for _, t := range targets {
		paths[t.Format.Name] = cmp.Or(paths[t.Format.Name], t.Path)
	}
	opts.ReportPath = paths["json"]
	var errs []error
	for _, t := range targets {
		// A pipe whose reader has gone is no failure here either.
		if err := p.writeReport(rep, t, opts, min(o.timeout, reportPatience)); err != nil && !errors.Is(err, syscall.EPIPE) {
			errs = append(errs, fmt.Errorf("report %s: %w", t.Path, err))
		}
	}
	if err := p.toStdout(rep, o, opts); err != nil && !errors.Is(err, syscall.EPIPE) {
		errs = append(errs, fmt.Errorf("stdout: %w", err))
	}
	if p.onGitHub() {
		p.toGitHub(rep, o, opts, report.FileOptions{Getenv: p.getenv, Paths: paths, Comment: p.keepComment(ctx, s, rep, opts)})
	} else {
		p.keepComment(ctx, s, rep, opts)
	}
	return errors.Join(errs...)
}

// toStdout writes the report that a person or a program reads.
func (p *process) toStdout(rep gate.Report, o *runOptions, opts report.Options) error {
	if o.format == "json" {
		return report.JSON(p.stdout, rep)
	}
	text := report.TextOptions{
		Colour: p.colour(o), Verbose: o.verbose,
		Quiet: o.quiet, Width: p.width,
		Workflow: p.onGitHub(), Sections: p.getenv("GITLAB_CI") == "true",
	}
	if !p.onGitHub() {
		return report.Text(p.stdout, rep, text)
	}
	if err := report.Guarded(p.stdout, func(w io.Writer) error { return report.Text(w, rep, text) }); err != nil {
		return err
	}
	return report.Annotations(p.stdout, rep, report.AnnotationOptions{Dir: opts.Dir})
}

// toGitHub hands outputs and summary to the runner. A failure with them is reported
// and changes no verdict.
func (p *process) toGitHub(rep gate.Report, o *runOptions, opts report.Options, files report.FileOptions) {
	if o.format == "json" {
		if err := report.Annotations(p.stderr, rep, report.AnnotationOptions{Dir: opts.Dir}); err != nil {
			p.warn("annotations: %s", err)
		}
	}
	files.Summary = report.MarkdownOptions{ReportPath: opts.ReportPath, Link: opts.Link, Timeline: true}
	if err := report.Publish(rep, files); err != nil {
		for line := range strings.Lines(err.Error()) {
			p.warn("%s", strings.TrimSpace(line))
		}
	}
}

// colour follows --no-color and NO_COLOR; GitLab's log shows colours without
// being a terminal.
func (p *process) colour(o *runOptions) bool {
	return !o.noColor && p.getenv("NO_COLOR") == "" && p.getenv("TERM") != "dumb" &&
		(p.stdoutTerminal || p.getenv("GITLAB_CI") == "true")
}

// writeReport renders and writes a file in one step, so that nobody ever reads
// half of it.
func (p *process) writeReport(rep gate.Report, t report.Target, opts report.Options, patience time.Duration) error {
	var buf bytes.Buffer
	if err := t.Format.Render(&buf, rep, opts); err != nil {
		return err
	}
	path := p.abs(t.Path)
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		if info.IsDir() {
			return errors.New("a directory, want a file")
		}
		// A pipe or a device cannot be renamed over, and a pipe that nobody reads
		// would keep us waiting.
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_, err := within(ctx, func() (struct{}, error) { return struct{}{}, os.WriteFile(path, buf.Bytes(), 0o644) })
		if errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("nothing read it within %s, want a reader", patience)
		}
		return osError(err)
	}
	if err := p.makeFolder(filepath.Dir(path)); err != nil {
		return err
	}
	return p.writeFile(path, buf.Bytes())
}

// makeFolder makes a report's folder and those above it, each with the owner of
// the one that it is in.
func (p *process) makeFolder(dir string) error {
	var missing []string
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(at); err == nil || at == filepath.Dir(at) {
			break
		}
		missing = append(missing, at)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return osError(err)
	}
	for _, made := range slices.Backward(missing) {
		p.giveAway(made, filepath.Dir(made))
	}
	return nil
}

// writeFile writes beside the file and renames.
func (p *process) writeFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".gate-*")
	if err != nil {
		return osError(err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone when it was renamed
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err != nil {
		return osError(err)
	}
	p.giveAway(f.Name(), filepath.Dir(path))
	if err := os.Rename(f.Name(), path); err != nil {
		var lerr *os.LinkError
		if errors.As(err, &lerr) {
			return lerr.Err
		}
		return err
	}
	return nil
}

// belowWorkspace is the working directory below GitHub's workspace.
func (p *process) belowWorkspace() string {
	ws := p.getenv("GITHUB_WORKSPACE")
	if !p.onGitHub() || ws == "" {
		return ""
	}
	if rel := relativeTo(ws, p.dir); rel != "." {
		return rel
	}
	return ""
}

// relativeTo is a path below dir with forward slashes, "" when it is outside.
func relativeTo(dir, path string) string {
	rel, err := filepath.Rel(dir, path)
	if err != nil || !filepath.IsLocal(rel) {
		return ""
	}
	return filepath.ToSlash(rel)
}
