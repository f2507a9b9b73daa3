package report

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/dify-gate/dify-gate/gate"
)

// nodes walks a page as a browser without scripts parses it, so that the rows
// that wait in <noscript> are nodes too.
func nodes(t *testing.T, doc string) []*html.Node {
	t.Helper()
	root, err := html.ParseWithOptions(strings.NewReader(doc), html.ParseOptionEnableScripting(false))
	if err != nil {
		t.Fatal(err)
	}
	return slices.Collect(root.Descendants())
}

// scripted walks a page as a browser with scripts parses it.
func scripted(t *testing.T, doc string) []*html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	return slices.Collect(root.Descendants())
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// loads are the attributes by which a page fetches something.
var loads = map[string]bool{"src": true, "srcset": true, "poster": true, "data": true, "action": true, "formaction": true, "background": true, "ping": true, "style": true}

// TestHTMLHoldsOnlyOurElements: whatever the texts, the page has one script,
// one style, no handler and nothing that loads.
func TestHTMLHoldsOnlyOurElements(t *testing.T) {
	t.Parallel()
	for name, rep := range cases() {
		count := map[string]int{}
		for _, n := range nodes(t, render(t, "html", rep)) {
			if n.Type == html.CommentNode {
				t.Errorf("%s: a comment %q", name, n.Data)
			}
			if n.Type != html.ElementNode {
				continue
			}
			count[n.Data]++
			for _, a := range n.Attr {
				switch {
				case strings.HasPrefix(a.Key, "on") || loads[a.Key]:
					t.Errorf("%s: <%s %s=%q>", name, n.Data, a.Key, a.Val)
				case a.Key == "href" && !regexp.MustCompile(`^(#[a-z-]+|data:,|https?://[^/].*)$`).MatchString(a.Val):
					t.Errorf("%s: <%s href=%q>", name, n.Data, a.Val)
				}
			}
		}
		for _, element := range []string{"img", "iframe", "object", "embed", "video", "audio", "base"} {
			if count[element] > 0 {
				t.Errorf("%s: %d <%s>", name, count[element], element)
			}
		}
		if count["script"] != 1 || count["style"] != 1 || count["link"] != 1 {
			t.Errorf("%s: %d scripts, %d styles, %d links, want one of each", name, count["script"], count["style"], count["link"])
		}
	}
}

// TestHTMLIsAccessible holds what a screen reader and a keyboard need.
func TestHTMLIsAccessible(t *testing.T) {
	t.Parallel()
	for name, rep := range cases() {
		ids := map[string]int{}
		var used []string
		count := map[string]int{}
		level := 1
		for _, n := range nodes(t, render(t, "html", rep)) {
			if n.Type != html.ElementNode {
				continue
			}
			count[n.Data]++
			if id := attribute(n, "id"); id != "" {
				ids[id]++
			}
			used = append(used, strings.Fields(attribute(n, "aria-labelledby"))...)
			if href := attribute(n, "href"); strings.HasPrefix(href, "#") {
				used = append(used, href[1:])
			}
			switch n.Data {
			case "h1", "h2", "h3", "h4":
				if now := int(n.Data[1] - '0'); now > level+1 {
					t.Errorf("%s: <%s> %q after a heading of level %d", name, n.Data, text(n), level)
				} else {
					level = now
				}
			case "svg":
				if attribute(n, "aria-hidden") != "true" && (attribute(n, "role") != "img" || attribute(n, "aria-label") == "") {
					t.Errorf("%s: a picture without a text: %v", name, n.Attr)
				}
			case "button":
				if attribute(n, "type") != "button" {
					t.Errorf("%s: a button without its type", name)
				}
			case "html":
				if attribute(n, "lang") == "" {
					t.Errorf("%s: no language", name)
				}
			case "details":
				if n.FirstChild == nil || n.FirstChild.Data != "summary" {
					t.Errorf("%s: details that do not begin with a summary", name)
				}
			}
		}
		for id, n := range ids {
			if n > 1 {
				t.Errorf("%s: id %s stands %d times", name, id, n)
			}
		}
		for _, id := range used {
			if ids[id] != 1 {
				t.Errorf("%s: #%s leads nowhere", name, id)
			}
		}
		for _, landmark := range []string{"header", "nav", "main", "footer", "h1", "title"} {
			if count[landmark] < 1 {
				t.Errorf("%s: no <%s>", name, landmark)
			}
		}
	}
}

