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
	return encodeJSON(w, rep)
}

// encodeJSON writes a document with indents, and safe to print.
func encodeJSON(w io.Writer, document any) error {
	enc := json.NewEncoder(jsonWriter{w})
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(document)
}

// jsonWriter escapes a document on its way, which an encoder hands over whole.
// Most need no escape, and are written without another copy.
type jsonWriter struct{ w io.Writer }

func (j jsonWriter) Write(doc []byte) (int, error) {
	safe := doc
	if bytes.Contains(doc, []byte("##[")) || bytes.Contains(doc, []byte(`"::`)) || bytes.Contains(doc, []byte(`\n::`)) || bytes.ContainsFunc(doc, unsafeRune) {
		safe = []byte(escapeJSON(string(doc)))
	}
	if _, err := j.w.Write(safe); err != nil {
		return 0, err
	}
	return len(doc), nil
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
