package report

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/sethvargo/go-githubactions"

	"github.com/dify-gate/dify-gate/gate"
)

// maxSummary bounds the step summary, what other code of the step wrote before
// included. GitHub drops a summary above 1 MiB whole.
const maxSummary = 900_000

// Output is one output of the step.
type Output struct{ Name, Value string }

// Outputs are the step's outputs: short, so that a job's megabyte holds them.
// paths are where reports were written, by format; comment is the address of the
// comment, "" without one.
func Outputs(rep gate.Report, paths map[string]string, comment string) []Output {
	rep = clean(rep)
	return []Output{
		{"verdict", string(rep.Verdict)},
		{"blocked", strconv.FormatBool(rep.Verdict == gate.VerdictBlock)},
		{"from", rep.Upgrade.From},
		{"to", rep.Upgrade.To},
		{"changes", strconv.Itoa(len(rep.Changes))},
		{"findings", strconv.Itoa(rep.Counts.Findings)},
		{"report", oneLine(printable(paths["json"]))},
		{"sarif", oneLine(printable(paths["sarif"]))},
		{"patch", oneLine(printable(paths["patch"]))},
		{"comment", oneLine(printable(comment))},
	}
}

// FileOptions say what Publish writes besides the report itself.
type FileOptions struct {
	// Getenv looks up GITHUB_OUTPUT and GITHUB_STEP_SUMMARY.
	Getenv func(string) string
	// Paths are where reports were written, by format.
	Paths map[string]string
	// Comment is the address of the comment, "" without one.
	Comment string
	Summary MarkdownOptions
}

// Publish hands outputs and step summary to GitHub's runner. A missing or
// unusable file is an error that names it; the other is written all the same.
// The caller reports it as a warning: the verdict does not hang on it.
func Publish(rep gate.Report, o FileOptions) error {
	action := githubactions.New(githubactions.WithGetenv(githubactions.GetenvFunc(o.Getenv)))
	var outputs strings.Builder
	for i, out := range Outputs(rep, o.Paths, o.Comment) {
		if i > 0 {
			outputs.WriteByte('\n')
		}
		outputs.WriteString(heredoc(out))
	}
	return errors.Join(
		appendFile(action, "output", outputs.String()),
		publishSummary(action, rep, o),
	)
}

// heredoc words an output for the runner's file. The delimiter is random and
// never part of the value, so that no value can end it and begin another.
func heredoc(out Output) string {
	delimiter := randomToken()
	for strings.Contains(out.Value, delimiter) {
		delimiter = randomToken()
	}
	return out.Name + "<<" + delimiter + "\n" + out.Value + "\n" + delimiter
}

// publishSummary writes the summary into the room that is left of GitHub's
// limit.
func publishSummary(action *githubactions.Action, rep gate.Report, o FileOptions) error {
	var written int64
	if info, err := os.Stat(o.Getenv("GITHUB_STEP_SUMMARY")); err == nil {
		written = info.Size()
	}
	if written > maxSummary-minPage {
		return fmt.Errorf("GITHUB_STEP_SUMMARY: the step has written %d bytes already, so that the gate's summary has no room (GitHub takes 1 MiB)", written)
	}
	md := o.Summary
	md.Limit, md.ReportPath = maxSummary-int(written), o.Paths["json"]
	var b strings.Builder
	if err := Markdown(&b, rep, md); err != nil {
		return err
	}
	return appendFile(action, "step_summary", strings.TrimSuffix(b.String(), "\n"))
}

// appendFile appends a text and a newline to one of the runner's files. The
// library panics where the file cannot be written; a gate must not.
func appendFile(action *githubactions.Action, name, text string) (err error) {
	variable := "GITHUB_" + strings.ToUpper(name)
	if action.Getenv(variable) == "" {
		return fmt.Errorf("%s is not set, want the path of the runner's file", variable)
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: %v", variable, p)
		}
	}()
	action.IssueFileCommand(&githubactions.Command{Name: name, Message: text})
	return nil
}

// Refuse tells GitHub's runner in one annotation and a few lines of the step summary
// why nothing was run.
func Refuse(w io.Writer, getenv func(string) string, message string) error {
	message = printable(clip(message, maxMessage))
	_, err := fmt.Fprintln(w, "::error title=dify-gate::"+commandData.Replace(neutral(message)))
	if getenv("GITHUB_STEP_SUMMARY") == "" {
		return err
	}
	lines := splitLines(message)
	if more := len(lines) - refusedLines; more > 0 {
		lines = append(lines[:refusedLines], fmt.Sprintf("and %d more, see the log", more))
	}
	var b strings.Builder
	b.WriteString("## ⛔ Gate: nothing was run\n\n")
	for _, line := range lines {
		b.WriteString("- " + escapeMarkdown(oneLine(line)) + "\n")
	}
	action := githubactions.New(githubactions.WithGetenv(githubactions.GetenvFunc(getenv)))
	return errors.Join(err, appendFile(action, "step_summary", b.String()))
}

// commandData escapes the data of a workflow command.
var commandData = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")

// refusedLines bounds the mistakes that the summary lists.
const refusedLines = 20
