package changelog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzParse feeds any bytes through splitting and parsing alone, which is fast.
// Entries must lie within the text.
func FuzzParse(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<16 {
			return
		}
		lines := strings.Count(text, "\n") + 1
		for _, r := range SplitMarkdown("f.md", []byte(text)) {
			entries, _ := ParseEntries(r)
			for _, e := range entries {
				if e.Location.Line < 1 || e.Location.Line > lines || e.Location.EndLine < e.Location.Line {
					t.Errorf("entry at %+v, want it in %d lines: %q", e.Location, lines, e.Text)
				}
				_ = newUnderstander().statements(&e)
			}
		}
		_, _ = DecodeReleases("f.json", []byte(text))
	})
}

// FuzzRead feeds any bytes through splitting, parsing and classifying. Places
// must lie within the text, and texts must come from it.
func FuzzRead(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<16 {
			return
		}
		text = strings.ToValidUTF8(text, "?")
		lines := strings.Count(text, "\n") + 1
		releases := SplitMarkdown("f.md", []byte(text))
		from, to := mustVersion(t, "0.0.1"), mustVersion(t, "1.0.1")
		reading := Read(SelectRange(releases, from, to), nil)
		for _, ch := range reading.Changes {
			if ch.Location.Line < 1 || ch.Location.Line > lines || ch.Location.Column < 1 || ch.Location.EndLine < ch.Location.Line {
				t.Errorf("place %+v, want it in %d lines: %q", ch.Location, lines, ch.Text)
			}
			if ch.Kind == "" || ch.Signal == "" || ch.Text == "" {
				t.Errorf("change %+v has no kind, signal or text", ch)
			}
		}
		_, _ = DecodeReleases("f.json", []byte(text))
	})
}

// seed adds whole bodies and short hostile texts, all of our own making.
func seed(f *testing.F) {
	files, _ := filepath.Glob("testdata/bodies/*.md")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add("## 1.0.1\n" + string(text))
	}
	for _, h := range hostile {
		f.Add("## 1.0.1\n" + h.make(300))
	}
	f.Add("## 1.0.1\r\n> [!IMPORTANT]\r\n> ```bash\r\n> a\r\n\r\n1. x\r\n   ```\r\n   docker compose up\r\n")
	f.Add("# 1.0.1\n<details><summary>x</summary>\n\n## y\n</details>\n| a | b |\n|-|-|\n| `A_B` | now |\n")
}
