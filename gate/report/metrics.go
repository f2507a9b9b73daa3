package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
)

// Metrics writes the run as OpenMetrics text. It keeps to gauges and to the
// part of the format that Prometheus' older text format shares, so that a
// textfile collector, a push gateway and GitLab read it too.
func Metrics(w io.Writer, rep gate.Report) error {
	rep = clean(rep)
	m := &metricsPage{}
	m.run(rep)
	m.counts(rep)
	m.checks(rep)
	m.latency(rep)
	m.b.WriteString("# EOF\n")
	_, err := w.Write(m.b.Bytes())
	return err
}

type metricsPage struct{ b bytes.Buffer }

// family begins a metric; its samples follow.
func (m *metricsPage) family(name, help string) {
	fmt.Fprintf(&m.b, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name)
}

// sample writes a value with labels, given as name, value, name, value …
func (m *metricsPage) sample(name string, value float64, labels ...string) {
	m.b.WriteString(name)
	for i := 0; i+1 < len(labels); i += 2 {
		m.b.WriteByte("{,"[min(i, 1)])
		fmt.Fprintf(&m.b, `%s="%s"`, labels[i], labelValue(labels[i+1]))
	}
	if len(labels) > 0 {
		m.b.WriteByte('}')
	}
	fmt.Fprintf(&m.b, " %s\n", strconv.FormatFloat(value, 'f', -1, 64))
}

// labelValue escapes a label's value. GitLab cuts every line at a "#", quoted or
// not, and so would lose the sample.
func labelValue(s string) string {
	return strings.NewReplacer("#", "_", `\`, `\\`, "\n", `\n`, `"`, `\"`).Replace(s)
}

func (m *metricsPage) run(rep gate.Report) {
	m.family("gate_run_info", "The run: the gate's version and the upgrade it judged.")
	m.sample("gate_run_info", 1, "version", rep.Tool.Version, "from", rep.Upgrade.From, "to", rep.Upgrade.To, "phase", string(rep.Phase))
	m.family("gate_verdict", "1 for the run's verdict, 0 for the others.")
	for _, v := range []gate.Verdict{gate.VerdictPass, gate.VerdictWarn, gate.VerdictBlock, gate.VerdictInconclusive} {
		m.sample("gate_verdict", truth(v == rep.Verdict), "verdict", string(v))
	}
	m.family("gate_run_start_timestamp_seconds", "When the run began, in Unix time.")
	m.sample("gate_run_start_timestamp_seconds", float64(rep.Started.UnixMilli())/1000)
	m.family("gate_run_duration_seconds", "How long the run took.")
	m.sample("gate_run_duration_seconds", float64(rep.DurationMS)/1000)
	m.family("gate_dry_run", "1 when nothing was sent to the deployment.")
	m.sample("gate_dry_run", truth(rep.DryRun))
}

func (m *metricsPage) counts(rep gate.Report) {
	c, t := rep.Counts, tallyOf(rep)
	m.family("gate_checks", "Checks by outcome.")
	for _, o := range []struct {
		outcome gate.Outcome
		n       int
	}{{gate.OutcomePass, c.Pass}, {gate.OutcomeWarn, c.Warn}, {gate.OutcomeFail, c.Fail}, {gate.OutcomeError, c.Error}, {gate.OutcomeSkip, c.Skip}} {
		m.sample("gate_checks", float64(o.n), "outcome", string(o.outcome))
	}
	m.family("gate_findings", "Unwaived findings by severity.")
	m.sample("gate_findings", float64(t.errors), "severity", "error")
	m.sample("gate_findings", float64(t.warnings), "severity", "warning")
	m.sample("gate_findings", float64(t.notices), "severity", "notice")
	m.family("gate_findings_waived", "Findings that a waiver excuses.")
	m.sample("gate_findings_waived", float64(c.Waived))
	m.family("gate_root_causes", "Failures that no other failure explains.")
	m.sample("gate_root_causes", float64(len(rep.RootCauses)))
	kinds := map[string]int{}
	for _, ch := range rep.Changes {
		kinds[ch.Kind]++
	}
	m.family("gate_changes", "Changes of the releases in the range, by kind.")
	for _, k := range sortedKeys(kinds) {
		m.sample("gate_changes", float64(kinds[k]), "kind", k)
	}
}

func (m *metricsPage) checks(rep gate.Report) {
	m.family("gate_check_passed", "1 for a check that ended in pass or warn, 0 for fail and error; skipped checks are left out.")
	for _, c := range rep.Checks {
		if c.Outcome != gate.OutcomeSkip {
			m.sample("gate_check_passed", truth(c.Outcome == gate.OutcomePass || c.Outcome == gate.OutcomeWarn), checkLabels(c)...)
		}
	}
	m.family("gate_check_duration_seconds", "How long a check took, its further tries included.")
	for _, c := range ranChecks(rep) {
		m.sample("gate_check_duration_seconds", float64(c.DurationMS)/1000, checkLabels(c)...)
	}
}

func (m *metricsPage) latency(rep gate.Report) {
	m.family("gate_slo_latency_seconds", "Latency percentiles that an SLO check measured.")
	for _, c := range rep.Checks {
		for _, p := range latencyOf(c).Percentiles {
			m.sample("gate_slo_latency_seconds", p.MS/1000, slices.Concat(checkLabels(c), []string{"percentile", p.Name})...)
		}
	}
}

func checkLabels(c gate.CheckReport) []string {
	return []string{"check", c.Name, "kind", c.Kind, "phase", string(c.Phase)}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
