package report

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/sethvargo/go-githubactions"

	"github.com/dify-gate/dify-gate/gate"
)

// GitHub's limits (actions/runner: _maxCountPerIssueType, _maxIssueMessageLength).
const (
	maxAnnotations = 10   // a severity and step
	maxAnnotation  = 4096 // UTF-16 units of a message
	maxTitle       = 200  // of the Checks API's 255, in runes
)

// AnnotationOptions say where annotations point to.
type AnnotationOptions struct {
	// Dir is the working directory below the workspace, with forward slashes;
	// GitHub wants files relative to the workspace. Empty when they are one.
	Dir string
}

// annotation is one workflow command to be.
type annotation struct {
	severity gate.Severity
	title    string
	message  string
	location *gate.Location
}

// Annotations writes GitHub's workflow commands error, warning and notice: the
// root causes first, then one for each group of findings, the worst first, at most
// ten a severity. What a cause explains is not annotated. What is left out is
// reported in a notice.
func Annotations(w io.Writer, rep gate.Report, o AnnotationOptions) error {
	rep = clean(rep)
	kept, left := limitAnnotations(annotations(rep))
	var buf bytes.Buffer
	action := githubactions.New(githubactions.WithWriter(&buf), githubactions.WithGetenv(func(string) string { return "" }))
	for _, a := range kept {
		issue(action.WithFieldsMap(o.fields(a)), a)
	}
	if left > 0 {
		action.WithFieldsMap(map[string]string{"title": "dify-gate"}).Noticef("%s",
			count(left, "further annotation")+" not shown here: GitHub shows ten a severity; the log and the step summary have them")
	}
	_, err := w.Write(buf.Bytes())
	return err
}

func issue(action *githubactions.Action, a annotation) {
	message := cutUTF16(neutral(a.message), maxAnnotation)
	switch a.severity {
	case gate.Error:
		action.Errorf("%s", message)
	case gate.Warning:
		action.Warningf("%s", message)
	default:
		action.Noticef("%s", message)
	}
}

// annotations lists all there is to annotate, in order of weight.
func annotations(rep gate.Report) []annotation {
	var out []annotation
	for _, c := range rep.RootCauses {
		if len(c.Explains) == 0 {
			continue
		}
		message := joinLines(c.Message, c.Hint, "explains "+count(len(c.Explains), "check")+": "+names(c.Explains, false))
		out = append(out, annotation{gate.Error, "root cause: " + c.Rule, message, c.Location})
	}
	for _, c := range undecided(rep) {
		severity := gate.Error
		if c.AllowFailure {
			severity = gate.Warning
		}
		out = append(out, annotation{severity, "could not be decided: " + c.Name, c.Reason, c.Location})
	}
	said := causeKeys(rep)
	for _, g := range inOrder(show(rep, false)) {
		if f := g.first(); !f.Active() || f.Known || g.By != "" || said[f.Fingerprint] {
			continue
		}
		out = append(out, groupAnnotation(g))
	}
	return out
}

// groupAnnotation annotates a group at its first finding and names the others.
func groupAnnotation(g group) annotation {
	const named = 20
	f := g.first()
	heading := g.Rule
	others := ""
	if n := len(g.Findings); n > 1 {
		heading = fmt.Sprintf("%d × %s", n, g.Rule)
		var list []string
		for _, o := range g.Findings[1:min(n, named+1)] {
			list = append(list, where(o)+": "+shorten(o.Message, 160))
		}
		if n-1 > named {
			list = append(list, fmt.Sprintf("and %d more", n-1-named))
		}
		others = "the same:\n" + strings.Join(list, "\n")
	}
	return annotation{g.Severity, heading, joinLines(f.Message, f.Hint, others), f.Location}
}

func joinLines(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, "\n")
}

// limitAnnotations keeps what GitHub shows, and a place for the notice that
// counts the rest.
func limitAnnotations(all []annotation) (kept []annotation, left int) {
	fits := func(notices int) []annotation {
		room := map[gate.Severity]int{gate.Error: maxAnnotations, gate.Warning: maxAnnotations, gate.Notice: notices}
		var out []annotation
		for _, a := range all {
			if room[a.severity] > 0 {
				room[a.severity]--
				out = append(out, a)
			}
		}
		return out
	}
	kept = fits(maxAnnotations)
	if len(kept) < len(all) {
		kept = fits(maxAnnotations - 1)
	}
	return kept, len(all) - len(kept)
}

// fields are the command's properties; empty ones are left out.
func (o AnnotationOptions) fields(a annotation) map[string]string {
	fields := map[string]string{"title": shorten(neutral(a.title), maxTitle)}
	l := a.location
	if l == nil || l.File == "" || strings.Contains(l.File, "://") {
		return fields
	}
	fields["file"] = below(o.Dir, l.File)
	if l.Line > 0 {
		fields["line"] = strconv.Itoa(l.Line)
		if l.EndLine > l.Line {
			fields["endLine"] = strconv.Itoa(l.EndLine)
		} else if l.Column > 0 { // the runner drops columns of a range
			fields["col"] = strconv.Itoa(l.Column)
		}
	}
	return fields
}

// below makes a file's name relative to the workspace instead of a folder in it.
func below(dir, file string) string {
	if dir == "" || dir == "." || path.IsAbs(file) {
		return file
	}
	return path.Join(dir, file)
}

// cutUTF16 shortens s to a number of UTF-16 units.
func cutUTF16(s string, limit int) string {
	if len(s) <= limit || len(utf16.Encode([]rune(s))) <= limit {
		return s
	}
	used := 0
	for i, r := range s {
		if used += max(1, utf16.RuneLen(r)); used > limit-1 {
			return s[:i] + "…"
		}
	}
	return s
}

// Guarded writes what write writes, with GitHub's runner kept from looking for
// commands in it. The token is random, so nothing written can end it.
func Guarded(w io.Writer, write func(io.Writer) error) error {
	token := randomToken()
	var buf bytes.Buffer
	if err := write(&buf); err != nil {
		return err
	}
	body := buf.String()
	if body != "" && !strings.HasSuffix(body, "\n") {
		body += "\n"
	}
	_, err := fmt.Fprintf(w, "::stop-commands::%s\n%s::%s::\n", token, body, token)
	return err
}

// randomToken is 128 random bits, in a shape that is no command's name.
func randomToken() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return "gate-" + hex.EncodeToString(b[:])
}
