package report

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"

	"github.com/dify-gate/dify-gate/gate"
)

// shown renders Markdown as GitHub does before it sanitises: with GFM, raw HTML
// let through, so that a test sees what got in.
func shown(t *testing.T, md string) string {
	t.Helper()
	var buf bytes.Buffer
	gfm := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithUnsafe()))
	if err := gfm.Convert([]byte(md), &buf); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

var tag = regexp.MustCompile(`<(/?)([a-zA-Z!][a-zA-Z0-9]*)([^>]*)>`)

// code is where GitHub looks for no mentions.
var code = regexp.MustCompile(`(?s)<code.*?</code>`)

// ours are the elements that the gate's own Markdown yields.
var ours = map[string]bool{"h2": true, "h3": true, "h4": true, "p": true, "strong": true, "em": true, "code": true, "pre": true, "ul": true, "li": true, "a": true,
	"table": true, "thead": true, "tbody": true, "tr": true, "th": true, "td": true, "br": true, "details": true, "summary": true, "sub": true, "blockquote": true}

func TestMarkdownShowsOnlyOurMarkup(t *testing.T) {
	t.Parallel()
	for name, rep := range cases() {
		md := string(rendered(t, func(w io.Writer) error { return Markdown(w, rep, MarkdownOptions{Limit: maxSummary, Timeline: true}) }))
		page := shown(t, md)
		for _, m := range tag.FindAllStringSubmatch(page, -1) {
			switch {
			case !ours[m[2]]:
				t.Errorf("%s: element %s", name, m[0])
			case m[2] == "a" && m[1] == "" && !regexp.MustCompile(`^ href="https?://(github\.com/|example\.com/|attacker\.example/auto%20)[^"]*"$`).MatchString(m[3]):
				t.Errorf("%s: link %s", name, m[0])
			}
		}
		for _, element := range []string{"table", "details", "pre"} {
			if strings.Count(page, "<"+element) != strings.Count(page, "</"+element+">") {
				t.Errorf("%s: %s is not closed", name, element)
			}
		}
		// Every row of a table has the table's cells.
		for _, table := range strings.Split(page, "<table>")[1:] {
			table, _, _ = strings.Cut(table, "</table>")
			head := strings.Count(table, "<th") - strings.Count(table, "<thead")
			for _, row := range strings.Split(table, "<tr>")[2:] {
				if cells := strings.Count(row, "<td"); cells != head {
					t.Errorf("%s: a row of %d cells in a table of %d: %s", name, cells, head, row)
				}
			}
		}
		if m := regexp.MustCompile(`.{0,20}(@[a-z]|[^&]#\d).{0,20}`).FindString(code.ReplaceAllString(page, "")); m != "" {
			t.Errorf("%s: a mention or an issue reference: %q", name, m)
		}
	}
}

// TestEscapeMarkdownIsShownAsWritten: what a reader sees is the text.
func TestEscapeMarkdownIsShownAsWritten(t *testing.T) {
	t.Parallel()
	unescape := strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&amp;", "&")
	for _, a := range append([]string{"OLD_KEY=1 is set, see docs/a.md#x", "1. a", "12) b", "a|b", "~strike~", "&copy; &#65;", "-", "+ x", "=", "http://x.y/z_a_b"}, attacks...) {
		text := cleanText(a, false)
		got := strings.TrimSpace(shown(t, escapeMarkdown(text)))
		got = strings.TrimSuffix(strings.TrimPrefix(got, "<p>"), "</p>")
		got = strings.ReplaceAll(unescape.Replace(got), zeroWidth, "")
		if text = strings.ReplaceAll(text, zeroWidth, ""); got != text {
			t.Errorf("%q is shown as %q", text, got)
		}
	}
}

func TestMarkdownFitsAComment(t *testing.T) {
	t.Parallel()
	for name, rep := range cases() {
		if doc := render(t, "markdown", rep); len([]rune(doc)) > 65_000 {
			t.Errorf("%s: %d characters, want at most 65,536 in a comment", name, len(doc))
		}
	}
	doc := render(t, "markdown", motley5000())
	if !regexp.MustCompile(`> Left out for the size of this page: (\d+ groups of findings, )+\d+ checks`).MatchString(doc) {
		t.Error("the page does not say what it left out")
	}
	if len(doc) > maxComment {
		t.Errorf("%d bytes, want at most %d", len(doc), maxComment)
	}
}

func TestMarkdownLinksPlaces(t *testing.T) {
	t.Parallel()
	doc := string(rendered(t, func(w io.Writer) error {
		return Markdown(w, sample(), MarkdownOptions{Link: func(l gate.Location) string { return "https://example.com/" + l.File + "#L7" }})
	}))
	if !strings.Contains(doc, "[`docker/.env:7:1`](<https://example.com/docker/.env#L7>)") {
		t.Error("the place of a finding is not linked")
	}
	for _, bad := range []string{"javascript:alert(1)", "data:text/html,x", "//host/x", "https://", "vbscript:x"} {
		if got := mdLink("x", bad); got != "x" {
			t.Errorf("%q became the link %q", bad, got)
		}
	}
}
