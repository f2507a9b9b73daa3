package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/dify-gate/dify-gate/gate/report"
)

// titles of the phases.
var titles = map[Phase]string{Before: "Before", During: "During", After: "After", Rollback: "Rollback, if it must be"}

// Text writes the plan for a terminal.
func Text(w io.Writer, p Plan) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Dify %s -> %s, %s\n", shown(p.Upgrade.From), shown(p.Upgrade.To), p.Way)
	for i, h := range p.Hops {
		if len(p.Hops) > 1 {
			fmt.Fprintf(&b, "Hop %d: %s -> %s, %s\n", i+1, shown(h.From), shown(h.To), shown(h.Why))
		}
	}
	if n := p.NoReturn; n != nil {
		fmt.Fprintf(&b, "Point of no return: step %d. %s\n", n.Step, shown(n.Why))
		for _, o := range n.OneWay {
			fmt.Fprintf(&b, "  no way back but the copy: %s\n", shown(o))
		}
	}
	if p.Incomplete != "" {
		fmt.Fprintf(&b, "Incomplete: %s\n", shown(p.Incomplete))
	}
	for _, n := range p.Notes {
		fmt.Fprintf(&b, "Note: %s\n", shown(n))
	}
	last, hop := Phase(""), 0
	for i, s := range p.Steps {
		if s.Phase != last || s.Hop != hop {
			fmt.Fprintf(&b, "\n%s%s\n", titles[s.Phase], hopTitle(p, s))
			last, hop = s.Phase, s.Hop
		}
		fmt.Fprintf(&b, "\n%3d. %s%s\n", i+1, shown(s.What), remark(s))
		if s.Why != "" {
			fmt.Fprintf(&b, "     %s\n", shown(s.Why))
		}
		for _, c := range s.Commands {
			fmt.Fprintf(&b, "       %s\n", command(c))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func hopTitle(p Plan, s Step) string {
	if len(p.Hops) < 2 {
		return ""
	}
	h := p.Hops[s.Hop-1]
	return fmt.Sprintf(": hop %d, %s -> %s", s.Hop, shown(h.From), shown(h.To))
}

// remark says which release demands a step, and that it may be left out.
func remark(s Step) string {
	var words []string
	if s.Since != "" {
		words = append(words, "since "+shown(s.Since))
	}
	if !s.Required {
		words = append(words, "optional")
	}
	if len(words) == 0 {
		return ""
	}
	return " (" + strings.Join(words, ", ") + ")"
}

// shown is a text of one line that only reads.
func shown(text string) string { return report.Printable(text) }

// command is a line of shell: shell.go has left nothing in it that hides, and it must
// not be cut or changed.
func command(c string) string { return c }

// JSON writes the plan as one document.
func JSON(w io.Writer, p Plan) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(p); err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	_, err := io.WriteString(w, report.Harmless(buf.String()))
	return err
}

// SchemaDocument is the JSON Schema of a plan.
func SchemaDocument() map[string]any {
	s := report.SchemaOf(Plan{}, "plan of an upgrade, as gate plan prints it")
	properties := s["properties"].(map[string]any)
	properties["schema"] = map[string]any{"const": Schema}
	properties["way"] = map[string]any{"enum": []any{Compose, Helm, Source}}
	steps := properties["steps"].(map[string]any)["items"].(map[string]any)["properties"].(map[string]any)
	steps["phase"] = map[string]any{"enum": []any{string(Before), string(During), string(After), string(Rollback)}}
	return s
}
