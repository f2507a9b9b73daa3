package report

import "github.com/dify-gate/dify-gate/gate"

// clean returns a copy of the report whose every string is printable, bounded,
// and on one line where a report has one line.
func clean(rep gate.Report) gate.Report {
	return gate.Rewrite(rep, func(t gate.Text) string { return cleanText(t.Value, keepsLines(t.Field)) })
}

// keepsLines names the fields whose line breaks mean something.
func keepsLines(field string) bool {
	switch field {
	case "Text", "Hint", "Command", "Evidence", "Action", "Fix", "What", "Diff", "Patch":
		return true
	}
	return false
}

func cleanText(s string, lines bool) string {
	// Cut first: what is shown bounds the work.
	s = printable(clip(s, maxField))
	if !lines {
		s = oneLine(s)
	}
	return s
}
