package report

import (
	"fmt"
	"strconv"
	"strings"
)

// pageWriter collects a page. html/template would do the same with less of our
// code; but it calls methods by name, for which the linker must keep every
// exported method of every library: 9 MB of a gate of 36 MB.
type pageWriter struct{ b []byte }

// add appends markup in which each {} stands for the next value. Markup is a
// constant of ours, which a test holds; values are escaped, so that they stay
// text, and may stand in text and in quoted attributes, but not in a script, a
// style, the name of anything, or an address: see link.
func (w *pageWriter) add(markup string, values ...any) {
	for _, value := range values {
		before, after, found := strings.Cut(markup, "{}")
		if !found {
			panic("html report: more values than {} in " + markup)
		}
		w.b = append(w.b, before...)
		w.b = appendEscaped(w.b, value)
		markup = after
	}
	w.b = append(w.b, markup...)
}

// when appends as add does if a value is given.
func (w *pageWriter) when(value, markup string) {
	if value != "" {
		w.add(markup, value)
	}
}

// appendEscaped appends a value as text.
func appendEscaped(to []byte, value any) []byte {
	switch value := value.(type) {
	case string:
		return append(to, escaper.Replace(value)...)
	case int:
		return strconv.AppendInt(to, int64(value), 10)
	case float64:
		return strconv.AppendFloat(to, value, 'g', -1, 64)
	}
	return append(to, escaper.Replace(fmt.Sprint(value))...)
}

// escaper replaces what could end a text or a quoted attribute. The plus sign
// is among them for readers that guess at UTF-7.
var escaper = strings.NewReplacer("\x00", "\ufffd", `"`, "&#34;", "&", "&amp;", "'", "&#39;", "+", "&#43;", "<", "&lt;", ">", "&gt;")

// link is an address as a link leads to it: what no address may hold is written
// as its bytes in hexadecimal. The caller has seen to its scheme.
func link(address string) string {
	var b strings.Builder
	for i := range len(address) {
		c := address[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("!#$&*+,/:;=?@[]-._~", c) >= 0:
			b.WriteByte(c)
		case c == '%' && i+2 < len(address) && isHex(address[i+1]) && isHex(address[i+2]):
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	return b.String()
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// text is a text with what stands between backticks as code.
func (w *pageWriter) text(text string) {
	for _, piece := range textPieces(text) {
		if piece.Code {
			w.add("<code>{}</code>", piece.Text)
		} else {
			w.add("{}", piece.Text)
		}
	}
}

// hint is what to do: words, and the lines to copy if there are any.
func (w *pageWriter) hint(hint *htmlHint) {
	switch {
	case hint == nil:
	case hint.Code != "":
		w.add(`<p class="hint">`)
		w.text(hint.Text)
		w.add(`</p><div class="copy"><pre tabindex="0"><code>{}</code></pre></div>`, hint.Code)
	case hint.Text != "":
		w.add(`<p class="hint copy"><span class="code">`)
		w.text(hint.Text)
		w.add(`</span></p>`)
	}
}

// writeRows writes the first rows, and the rest for the script to build.
func writeRows[T any](w *pageWriter, rows htmlRows[T], row func(T)) {
	for _, r := range rows.First {
		row(r)
	}
	for _, part := range rows.More {
		w.add("<noscript>")
		for _, r := range part {
			row(r)
		}
		w.add("</noscript>\n")
	}
}
