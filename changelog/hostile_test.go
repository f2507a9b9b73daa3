package changelog

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/changelog/internal/model"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/text"
)

// hostile makes n bytes of Markdown that is slow to parse in one way or another.
var hostile = []struct {
	name string
	make func(n int) string
}{
	{"quotes on one line", func(n int) string { return strings.Repeat(">", n) }},
	{"quotes line by line", func(n int) string { return strings.Repeat("> > > > > > > > > > > > > > > >\n", n/32) }},
	{"brackets", func(n int) string { return strings.Repeat("[", n) }},
	{"links left open", func(n int) string { return strings.Repeat("[a](", n/4) }},
	{"links line by line", func(n int) string { return strings.Repeat("[a](b [c](d\n", n/12) }},
	{"one line", func(n int) string { return strings.Repeat("x", n) }},
	{"one paragraph", func(n int) string { return strings.Repeat("word and word\n", n/14) }},
	{"link definitions", func(n int) string { return strings.Repeat("[a]: /b\n", n/8) }},
	{"stars", func(n int) string { return strings.Repeat("*a **b ", n/7) }},
	{"stars line by line", func(n int) string { return strings.Repeat("*a **b _c __d\n", n/14) }},
	{"underscores", func(n int) string { return strings.Repeat("_", n) }},
	{"backquotes", func(n int) string { return strings.Repeat("`", n/2) + strings.Repeat("a``", n/6) }},
	{"backquotes of rising length", func(n int) string {
		var b strings.Builder
		for i := 1; b.Len() < n; i = i%2000 + 1 {
			b.WriteString(strings.Repeat("`", i) + "a")
		}
		return b.String()
	}},
	{"nested lists", func(n int) string {
		var b strings.Builder
		for i := 0; b.Len() < n; i = (i + 1) % 400 {
			b.WriteString(strings.Repeat("  ", i) + "- a\n")
		}
		return b.String()
	}},
	{"list markers on one line", func(n int) string { return strings.Repeat("- ", n/2) }},
	{"open comment", func(n int) string { return "<!--" + strings.Repeat("a\n", n/2) }},
	{"open tags", func(n int) string { return strings.Repeat("<a ", n/3) }},
	{"entities", func(n int) string { return strings.Repeat("&amp", n/4) }},
	{"table", func(n int) string {
		return strings.Repeat("|", 5000) + "\n" + strings.Repeat("|-", 2500) + "\n" + strings.Repeat("|a\n", n/3)
	}},
	{"table as wide as may be", func(n int) string {
		return strings.Repeat("|a", 64) + "\n" + strings.Repeat("|-", 64) + "\n" + strings.Repeat("|b\n", n/3)
	}},
	{"tables", func(n int) string { return strings.Repeat("|a|b|\n|-|-|\n|`A_B`|now 2|\n\n", n/28) }},
	{"table in quotes", func(n int) string {
		return "> " + strings.Repeat("|a", 300) + "\n> " + strings.Repeat("|-", 300) + "\n" + strings.Repeat("> |b|c\n", n/7)
	}},
	{"numbers that begin no list", func(n int) string { return "a\n" + strings.Repeat("2. [a](b [c](d\n", n/15) }},
	{"items of brackets", func(n int) string { return strings.Repeat("- [a](b [c](d\n", n/14) }},
	{"fence in a fence", func(n int) string { return strings.Repeat("```\n> ~~~\n- ```\n", n/15) }},
	{"headings", func(n int) string { return strings.Repeat("# a\n", n/4) }},
	{"release headings", func(n int) string { return strings.Repeat("## 1.0.1\n- x\n", n/13) }},
	{"admonitions", func(n int) string { return strings.Repeat(":::warning\n!!! note\n    a\n", n/26) }},
	{"admonitions left open", func(n int) string { return ":::warning\n" + strings.Repeat("```{note}\n", n/10) }},
	{"obligations", func(n int) string {
		return numbered("- Please ensure `A_%d` is set, if you must, before upgrading.\n", n)
	}},
	{"pull requests", func(n int) string {
		return numbered("* feat: remove default endpoint by @x in https://github.com/o/r/pull/%d\n", n)
	}},
}

