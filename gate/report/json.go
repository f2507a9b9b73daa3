package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"

	"github.com/dify-gate/dify-gate/gate"
)

// JSON writes the report as one document of the contract's shape, the texts as
// they were read. Runes that would act on a terminal, and what GitHub's runner
// would take for a command ("##[", a "::" that begins a text), stand in \u
// escapes: the document means the same, and printing it is safe.
func JSON(w io.Writer, rep gate.Report) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(rep); err != nil {
		return fmt.Errorf("json report: %w", err)
	}
	_, err := io.WriteString(w, escapeJSON(buf.String()))
	return err
}

// escapeJSON rewrites characters that stand inside of strings, where alone they
// can occur, as \u escapes.
func escapeJSON(doc string) string {
	doc = strings.NewReplacer(
		`##[`, `#\u0023[`,
		`"::`, `"\u003a:`,
		`\n::`, `\n\u003a:`,
	).Replace(doc)
	if plainASCII(doc) {
		return doc
	}
	var b strings.Builder
	b.Grow(len(doc))
	for _, r := range doc {
		switch {
		case !unsafeRune(r):
			b.WriteRune(r)
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, hi, lo)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
