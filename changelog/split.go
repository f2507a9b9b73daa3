package changelog

import (
	"bytes"
	"strings"
	"time"
)

// maxHeadingLength bounds what is looked at as a release heading.
const maxHeadingLength = 512

// SplitMarkdown finds the releases of a changelog file by a line scan; bodies
// stay unparsed. The first heading that names a version fixes the level of
// release headings:
//
//	## [0.15.7] - 2025-04-27
//	# v1.14.2 - Security fixes
//	## 1.2.3 (2025-01-01)
//	Release 1.2.3
//	=============
//	## 版本 1.14.1（2026-05-12）
//
// A heading that names a version further behind ("What's new in v1.14.2?") is
// part of a body. "Unreleased" ends the release before it and is dropped.
func SplitMarkdown(file string, text []byte) []Release {
	var releases []Release
	level, open, start := 0, false, 0
	finish := func(end int) {
		if open {
			releases[len(releases)-1].Body = string(text[start:end])
		}
		open = false
	}
	for h := range headings(text) {
		release, ok := releaseHeading(h.title)
		switch {
		case ok && (level == 0 || h.level <= level || !release.Date.IsZero()):
			finish(h.offset)
			if level == 0 || h.level < level {
				level = h.level
			}
			release.File, release.Line = file, h.line+1
			releases = append(releases, release)
			open, start = true, h.end
		case level != 0 && h.level <= level && unreleased(h.title), level != 0 && h.level < level:
			finish(h.offset)
		}
	}
	finish(len(text))
	return releases
}

type heading struct {
	title       string
	level       int
	line        int // of its last line
	offset, end int // bytes
}

// headings yields the headings at the document's root, ATX and setext.
func headings(text []byte) func(yield func(heading) bool) {
	return func(yield func(heading) bool) {
		s := newLineScan(text)
		var above []byte // the line before, while it may be a setext title
		aboveOffset := 0
		for s.scan() {
			line := s.line
			if s.inside || len(line) > maxHeadingLength {
				above = nil
				continue
			}
			if level := setextLevel(line); level > 0 && above != nil {
				if !yield(heading{string(bytes.TrimSpace(above)), level, s.number, aboveOffset, s.next}) {
					return
				}
				above = nil
				continue
			}
			if level, title := atxHeading(line); level > 0 {
				above = nil
				if !yield(heading{title, level, s.number, s.offset, s.next}) {
					return
				}
				continue
			}
			wasBlank := above == nil
			above = nil
			if c := cutContainers(line); wasBlank && c.depth == 0 && indentation(line) < 4 && len(c.rest) > 0 {
				above, aboveOffset = line, s.offset
			}
		}
	}
}

// atxHeading returns level and title of "## title ##", or 0.
func atxHeading(line []byte) (int, string) {
	if indentation(line) > 3 {
		return 0, ""
	}
	p := bytes.TrimLeft(line, " ")
	n := 0
	for n < len(p) && p[n] == '#' {
		n++
	}
	if n == 0 || n > 6 || (n < len(p) && p[n] != ' ' && p[n] != '\t') {
		return 0, ""
	}
	title := strings.TrimSpace(string(p[n:]))
	if cut := strings.TrimRight(title, "#"); cut == "" || strings.HasSuffix(cut, " ") {
		title = strings.TrimSpace(cut)
	}
	return n, title
}

func setextLevel(line []byte) int {
	p := bytes.TrimSpace(line)
	if len(p) < 3 || indentation(line) > 3 {
		return 0
	}
	switch {
	case len(bytes.Trim(p, "=")) == 0:
		return 1
	case len(bytes.Trim(p, "-")) == 0:
		return 2
	}
	return 0
}

var (
	linkForm    = expr(`\[([^\[\]]*)\]\([^()]*\)`)
	headingForm = expr(`^(?i:(?:(?:version|release|ver\.?|dify|版本|发布|更新日志)[\s:：]*){0,3})([vV]?\d+(?:\.\d+){1,4}(?:[-.]?[A-Za-z][0-9A-Za-z.-]*)?)(.*)$`)
	afterForm   = expr(`^(?:$|[\s:：,()（\[|/@–—-])`)
	towards     = expr(`^(?i:\s*(?:→|->|=>|to\b|and\b|or\b|至|到|升级))`)
	shortcode   = expr(`^\s*(?::[a-z0-9_+-]+:\s*)+`)
	dateForm    = expr(`\b(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})`)
)

// releaseHeading reads the title of a release heading.
func releaseHeading(title string) (Release, bool) {
	if !strings.ContainsAny(title, "0123456789") {
		return Release{}, false
	}
	plain := linkForm.ReplaceAllString(title, "$1")
	plain = strings.NewReplacer("[", "", "]", "", "*", "", "`", "", "\ufe0f", "").Replace(plain)
	plain = shortcode.ReplaceAllString(plain, "")
	plain = strings.TrimLeftFunc(plain, func(r rune) bool { return !isWordRune(r) })
	m := headingForm.FindStringSubmatch(plain)
	if m == nil {
		return Release{}, false
	}
	tag, after := strings.TrimRight(m[1], ".-"), m[2]
	if !afterForm.MatchString(after) || towards.MatchString(after) {
		return Release{}, false
	}
	v, err := ParseVersion(tag)
	if err != nil {
		return Release{}, false
	}
	r := Release{Version: v, Tag: tag, Name: title, Prerelease: v.Prerelease()}
	if d := dateForm.FindString(after); d != "" {
		d = strings.NewReplacer(".", "-", "/", "-", "年", "-", "月", "-").Replace(d)
		r.Date, _ = time.Parse("2006-1-2", d) // a date that is none leaves the zero time
	}
	return r, true
}

func unreleased(title string) bool {
	t := strings.ToLower(strings.Trim(title, "[]* "))
	return strings.HasPrefix(t, "unreleased") || strings.HasPrefix(t, "未发布") || t == "next" || t == "upcoming"
}