// numbered repeats a line, each time with another number: lines that are the
// same are judged once.
func numbered(line string, n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, line, i)
	}
	return b.String()
}

// readHostile goes through everything that a source of this text would.
func readHostile(body string) Reading {
	releases := SplitMarkdown("f.md", []byte("## 1.0.1\n"+body+"\n## 1.0.0\n"))
	from, _ := ParseVersion("0.9.0")
	to, _ := ParseVersion("1.0.1")
	return Read(SelectRange(releases, from, to), nil)
}

// TestHostile wants every kind of hostile text read in a bounded time, and what
// was cut to be said.
func TestHostile(t *testing.T) {
	t.Parallel()
	for _, h := range hostile {
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			size := 1<<20 + 1<<16 // a little more than a body may have
			if h.name == "release headings" {
				size /= 8 // nothing is cut of many small releases
			}
			reading := readHostile(h.make(size))
			// Far above what a slow machine under the race detector needs: growth is
			// the benchmark's matter, this only finds what does not end.
			if took := time.Since(start); took > 3*time.Minute {
				t.Errorf("1 MB took %s, want an end", took)
			}
			if h.name != "release headings" && h.name != "headings" && len(reading.Coverage.Cut) == 0 {
				t.Error("nothing is said to be cut")
			}
		})
	}
}

// TestLongList wants a list of pull requests as long as real ones read whole.
func TestLongList(t *testing.T) {
	t.Parallel()
	for _, marker := range []string{"* ", "- ", "+ ", "1. ", "> - ", "  - "} {
		var b strings.Builder
		b.WriteString("## 1.0.1\n\n### What's Changed\n")
		for i := range 1500 {
			fmt.Fprintf(&b, "%sfix(api): handle empty `file_list` in [loader](https://example.org/%d) number %d (#%d) by @some_one[bot] in https://example.org/o/r/pull/%d\n", marker, i, i, i, i)
		}
		entries, cuts := ParseEntries(SplitMarkdown("f.md", []byte(b.String()))[0])
		if len(cuts) > 0 || len(entries) != 1501 {
			t.Errorf("list with %q: %d entries, cut %+v, want 1501 and nothing cut", marker, len(entries), cuts)
		}
	}
}

// TestTableCut wants a table of usual size read whole, and the rows of one that
// is far too large left out and told.
func TestTableCut(t *testing.T) {
	t.Parallel()
	head := "## 1.0.1\n| Variable | Before | Now |\n| --- | --- | --- |\n"
	for _, c := range []struct {
		name, text string
		changes    int
		cut        string
	}{
		{"500 rows", head + strings.Repeat("| `A_B` | 1 | 2 |\n", 500), 500, ""},
		{"rows without an end", head + strings.Repeat("| x | 1 | 1 |\n", 4000), 4000 - 1335, "table of more than 8000 cells"},
		{"columns", "## 1.0.1\n" + strings.Repeat("|a", 100) + "\n" + strings.Repeat("|-", 100) + "\n|b\n", 0, "table of more than 64 columns"},
		{"two tables", head + strings.Repeat("| x | 1 | 1 |\n", 2000) + "\n" + strings.TrimPrefix(head, "## 1.0.1\n") + strings.Repeat("| x | 1 | 1 |\n", 2000), 4000, ""},
		{"a table in a fence", "## 1.0.1\n```\n|a|\n|" + strings.Repeat("-|", 100) + "\n```\n", 0, ""},
	} {
		releases := SplitMarkdown("f.md", []byte(c.text))
		entries, cuts := ParseEntries(releases[0])
		rows := 0
		for _, e := range entries {
			if e.Block == TableRow {
				rows++
			}
		}
		if rows != c.changes {
			t.Errorf("%s: %d rows, want %d", c.name, rows, c.changes)
		}
		if said := len(cuts) > 0; said != (c.cut != "") || said && cuts[0].Reason != c.cut {
			t.Errorf("%s: cuts %+v, want %q", c.name, cuts, c.cut)
		}
	}
}