func TestHTMLSaysWhatTheReportSays(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, n := range nodes(t, render(t, "html", sample())) {
		if n.Type == html.TextNode && n.Parent.Data != "style" && n.Parent.Data != "script" {
			b.WriteString(n.Data + " ")
		}
	}
	page := oneLine(b.String())
	for _, want := range []string{
		"Blocked do not deploy yet", "Dify 1.13.0 → 1.13.2", "6 findings at or above fail_on error", "explains 2 checks", "location /triggers {",
		"HITL email links are signed with a new key", "applies here", "may apply", "docker/.env:31 CELERY_QUEUES lacks schedule_executor",
		"docker compose exec api flask db upgrade", "waived until 2027-01-25 by ops: we send no HITL mail", "explained by proxy nginx", "p99 460 ms", "celery after redis",
		`needs "redis", which could not be decided`, "8f3c5bdd971cc6b9",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// TestHTMLOfACrowd: all 5,000 findings and checks are in the page, in one row a
// group or in a row each.
func TestHTMLOfACrowd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rep                        gate.Report
		rows, members, built, fits int
	}{
		"groups": {crowd5000(), 5, 5000, 5 + rowsAtOnce, 10 << 20},
		"motley": {motley5000(), 5001, 0, 0, 10 << 20},
	} {
		doc := render(t, "html", c.rep)
		rows, members, checks := strings.Count(doc, `<details class="row f `), strings.Count(doc, `<div class="member">`), strings.Count(doc, `<details class="row c"`)
		if rows != c.rows || members != c.members || checks != 5001 {
			t.Errorf("%s: %d rows with %d findings and %d checks, want %d, %d and 5,001", name, rows, members, checks, c.rows, c.members)
		}
		if len(doc) > c.fits {
			t.Errorf("%s: %d bytes", name, len(doc))
		}
		// A browser with scripts builds the first rows and no more.
		built := 0
		for _, n := range scripted(t, doc) {
			if n.Type == html.ElementNode && strings.HasPrefix(attribute(n, "class"), "row ") {
				built++
			}
		}
		if c.built > 0 && built != c.built || built > 5*rowsAtOnce {
			t.Errorf("%s: %d rows are built at once, want %d", name, built, c.built)
		}
	}
}

func TestLatencyPicture(t *testing.T) {
	t.Parallel()
	check := func(evidence map[string]any) latency { return latencyOf(gate.CheckReport{Evidence: evidence}) }
	typed := check(map[string]any{
		"percentiles_ms": map[string]float64{"p99.9": 4, "max": 9, "p50": 1, "p99": 3},
		"histogram_ms":   []bucket{{10, 1}, {5, 2}},
	})
	var names []string
	for _, p := range typed.Percentiles {
		names = append(names, p.Name)
	}
	if got := strings.Join(names, " "); got != "p50 p99 p99.9 max" {
		t.Errorf("percentiles in the order %s", got)
	}
	if typed.Buckets[0].LE != 5 {
		t.Error("the buckets are not sorted by their bound")
	}
	if got := position([]bucket{{10, 1}, {20, 1}}, 15); got != 75 {
		t.Errorf("15 ms stands at %v %%, want 75", got)
	}
	if got := position([]bucket{{10, 1}}, 99); got != 100 {
		t.Errorf("a time beyond the last bound stands at %v %%, want 100", got)
	}
	// What is not of the agreed shape draws nothing and breaks nothing.
	for _, bad := range []map[string]any{nil, {"percentiles_ms": "x"}, {"percentiles_ms": map[string]any{"p50": "fast"}}, {"histogram_ms": []any{1, 2}}, {"percentiles_ms": map[string]float64{"p50": -1}}} {
		if l := check(bad); len(l.Percentiles) > 0 {
			t.Errorf("%v yields %+v", bad, l)
		}
	}
	for _, doc := range []string{render(t, "html", gate.Report{Checks: []gate.CheckReport{{Name: "x", Evidence: map[string]any{"percentiles_ms": map[string]float64{"p50": 1}, "histogram_ms": []bucket{{1, 0}}}}}})} {
		if strings.Contains(doc, "NaN") || strings.Contains(doc, "Inf") {
			t.Error("a picture of nothing has no numbers")
		}
	}
}

func TestHTMLTimelineWaits(t *testing.T) {
	t.Parallel()
	rep := gate.Report{DurationMS: 100, Checks: []gate.CheckReport{
		{Name: "a", Phase: gate.PhasePost, Outcome: gate.OutcomePass, Attempts: 1, StartMS: 0, DurationMS: 40},
		{Name: "b", Phase: gate.PhasePost, Outcome: gate.OutcomePass, Attempts: 1, StartMS: 40, DurationMS: 60, Needs: []string{"a"}},
	}}
	groups, ticks, note := htmlTimeline(rep)
	b := groups[0].Rows.First[1]
	if b.X != 40 || b.W != 60 || b.Wait == nil || b.Wait.W != 40 || b.After != "a" || !strings.Contains(b.Span, "after a") {
		t.Errorf("row %+v, want it to wait 40 %% for a", b)
	}
	if strings.Join(ticks, " ") != "0 ms 25 ms 50 ms 75 ms 100 ms" || !strings.Contains(note, "the longest was b with 60 ms") {
		t.Errorf("ticks %v, note %q", ticks, note)
	}
}
