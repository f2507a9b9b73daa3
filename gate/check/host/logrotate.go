package host

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
	"github.com/dify-gate/dify-gate/gate/internal/rotate"
)

// Logrotate compares a configuration of logrotate with the logs that it is for.
type Logrotate struct {
	check.Base `yaml:",inline"`
	File       string        `yaml:"file" help:"a stanza's file, or logrotate.conf with what it includes" required:"true" kind:"path"`
	Covers     check.Strings `yaml:"covers" help:"logs, as names or globs, that have to be rotated by it"`
}

// Kind is logrotate.
func (l *Logrotate) Kind() string { return "logrotate" }

// Rules are those of logrotate.
func (l *Logrotate) Rules() []gate.Rule {
	return []gate.Rule{ruleLogrotateSyntax, ruleLogrotateUncovered, ruleLogrotateUnrotated}
}

// Validate wants a file and globs that are ones.
func (l *Logrotate) Validate() []check.Mistake {
	ms := l.Mistakes()
	if l.File == "" {
		ms = append(ms, check.Mistakef("", "file is required"))
	}
	for _, g := range l.Covers {
		if _, err := filepath.Match(g, ""); err != nil || g == "" {
			ms = append(ms, check.Mistakef("covers", "covers %q: not a glob", g))
		}
	}
	return ms
}

// Check makes the check.
func (l *Logrotate) Check(env *check.Env) gate.Check {
	c := l.NewCheck("logrotate", "logrotate "+check.ShowPath(env, l.ResolvePath(env, l.File)), gate.PhasePre, l.Rules())
	c.Run = func(ctx context.Context) gate.Result { return l.run(ctx, env) }
	return c
}

func (l *Logrotate) run(ctx context.Context, env *check.Env) gate.Result {
	path := l.ResolvePath(env, l.File)
	shown := check.ShowPath(env, path)
	config, err := rotate.Load(path)
	if err != nil {
		return gate.Undecided(fmt.Errorf("%s: %w", shown, err))
	}
	res := gate.Result{Evidence: map[string]any{"stanzas": len(config.Stanzas)}}
	for _, m := range config.Mistakes {
		file := check.ShowPath(env, m.File)
		f := ruleLogrotateSyntax.Finding(m.Message, "logrotate -d "+file+" shows what it makes of the file")
		f.Location = &gate.Location{File: file, Line: m.Line, Column: m.Column, EndLine: m.Line}
		res.Findings = append(res.Findings, f)
	}
	if len(config.Mistakes) == 0 {
		remarks, ran := dryRun(ctx, path)
		res.Evidence["logrotate_agrees"] = ran && len(remarks) == 0
		if !ran {
			res.Evidence["logrotate_agrees"] = "not installed"
		}
		for _, r := range remarks {
			f := ruleLogrotateSyntax.Finding("logrotate says: "+r.text, "logrotate -d "+shown+" shows what it makes of the file")
			f.Location = &gate.Location{File: shown, Line: r.line, Column: 1, EndLine: r.line}
			res.Findings = append(res.Findings, f)
		}
	}
	if len(config.Stanzas) == 0 && len(l.Covers) == 0 && len(res.Findings) == 0 {
		res.Skip, res.SkipGroup = shown+" holds no stanza: nothing is rotated by it", "no stanza"
	}
	for _, g := range l.Covers {
		fs, n, err := l.covered(env, config, shown, g)
		if err != nil {
			return gate.Undecided(fmt.Errorf("covers %s: %w", g, err))
		}
		res.Findings = append(res.Findings, fs...)
		res.Evidence["logs "+g] = n
	}
	return res
}

// covered compares the logs of one glob with the stanzas; it returns how many
// logs there are.
func (l *Logrotate) covered(env *check.Env, config rotate.Config, shown, glob string) ([]gate.Finding, int, error) {
	pattern := l.ResolvePath(env, glob)
	names, err := readfile.Glob(pattern)
	if err != nil {
		return nil, 0, err
	}
	at := &gate.Location{File: shown, Line: 1, Column: 1, EndLine: 1}
	uncovered := func(name string) gate.Finding {
		f := ruleLogrotateUncovered.Finding(
			fmt.Sprintf("%s is in no stanza of %s", name, shown),
			"add it to a stanza")
		f.Subject, f.Location = name, at
		if s, ok := config.Skipped(sampleName(l.ResolvePath(env, name))); ok {
			f.Hint = fmt.Sprintf("fix the stanza on line %d of %s, which lists it: logrotate skips that stanza because of its mistake", s.Line, check.ShowPath(env, s.File))
		}
		return f
	}
	var out []gate.Finding
	logs := 0
	for _, name := range names {
		if oldLog(name, names) {
			continue
		}
		info, err := readfile.Info(name)
		if readfile.Is(err, readfile.Folder) || readfile.Is(err, readfile.Special) || readfile.Is(err, readfile.Missing) {
			continue // no log: logrotate passes over it too, or has just renamed it
		}
		if err != nil {
			return nil, 0, err
		}
		logs++
		stanza, ok := config.Find(name)
		if !ok {
			out = append(out, uncovered(name))
			continue
		}
		text, err := unrotated(name, info, stanza.Policy, env.Now)
		if err != nil {
			return nil, 0, err
		}
		if text != "" {
			f := ruleLogrotateUnrotated.Finding(
				text,
				"run logrotate -v "+shown+" manually and read its output; check that cron or the systemd timer runs")
			f.Subject = name
			f.Location = &gate.Location{File: check.ShowPath(env, stanza.File), Line: stanza.Line, Column: 1, EndLine: stanza.EndLine}
			out = append(out, f)
		}
	}
	if logs == 0 {
		// No log is there yet: a name that the glob would match has to do.
		if _, ok := config.Find(pattern); !ok {
			if _, ok = config.Find(sampleName(pattern)); !ok {
				out = append(out, uncovered(glob))
			}
		}
	}
	return out, logs, nil
}

// sampleName is a name that a glob matches.
func sampleName(glob string) string {
	var b strings.Builder
	for i := 0; i < len(glob); i++ {
		switch c := glob[i]; {
		case c == '*':
			b.WriteString("sample")
		case c == '?':
			b.WriteByte('x')
		case c == '[' && i+1 < len(glob) && strings.IndexByte(glob[i:], ']') > 0:
			b.WriteByte(glob[i+1])
			i += strings.IndexByte(glob[i:], ']')
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// oldLog reports whether a name is what rotation made of another one: x.log.1,
// x.log.2.gz, x.log-20261125, x-20261125.log.
func oldLog(name string, names []string) bool {
	for _, base := range names {
		if base != name && isRotationOf(name, base) {
			return true
		}
	}
	return false
}

func isRotationOf(name, base string) bool {
	ext := filepath.Ext(base)
	for _, stem := range []string{base, strings.TrimSuffix(base, ext)} {
		rest, ok := strings.CutPrefix(name, stem)
		if ok && len(rest) > 1 && (rest[0] == '.' || rest[0] == '-') && rest[1] >= '0' && rest[1] <= '9' {
			return true
		}
	}
	return false
}
