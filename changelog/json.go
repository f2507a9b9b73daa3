package changelog

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// maxJSONDepth is far above what releases need; gjson and encoding/json
// recurse, so the depth is measured before they see the text.
const maxJSONDepth = 64

// DecodeReleases reads GitHub's releases JSON, or GitLab's (`description` in
// place of `body`): an array of releases, one release, or an array of such
// arrays (as `gh api --paginate --slurp` writes them). Releases whose tag is no
// version are left out. A release of a version without a body, or with one of
// another type, is an error: its notes were not read.
func DecodeReleases(file string, text []byte) ([]Release, error) {
	if depth := jsonDepth(text); depth > maxJSONDepth {
		return nil, fmt.Errorf("JSON nested deeper than %d, want GitHub's releases", maxJSONDepth)
	}
	if !json.Valid(text) {
		return nil, fmt.Errorf("broken JSON%s, want GitHub's releases", jsonPlace(text))
	}
	root := gjson.ParseBytes(text)
	if root.IsObject() && !root.Get("tag_name").Exists() && root.Get("releases").IsArray() {
		root = root.Get("releases")
	}
	var releases []Release
	var wrong error
	add := func(r gjson.Result) bool {
		release, ok, err := decodeRelease(file, r)
		if ok {
			releases = append(releases, release)
		}
		wrong = err
		return err == nil
	}
	switch {
	case root.IsObject():
		add(root)
	case root.IsArray():
		root.ForEach(func(_, r gjson.Result) bool {
			if r.IsArray() {
				r.ForEach(func(_, inner gjson.Result) bool { return add(inner) })
				return wrong == nil
			}
			return add(r)
		})
	default:
		return nil, errors.New("JSON that is neither an array nor an object, want GitHub's releases")
	}
	if root.IsObject() && len(releases) == 0 && !root.Get("tag_name").Exists() {
		return nil, errors.New("an object without tag_name, want GitHub's releases")
	}
	return releases, wrong
}

// decodeRelease reads one release object; fields of another type than the body
// count as absent.
func decodeRelease(file string, r gjson.Result) (release Release, ok bool, err error) {
	if !r.IsObject() {
		return Release{}, false, nil
	}
	text := func(key string) string {
		if v := r.Get(key); v.Type == gjson.String {
			return v.String()
		}
		return ""
	}
	tag := text("tag_name")
	v, err := ParseTag(tag)
	if err != nil {
		return Release{}, false, nil
	}
	body, key, err := releaseBody(r)
	if err != nil {
		return Release{}, false, fmt.Errorf("release %s %w", tag, err)
	}
	release = Release{
		Version: v, Tag: tag, Name: text("name"), URL: cmp.Or(text("html_url"), r.Get("_links.self").String()),
		Draft:      r.Get("draft").Type == gjson.True,
		Prerelease: r.Get("prerelease").Type == gjson.True || r.Get("upcoming_release").Type == gjson.True || v.Prerelease(),
		Body:       strings.ToValidUTF8(body, "\ufffd"), File: file, Line: 1, JSON: true, Described: key == "description",
	}
	if release.URL != "" {
		release.File = release.URL // no line of the file holds its text
	}
	release.Date, _ = time.Parse(time.RFC3339, cmp.Or(text("published_at"), text("released_at"))) // absent or odd: the zero time
	return release, true, nil
}

// releaseBody is GitHub's `body` or GitLab's `description`, and which of them; null is
// an empty one.
func releaseBody(r gjson.Result) (body, key string, err error) {
	for _, key := range []string{"body", "description"} {
		switch v := r.Get(key); {
		case !v.Exists():
		case v.Type == gjson.String, v.Type == gjson.Null:
			return v.String(), key, nil
		default:
			return "", key, fmt.Errorf("has a %s that is no text, want its notes", key)
		}
	}
	return "", "", errors.New("has no body, want GitHub's releases (body) or GitLab's (description)")
}

// jsonDepth measures nesting without recursion, strings left aside.
func jsonDepth(text []byte) int {
	depth, deepest := 0, 0
	inString, escaped := false, false
	for _, c := range text {
		switch {
		case escaped:
			escaped = false
		case inString:
			escaped, inString = c == '\\', c != '"'
		case c == '"':
			inString = true
		case c == '[' || c == '{':
			depth++
			deepest = max(deepest, depth)
		case c == ']' || c == '}':
			depth--
		}
	}
	return deepest
}

// jsonPlace says where encoding/json stumbles, as " at line 3, column 7".
func jsonPlace(text []byte) string {
	var syntax *json.SyntaxError
	var v any
	if err := json.Unmarshal(text, &v); !errors.As(err, &syntax) {
		return ""
	}
	at := min(int(syntax.Offset), len(text))
	line := 1 + bytes.Count(text[:at], []byte{'\n'})
	return fmt.Sprintf(" at line %d, column %d", line, at-bytes.LastIndexByte(text[:at], '\n')-1)
}

// looksLikeJSON tells releases JSON from Markdown that starts with a link.
func looksLikeJSON(text []byte) bool {
	p := bytes.TrimLeft(text, " \t\r\n")
	if len(p) == 0 {
		return false
	}
	second := bytes.TrimLeft(p[1:], " \t\r\n")
	switch p[0] {
	case '[':
		return len(second) == 0 || second[0] == '{' || second[0] == '[' && !bytes.HasPrefix(second, []byte("[!")) && json.Valid(text) || second[0] == ']' && len(second) < 3
	case '{':
		return len(second) == 0 || second[0] == '"' || second[0] == '}'
	}
	return false
}
