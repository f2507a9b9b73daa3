package changelog

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	goversion "github.com/hashicorp/go-version"
)

// maxVersionLength bounds what ParseVersion looks at; go-version needs
// seconds for a version of a million segments.
const maxVersionLength = 128

// suffixClass orders what may follow the plain number.
type suffixClass int

const (
	suffixDev suffixClass = iota + 1
	suffixPreview
	suffixAlpha
	suffixBeta
	suffixCandidate
	suffixNone
	suffixPost // fix, hotfix, post, patch: newer than the plain number
)

var suffixWords = map[string]suffixClass{
	"dev": suffixDev, "snapshot": suffixDev, "nightly": suffixDev,
	"preview": suffixPreview, "pre": suffixPreview,
	"alpha": suffixAlpha, "a": suffixAlpha,
	"beta": suffixBeta, "b": suffixBeta,
	"rc": suffixCandidate, "c": suffixCandidate,
	"fix": suffixPost, "hotfix": suffixPost, "post": suffixPost, "patch": suffixPost,
}

var versionForm = expr(`^[vV]?(\d+(?:\.\d+){0,4})(?:[-.]?([A-Za-z](?:[0-9A-Za-z.-]*[0-9A-Za-z])?))?(?:\+([0-9A-Za-z.-]+))?$`)

// Version is a release number with Dify's order: 1.16.0-rc1 < 1.16.0 <
// 1.16.0-fix.1 < 1.16.1, numbers compared as numbers whether or not a dot
// stands before them (beta3 < beta10). The zero Version is no version.
//
// The order of fix releases is that of Dify's own tags (0.6.0-fix1 mends
// 0.6.0); SemVer and go-version alone would put them before.
type Version struct {
	text   string
	core   *goversion.Version
	class  suffixClass
	suffix []suffixPart
}

type suffixPart struct {
	word   string
	number int64
	isNum  bool
}

// ParseVersion reads "1.14.1", "v1.14", "1.10.1-fix.1", "0.10.0-beta3" or
// "1.9.0.1". Blanks around it, other words and more than 128 bytes are errors.
func ParseVersion(s string) (Version, error) {
	if len(s) > maxVersionLength {
		return Version{}, fmt.Errorf("version of %d bytes, want at most %d", len(s), maxVersionLength)
	}
	m := versionForm.FindStringSubmatch(s)
	if m == nil {
		return Version{}, fmt.Errorf("%q is no version, want something like 1.14.1 or 1.10.1-fix.1", s)
	}
	core, err := goversion.NewVersion(m[1])
	if err != nil {
		return Version{}, fmt.Errorf("%q is no version: a number in it is too large", s)
	}
	v := Version{text: strings.TrimLeft(s, "vV"), core: core, class: suffixNone}
	if m[2] == "" {
		return v, nil
	}
	parts, err := suffixParts(m[2])
	if err != nil {
		return Version{}, fmt.Errorf("%q is no version: %w", s, err)
	}
	class, known := suffixWords[parts[0].word]
	if !known {
		return Version{}, fmt.Errorf("%q is no version: suffix %q is not known, want alpha, beta, rc, preview, dev, fix, hotfix, post or patch", s, parts[0].word)
	}
	v.class, v.suffix = class, parts[1:]
	return v, nil
}

// ParseTag reads the version of a release's tag: a version as ParseVersion
// reads it, or one behind the name of what is released, as charts have it
// ("dify-0.40.0", "plugin-daemon/v0.6.14", "chart@1.2.3").
func ParseTag(tag string) (Version, error) {
	_, v, err := SplitTag(tag)
	return v, err
}

// SplitTag is ParseTag with the name of what is released, "" where the tag has
// none or only says that it is a release.
func SplitTag(tag string) (name string, v Version, err error) {
	tag = strings.TrimSpace(tag)
	v, err = ParseVersion(tag)
	if err == nil || len(tag) > maxVersionLength {
		return "", v, err
	}
	for i := 1; i < len(tag); i++ {
		if strings.IndexByte("-/@_", tag[i-1]) < 0 || !isDigit(rune(tag[i])) && tag[i] != 'v' {
			continue
		}
		name := strings.TrimRight(tag[:i-1], "-/@_")
		if strings.ContainsAny(name, "0123456789 ") && !strings.ContainsAny(name, "abcdefghijklmnopqrstuvwxyz") || !isLetterByte(tag[0]) {
			continue
		}
		if v, err := ParseVersion(tag[i:]); err == nil && strings.Contains(tag[i:], ".") {
			switch strings.ToLower(name) {
			case "release", "releases", "rel", "version", "ver":
				name = ""
			}
			return name, v, nil
		}
	}
	return "", Version{}, err
}

func isLetterByte(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// suffixParts cuts "beta10", "fix.1" or "preview-workflow.1" into words and numbers.
func suffixParts(s string) ([]suffixPart, error) {
	var parts []suffixPart
	for _, field := range strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == '.' || r == '-' }) {
		for field != "" {
			n := strings.IndexFunc(field, isDigit)
			switch {
			case n < 0:
				n = len(field)
				parts = append(parts, suffixPart{word: field})
			case n > 0:
				parts = append(parts, suffixPart{word: field[:n]})
			default:
				n = len(field) - len(strings.TrimLeftFunc(field, isDigit))
				number, err := strconv.ParseInt(field[:n], 10, 64)
				if err != nil {
					return nil, fmt.Errorf("number %s is too large", field[:n])
				}
				parts = append(parts, suffixPart{number: number, isNum: true})
			}
			field = field[n:]
		}
	}
	return parts, nil
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// String is the version without a leading v.
func (v Version) String() string { return v.text }

// IsZero tells whether v is no version at all.
func (v Version) IsZero() bool { return v.core == nil }

// Prerelease tells whether v comes before its plain number.
func (v Version) Prerelease() bool { return !v.IsZero() && v.class < suffixNone }

// Fix tells whether v mends its plain number, as 1.10.1-fix.1 does.
func (v Version) Fix() bool { return !v.IsZero() && v.class == suffixPost }

// SameCore tells whether v and w differ in their suffix only.
func (v Version) SameCore(w Version) bool {
	return !v.IsZero() && !w.IsZero() && v.core.Equal(w.core)
}

// SameLine tells whether v and w share major and minor number.
func (v Version) SameLine(w Version) bool {
	if v.IsZero() || w.IsZero() {
		return false
	}
	a, b := v.core.Segments64(), w.core.Segments64()
	return a[0] == b[0] && a[1] == b[1]
}

// Compare returns -1, 0 or 1 as v comes before, with or after w. The zero
// Version comes before all others.
func (v Version) Compare(w Version) int {
	switch {
	case v.IsZero() || w.IsZero():
		return cmp.Compare(boolInt(!v.IsZero()), boolInt(!w.IsZero()))
	case !v.core.Equal(w.core):
		return v.core.Compare(w.core)
	case v.class != w.class:
		return cmp.Compare(v.class, w.class)
	}
	for i := range max(len(v.suffix), len(w.suffix)) {
		if i >= len(v.suffix) || i >= len(w.suffix) {
			return cmp.Compare(len(v.suffix), len(w.suffix)) // fix < fix.1
		}
		if c := comparePart(v.suffix[i], w.suffix[i]); c != 0 {
			return c
		}
	}
	return 0
}

func comparePart(a, b suffixPart) int {
	if a.isNum != b.isNum {
		return cmp.Compare(boolInt(b.isNum), boolInt(a.isNum)) // numbers before words, as SemVer has it
	}
	if a.isNum {
		return cmp.Compare(a.number, b.number)
	}
	return cmp.Compare(a.word, b.word)
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
