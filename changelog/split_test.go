package changelog

import (
	"fmt"
	"strings"
	"testing"
)

func TestSplitFormats(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"keep a changelog": {"# Changelog\n\nAll notable.\n\n## [Unreleased]\n\n- later\n\n## [0.15.8] - 2025-05-30\n\n### Security\n- a\n\n## [0.15.7] - 2025-04-27\n- b\n\n[0.15.8]: https://x\n",
			"0.15.8@9 2025-05-30|0.15.7@14 2025-04-27"},
		"one hash":             {"# v1.2.3\ntext\n## Added\n# v1.2.2\n", "1.2.3@1|1.2.2@4"},
		"conventional":         {"## [1.2.3](https://h/compare/v1.2.2...v1.2.3) (2025-01-01)\n\n### Features\n* x\n\n### [1.2.2](https://h) (2024-12-01)\n* y\n\n# [1.2.0](https://h) (2024-11-01)\n", "1.2.3@1 2025-01-01|1.2.2@6 2024-12-01|1.2.0@9 2024-11-01"},
		"chinese":              {"# 更新日志\n\n## 版本 1.14.1（2026年5月12日）\n\n- 修复\n\n## 1.14.0 发布\n", "1.14.1@3 2026-05-12|1.14.0@7"},
		"setext":               {"Release 1.2.3\n=============\n\nText\n\n1.2.2\n=====\n", "1.2.3@2|1.2.2@7"},
		"crlf":                 {"## 1.0.1\r\n- a\r\n## 1.0.0\r\n", "1.0.1@1|1.0.0@3"},
		"fenced":               {"## 1.0.1\n```md\n## 0.9.0\n```\n> ```\n> ## 0.8.0\n> ```\n- x\n  ~~~\n## 0.7.0\n## 0.6.0\n", "1.0.1@1|0.7.0@10|0.6.0@11"},
		"comment":              {"## 1.0.1\n<!-- \n## 0.9.0\n-->\n## 0.8.0\n", "1.0.1@1|0.8.0@5"},
		"version in a title":   {"# v1.14.2 - Security fixes\n## What's New in v1.14.2?\n## 1.13 to 1.14\n### 1.13.1\n# Dify 1.14.1 Release Note\n", "1.14.2@1|1.14.1@5"},
		"emoji and bold":       {"## 🚀 **v1.1.0** (2025-01-02)\n## :tada: 1.0.9-fix.1\n", "1.1.0@1 2025-01-02|1.0.9-fix.1@2"},
		"suffixes":             {"## 1.16.0-rc1\n## 1.10.1-fix.1\n## 0.10.0-beta3\n", "1.16.0-rc1@1|1.10.1-fix.1@2|0.10.0-beta3@3"},
		"none":                 {"Just text with 1.2.3 in it\n\n## Numbers\n## 3 things\n", ""},
		"quoted is no heading": {"## 1.0.1\n> ## 1.0.0\n    ## 0.9.0\n", "1.0.1@1"},
	} {
		var got []string
		for _, r := range SplitMarkdown("f.md", []byte(c.text)) {
			s := fmt.Sprintf("%s@%d", r.Version, r.Line-1)
			if !r.Date.IsZero() {
				s += r.Date.Format(" 2006-01-02")
			}
			got = append(got, s)
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%s: got %s, want %s", name, strings.Join(got, "|"), c.want)
		}
	}
}

func TestSplitBodies(t *testing.T) {
	t.Parallel()
	text := "# Log\n## 1.1.0\n- one\n\n## Unreleased\n- never\n## 1.0.0\n- two\n# Credits\nall\n"
	got := SplitMarkdown("f.md", []byte(text))
	if len(got) != 2 || got[0].Body != "- one\n\n" || got[1].Body != "- two\n" {
		t.Errorf("bodies %v, want what stands under each heading", got)
	}
}

func TestDecodeReleases(t *testing.T) {
	t.Parallel()
	text := `[{"tag_name":"1.14.1","name":"v1.14.1 - x","draft":false,"prerelease":false,"published_at":"2026-05-12T08:00:00Z","html_url":"https://h/1.14.1","body":"a\r\nb"},
	{"tag_name":"nightly","body":"x"},{"tag_name":"1.15.0","draft":true,"body":null},{"tag_name":"1.16.0-rc1","body":null},"odd",
	[{"tag_name":"1.2.3","body":""}]]`
	got, err := DecodeReleases("r.json", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var tags []string
	for _, r := range got {
		tags = append(tags, fmt.Sprintf("%s %v %v %q", r.Tag, r.Draft, r.Prerelease, r.Body))
	}
	want := `1.14.1 false false "a\r\nb"|1.15.0 true false ""|1.16.0-rc1 false true ""|1.2.3 false false ""`
	if strings.Join(tags, "|") != want {
		t.Errorf("got %s, want %s", strings.Join(tags, "|"), want)
	}
	for text, want := range map[string]string{
		"[{\"tag_name\":\n \"1.0.0\",}]":         "line 2",
		"[" + strings.Repeat("[", 1<<20):         "nested deeper",
		`"text"`:                                 "neither an array",
		`[{"tag_name":"1.0.0"}] trailing`:        "broken JSON",
		`[{"tag_name":"1.0.0"}]`:                 "release 1.0.0 has no body",
		`[{"tag_name":"1.0.0","body":["x"]}]`:    "has a body that is no text",
		`[{"tag_name":"1.0.0","description":7}]`: "has a description that is no text",
	} {
		if _, err := DecodeReleases("r.json", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("DecodeReleases(%.30q) error %v, want %q", text, err, want)
		}
	}
}
