package host

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"time"

	"github.com/shirou/gopsutil/v4/process"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
)

// Process checks that processes run, which it finds by their command lines.
type Process struct {
	check.Base `yaml:",inline"`
	Match      string         `yaml:"match" help:"regular expression on the command line" required:"true"`
	Min        int            `yaml:"min" help:"how many have to run, by default 1"`
	MinUptime  check.Duration `yaml:"min_uptime" help:"a matching process that has run for less counts as restarted; by default this is not checked"`
	Watch      check.Duration `yaml:"watch" help:"look a second time after this long: one that is gone while another came counts as restarted, by default not"`
}

// Kind is process.
func (p *Process) Kind() string { return "process" }

// Rules are those of process.
func (p *Process) Rules() []gate.Rule { return []gate.Rule{ruleProcessMissing, ruleProcessRestarting} }

// Validate wants a regular expression.
func (p *Process) Validate() []check.Mistake {
	ms := p.Mistakes()
	if p.Match == "" {
		ms = append(ms, check.Mistakef("", "match is required"))
	}
	if _, err := regexp.Compile(p.Match); err != nil {
		ms = append(ms, check.Mistakef("match", "match %q: not a regular expression: %s", p.Match, err))
	}
	if p.Min < 0 {
		ms = append(ms, check.Mistakef("min", "min %d: want 1 or more", p.Min))
	}
	if p.MinUptime < 0 || p.Watch < 0 {
		ms = append(ms, check.Mistakef("", "min_uptime and watch: want positive durations"))
	}
	if t := p.Timeout.Of(); t > 0 && p.Watch.Of() >= t {
		ms = append(ms, check.Mistakef("watch", "watch %s: want less than the timeout of %s", p.Watch, t))
	}
	return ms
}

// Check makes the check.
func (p *Process) Check(*check.Env) gate.Check {
	c := p.NewCheck("process", "process "+p.Match, gate.PhasePost, p.Rules())
	if p.Timeout == 0 {
		c.Timeout += p.Watch.Of()
	}
	c.Probes = []string{fmt.Sprintf("list the processes of this host that match %q", p.Match)}
	c.Run = p.run
	return c
}

// running is a process that matches.
type running struct {
	pid     int32
	name    string
	started time.Time
}

func (p *Process) run(ctx context.Context) gate.Result {
	match, err := regexp.Compile(p.Match)
	if err != nil {
		return gate.Undecided(err)
	}
	first, err := matching(ctx, match)
	if err != nil {
		return gate.Undecided(fmt.Errorf("the processes of this host cannot be listed: %w", err))
	}
	now := first
	if p.Watch > 0 && len(first) > 0 {
		select {
		case <-time.After(p.Watch.Of()):
		case <-ctx.Done():
			return gate.Undecided(ctx.Err())
		}
		if now, err = matching(ctx, match); err != nil {
			return gate.Undecided(err)
		}
	}
	res := gate.Result{Evidence: p.evidence(now)}
	if want := max(p.Min, 1); len(now) < want {
		got := "no process matches"
		if len(now) > 0 {
			got = fmt.Sprintf("%d of the processes match", len(now))
		}
		f := ruleProcessMissing.Finding(fmt.Sprintf("%s %q, expected at least %d", got, p.Match, want),
			"start it and read its log; the gate sees the processes of the host or container in which it runs itself")
		f.Subject, f.Symptom = p.Match, gate.SymptomDown
		res.Findings, res.Retry = append(res.Findings, f), gate.RetrySoon
		return res
	}
	if f, ok := p.restarted(first, now); ok {
		res.Findings = append(res.Findings, f)
	}
	return res
}

// restarted reports whether a process is younger than min_uptime, or replaced one
// between the two lists.
func (p *Process) restarted(first, now []running) (gate.Finding, bool) {
	text := ""
	known := func(list []running, r running) bool {
		return slices.ContainsFunc(list, func(o running) bool { return o.pid == r.pid && o.started.Equal(r.started) })
	}
	for _, r := range now {
		if age := time.Since(r.started); p.MinUptime > 0 && age < p.MinUptime.Of() {
			text = fmt.Sprintf("%s (pid %d) has run for %s, expected at least %s", r.name, r.pid, age.Round(time.Second), p.MinUptime)
		}
		for _, old := range first {
			if !known(first, r) && !known(now, old) {
				text = fmt.Sprintf("%s (pid %d) ended, and pid %d replaced it within %s", old.name, old.pid, r.pid, p.Watch)
			}
		}
	}
	if text == "" {
		return gate.Finding{}, false
	}
	f := ruleProcessRestarting.Finding(text, "read the service's log to see why it exits")
	f.Subject = p.Match
	return f, true
}

func (p *Process) evidence(list []running) map[string]any {
	out := make([]map[string]any, 0, min(len(list), 20))
	for _, r := range list[:min(len(list), 20)] {
		out = append(out, map[string]any{"pid": r.pid, "process": r.name, "started": r.started.UTC().Format(time.RFC3339)})
	}
	return map[string]any{"count": len(list), "processes": out}
}

// matching lists the processes whose command line matches, by pid, but for the
// gate and its ancestors: the shell that started the gate has the expression in
// its own command line.
func matching(ctx context.Context, match *regexp.Regexp) ([]running, error) {
	all, err := process.ProcessesWithContext(ctx)
	if err != nil {
		return nil, err
	}
	own := ancestors(ctx)
	var out []running
	for _, p := range all {
		command, err := p.CmdlineWithContext(ctx)
		if err != nil || command == "" || slices.Contains(own, p.Pid) || !match.MatchString(command) {
			continue // gone in the meantime, or one of the kernel's
		}
		created, err := p.CreateTimeWithContext(ctx)
		if err != nil {
			continue
		}
		name, _ := p.NameWithContext(ctx)
		out = append(out, running{p.Pid, name, time.UnixMilli(created)})
	}
	return out, ctx.Err()
}

// ancestors are the pids of the gate and of those that started it.
func ancestors(ctx context.Context) []int32 {
	pids := []int32{int32(os.Getpid())} //nolint:gosec // a pid fits
	for range 64 {
		p, err := process.NewProcessWithContext(ctx, pids[len(pids)-1])
		if err != nil {
			break
		}
		parent, err := p.PpidWithContext(ctx)
		if err != nil || parent <= 1 {
			break
		}
		pids = append(pids, parent)
	}
	return pids
}