// BenchmarkHostile shows that time grows with the size and not faster: compare
// the MB/s of 1, 4 and 16 MB.
func BenchmarkHostile(b *testing.B) {
	for _, h := range hostile {
		for _, mb := range []int{1, 4, 16} {
			body := h.make(mb << 20)
			b.Run(fmt.Sprintf("%s/%dMB", strings.ReplaceAll(h.name, " ", "_"), mb), func(b *testing.B) {
				b.SetBytes(int64(len(body)))
				for range b.N {
					readHostile(body)
				}
			})
		}
	}
}

// bigChangelog is 20 MB of 6,000 ordinary releases.
func bigChangelog() []byte {
	var b strings.Builder
	b.WriteString("# Changelog\n\n")
	for i := 6000; i > 0; i-- {
		fmt.Fprintf(&b, "## [1.%d.0] - 2025-01-02\n\n### Added\n\n", i)
		for j := range 32 {
			fmt.Fprintf(&b, "- feat: support the option number %d of the **editor** with `code %d` ([#%d](https://example.org/%d))\n", j, j, j, j)
		}
		b.WriteString("\n> [!NOTE]\n> A quote.\n\n```bash\ncd docker\n```\n\n")
	}
	return []byte(b.String())
}

// BenchmarkThreeReleases reads three releases out of 20 MB;
// BenchmarkGoldmarkWhole lets goldmark parse all of it. Wanted: 0.3 of it at
// the most.
func BenchmarkThreeReleases(b *testing.B) {
	source := bigChangelog()
	from, _ := ParseVersion("1.5997.0")
	to, _ := ParseVersion("1.6000.0")
	b.SetBytes(int64(len(source)))
	for b.Loop() {
		releases, err := decodeSource("f.md", source)
		if err != nil {
			b.Fatal(err)
		}
		if reading := Read(SelectRange(releases, from, to), nil); reading.Coverage.Releases != 3 {
			b.Fatalf("%d releases, want 3", reading.Coverage.Releases)
		}
	}
}

func BenchmarkGoldmarkWhole(b *testing.B) {
	source := bigChangelog()
	b.SetBytes(int64(len(source)))
	for b.Loop() {
		goldmark.New().Parser().Parse(text.NewReader(source))
	}
}

// BenchmarkUnderstand reads entries of all sorts, parsed before. Wanted: at most
// 60 µs an entry on one core.
func BenchmarkUnderstand(b *testing.B) {
	var body strings.Builder
	files, err := filepath.Glob("testdata/judged/*.md")
	if err != nil || len(files) == 0 {
		b.Fatal("no bodies")
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		body.Write(text)
		body.WriteByte('\n')
	}
	r := Release{Body: body.String(), Line: 1}
	r.Version, _ = ParseVersion("1.0.0")
	entries, _ := ParseEntries(r)
	j := newJudge(model.Default())
	for b.Loop() {
		j.classify(r, entries, nil)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(entries)), "ns/entry")
}

// BenchmarkNormalMegabyte reads 1 MB of ordinary notes, all in the range.
// Wanted: at most 0.5 s.
func BenchmarkNormalMegabyte(b *testing.B) {
	source := bigChangelog()[:1<<20]
	from, _ := ParseVersion("1.0.0")
	to, _ := ParseVersion("1.6000.0")
	for b.Loop() {
		releases, err := decodeSource("f.md", source)
		if err != nil {
			b.Fatal(err)
		}
		Read(SelectRange(releases, from, to), nil)
	}
}

// BenchmarkWeights parses the embedded weights, as the first reading does.
func BenchmarkWeights(b *testing.B) {
	for b.Loop() {
		model.Embedded()
	}
}
