package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/lines"
	"github.com/dify-gate/dify-gate/gate/internal/logevent"
	"github.com/dify-gate/dify-gate/gate/internal/rotate"
)

// Logrotate holds a configuration of logrotate against the logs that it is for.
type Logrotate struct {
	check.Base `yaml:",inline"`
	File       string        `yaml:"file" help:"a stanza's file, or logrotate.conf with what it includes" required:"true" kind:"path"`
	Covers     check.Strings `yaml:"covers" help:"logs, as names or globs, that have to be rotated by it"`
}

// Kind is logrotate.
func (l *Logrotate) Kind() string { return "logrotate" }

// Rules are those of logrotate.
func (l *Logrotate) Rules() []gate.Rule { return logrotateRules() }

func logrotateRules() []gate.Rule {
	return []gate.Rule{
		{
			ID: "logrotate/syntax", Severity: gate.Error, Phase: gate.PhasePre,
			Title:   "logrotate refuses the configuration",
			What:    "A directive or a value is wrong. logrotate skips the stanza, or the line, and goes on. Where logrotate is installed its own dry run is asked too.",
			Why:     "logrotate complains to cron's mailbox only; the disk fills up weeks later.",
			Fix:     "Correct the place; a value takes the rest of its line, comments included.",
			Example: `rotate "3 # keep three": want a whole number and nothing else on the line`,
		},
		{
			ID: "logrotate/uncovered", Severity: gate.Error, Phase: gate.PhasePre,
			Title:   "a log is in no stanza",
			What:    "A log, or the glob of logs that do not exist yet, is matched by no stanza of the file and what it includes.",
			Why:     "An upgrade that moves a log leaves the old stanza behind; nothing rotates the new one.",
			Fix:     "Add the log's name or a glob to a stanza.",
			Example: "/var/log/dify/worker.log is in no stanza of /etc/logrotate.d/dify, want one",
		},
		{
			ID: "logrotate/unrotated", Severity: gate.Warning, Phase: gate.PhasePre,
			Title:   "a log is not being rotated",
			What:    "The log is older or larger than its stanza lets it become: more than two periods and a day have passed since it began, or it is larger than its size and has been for days.",
			Why:     "The stanza is right, but logrotate does not run, or cannot write there.",
			Fix:     "Run logrotate -v FILE by hand and read what it says; see that cron or the systemd timer runs.",
			Example: "/var/log/dify/server.log begins at 2026-09-01, want a rotation each day",
		},
	}
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
	c := l.NewCheck("logrotate", "logrotate "+check.ShowPath(env, l.ResolvePath(env, l.File)), gate.PhasePre, logrotateRules())
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
		f := check.Finding(logrotateRules(), "logrotate/syntax", m.Message, "logrotate -d "+file+" shows what it makes of the file")
		f.Location = &gate.Location{File: file, Line: m.Line, Column: m.Column, EndLine: m.Line}
		res.Findings = append(res.Findings, f)
	}
	if len(config.Mistakes) == 0 {
		said, ran := dryRun(ctx, path)
		res.Evidence["logrotate_agrees"] = ran && len(said) == 0
		if !ran {
			res.Evidence["logrotate_agrees"] = "not installed"
		}
		for _, s := range said {
			f := check.Finding(logrotateRules(), "logrotate/syntax", "logrotate says: "+s.text, "logrotate -d "+shown+" shows what it makes of the file")
			f.Location = &gate.Location{File: shown, Line: s.line, Column: 1, EndLine: s.line}
			res.Findings = append(res.Findings, f)
		}
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

// covered holds the logs of one glob against the stanzas; it returns how many
// logs there are.
func (l *Logrotate) covered(env *check.Env, config rotate.Config, shown, glob string) ([]gate.Finding, int, error) {
	pattern := l.ResolvePath(env, glob)
	names, err := filepath.Glob(pattern)
	if err != nil {
		return nil, 0, err
	}
	at := &gate.Location{File: shown, Line: 1, Column: 1, EndLine: 1}
	uncovered := func(name string) gate.Finding {
		f := check.Finding(logrotateRules(), "logrotate/uncovered", fmt.Sprintf("%s is in no stanza of %s, want one", name, shown), "add it to the names of a stanza")
		f.Subject, f.Location = name, at
		if s, ok := config.Skipped(sampleName(l.ResolvePath(env, name))); ok {
			f.Hint = fmt.Sprintf("mend the stanza in line %d of %s, which names it: logrotate skips it for its mistake", s.Line, check.ShowPath(env, s.File))
		}
		return f
	}
	var out []gate.Finding
	logs := 0
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil || !info.Mode().IsRegular() || oldLog(name, names) {
			continue
		}
		logs++
		stanza, ok := config.Find(name)
		if !ok {
			out = append(out, uncovered(name))
			continue
		}
		if text := unrotated(name, info, stanza.Policy, env.Now); text != "" {
			f := check.Finding(logrotateRules(), "logrotate/unrotated", text, "run logrotate -v "+shown+" by hand and read what it says; see that cron or the timer runs")
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

// oldLog tells whether a name is what rotation made of another one: x.log.1,
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

// unrotated says how a log outgrew its policy, or "".
func unrotated(name string, info os.FileInfo, policy rotate.Policy, now time.Time) string {
	if info.Size() == 0 || policy.Every > 0 && info.Size() < policy.MinSize {
		return ""
	}
	begun := beginOf(name, policy, now)
	age := now.Sub(begun)
	const day = 24 * time.Hour
	if limit := policy.MaxSize; policy.Every == 0 || limit > 0 {
		if policy.Every == 0 {
			limit = policy.Size
		}
		// logrotate runs once a day: what a log gained since then is no proof.
		if info.Size() > limit && (!begun.IsZero() && age > 2*day || begun.IsZero() && info.Size() > 2*limit) {
			return fmt.Sprintf("%s is %d bytes long and was last rotated %s, want a rotation at %d bytes", name, info.Size(), since(begun), limit)
		}
	}
	if policy.Every > 0 && !begun.IsZero() && age > 2*policy.Every+day {
		return fmt.Sprintf("%s begins at %s, want a rotation each %s", name, begun.UTC().Format("2006-01-02"), every(policy.Every))
	}
	return ""
}

func since(begun time.Time) string {
	if begun.IsZero() {
		return "never"
	}
	return "before " + begun.UTC().Format("2006-01-02")
}

func every(d time.Duration) string {
	switch hours := int(d.Hours()); {
	case hours == 1:
		return "hour"
	case hours == 24:
		return "day"
	case hours == 7*24:
		return "week"
	case hours <= 31*24:
		return "month"
	}
	return "year"
}

// beginOf is when the present log began: the time of its first dated event, or
// else that of its newest rotation. Zero when neither is known.
func beginOf(name string, policy rotate.Policy, now time.Time) time.Time {
	if at := firstEvent(name, now); !at.IsZero() {
		return at
	}
	dir := filepath.Dir(name)
	if policy.OldDir != "" {
		dir = policy.OldDir
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(filepath.Dir(name), dir)
		}
	}
	var newest time.Time
	entries, err := os.ReadDir(dir)
	if err != nil {
		return newest
	}
	for _, e := range entries {
		if !isRotationOf(e.Name(), filepath.Base(name)) {
			continue
		}
		if info, err := e.Info(); err == nil && info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	return newest
}

// firstEvent is the first time in a log, looked for in its first lines.
func firstEvent(name string, now time.Time) time.Time {
	f, err := lines.Open(name)
	if err != nil {
		return time.Time{}
	}
	defer func() { _ = f.Close() }()
	r := logevent.NewReader(f, time.UTC, now)
	for range 50 {
		e, err := r.Next()
		if err != nil {
			break
		}
		if e.Unix > 0 && e.Unix <= now.Unix() {
			return time.Unix(e.Unix, 0)
		}
	}
	return time.Time{}
}

// remark is what logrotate says of a line.
type remark struct {
	line int
	text string
}

// dryRun asks logrotate, if it is installed, what is wrong with a file. Its
// debug mode neither rotates nor runs any script; what it says of owners,
// permissions and directories is left out, since the file may be a copy in a
// repository.
func dryRun(ctx context.Context, path string) (said []remark, ran bool) {
	program, err := exec.LookPath("logrotate")
	if err != nil {
		for _, p := range []string{"/usr/sbin/logrotate", "/sbin/logrotate"} {
			if _, err := os.Stat(p); err == nil {
				program = p
			}
		}
	}
	if program == "" {
		return nil, false
	}
	cmd := exec.CommandContext(ctx, program, "-d", "-s", os.DevNull, path)
	cmd.WaitDelay = time.Second
	var out boundedText
	cmd.Stdout, cmd.Stderr = &out, &out
	var failed *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &failed) {
		return nil, false
	}
	for _, line := range strings.Split(string(out), "\n") {
		rest, ok := strings.CutPrefix(line, "error: "+path+":")
		if !ok {
			continue
		}
		s := remark{line: 1, text: rest}
		if n, _ := fmt.Sscanf(rest, "%d", &s.line); n == 1 {
			s.text = strings.TrimLeft(strings.TrimLeft(rest, "0123456789"), " ,")
		}
		if !strings.Contains(s.text, "error verifying ") && !strings.Contains(s.text, "different devices") {
			said = append(said, s)
		}
	}
	return said, true
}

// boundedText keeps the first 256 KiB that are written to it.
type boundedText []byte

func (b *boundedText) Write(p []byte) (int, error) {
	*b = append(*b, p[:min(len(p), 256<<10-len(*b))]...)
	return len(p), nil
}
