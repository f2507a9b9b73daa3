package routing

import (
	"strings"
	"testing"
)

func TestSegments(t *testing.T) {
	for _, tt := range []struct {
		path  string
		merge bool
		want  string
		ok    bool
	}{
		{"/a/./b/../c", true, "/a/c", true},
		{"/a//b", true, "/a/b", true},
		{"/a//b", false, "/a//b", true},
		{"/a/..", true, "/", true},
		{"/a/.", true, "/a/", true},
		{"/..", true, "", false},
		{"/a/../../b", false, "", false},
	} {
		if got, ok := Segments(tt.path, tt.merge); got != tt.want || ok != tt.ok {
			t.Errorf("Segments(%q, %v) = %q, %v, want %q, %v", tt.path, tt.merge, got, ok, tt.want, tt.ok)
		}
	}
	if c := Unhex('4', 'f'); c != 'O' || !IsHex('F') || IsHex('g') {
		t.Errorf("%%4f is %q", c)
	}
}

// A look-ahead behind a fixed text is followed; one that may stand anywhere is
// not known.
func TestLookAhead(t *testing.T) {
	for _, tt := range []struct {
		pattern string
		fold    bool
		text    string
		known   bool
		want    string // the groups, "-" for no match
	}{
		{"^/(?!api|v1)", false, "/v1/x", true, "-"},
		{"^/(?!api|v1)", false, "/apps", true, "/"},
		{"^/(?!api|v1)(.*)$", false, "/apps/x", true, "/apps/x apps/x"},
		{"^/(?!V1)", true, "/v1", true, "-"},
		{"^/(?=v1/)v1(.*)", false, "/v1/x", true, "/v1/x /x"},
		{"^/(?=v1/)v1(.*)", false, "/v1x", true, "-"},
		{"^/(?![)]x|\\)y)z", false, "/z", true, "/z"},
		{"^/(?!(a|b))", false, "/c", false, "-"},
		{"^/(?!v1)?x", false, "/x", false, "-"},
		{"^/(?!v1)a|b", false, "/b", false, "-"},
		{"^/(?!v1)(?:a|b)", false, "/b", true, "/b"},
		{"^/.*(?!v1)", false, "/c", false, "-"},
		{"x(?!v1)", false, "/x", false, "-"},
		{"^/(?<!v1)", false, "/c", false, "-"},
	} {
		p, err := Compile(tt.pattern, tt.fold)
		if err != nil {
			t.Fatal(err)
		}
		got := "-"
		if m := p.Match(tt.text); m != nil {
			got = strings.Join(m, " ")
		}
		if p.Known() != tt.known || got != tt.want {
			t.Errorf("%s on %s: known %v, %q, want %v, %q", tt.pattern, tt.text, p.Known(), got, tt.known, tt.want)
		}
	}
}
