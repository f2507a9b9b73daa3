package changelog

import (
	"slices"
	"testing"
)

// TestTagsOfSeveralThings: a repository of charts releases several, and only
// those of the one that is asked for are read.
func TestTagsOfSeveralThings(t *testing.T) {
	t.Parallel()
	var releases []Release
	for _, tag := range []string{"dify-0.40.0", "other-0.40.0", "dify-0.39.0", "other-0.39.5", "v0.38.0"} {
		v, err := ParseTag(tag)
		if err != nil {
			t.Fatal(err)
		}
		releases = append(releases, Release{Tag: tag, Version: v})
	}
	for _, c := range []struct {
		name, to, want string
		tags           []string
	}{
		{"", "0.40.0", "dify", []string{"dify-0.40.0", "dify-0.39.0"}},
		{"other", "0.40.0", "other", []string{"other-0.40.0", "other-0.39.5"}},
		{"", "0.39.5", "other", []string{"other-0.40.0", "other-0.39.5"}},
		{"", "0.38.0", "", []string{"v0.38.0"}},
	} {
		kept, name := OfProduct(releases, c.name, mustVersion(t, c.to))
		var tags []string
		for _, r := range kept {
			tags = append(tags, r.Tag)
		}
		if name != c.want || !slices.Equal(tags, c.tags) {
			t.Errorf("%q up to %s: %v of %q, want %v of %q", c.name, c.to, tags, name, c.tags, c.want)
		}
	}
}

// TestNeighbours: the notes of the chart and of the daemon are not Dify's; a
// mirror of Dify is, under any name.
func TestNeighbours(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ tag, url, source, want string }{
		{"1.2.0", "https://github.com/langgenius/dify/releases/tag/1.2.0", "github:langgenius/dify", ""},
		{"0.6.1", "https://github.com/langgenius/dify-plugin-daemon/releases/tag/0.6.1", "notes.json", "dify-plugin-daemon"},
		{"0.6.1", "", "github:langgenius/dify-plugin-daemon", "dify-plugin-daemon"},
		{"dify-0.40.0", "", "charts.json", "dify"},
		{"1.2.0", "https://git.example.org/ops/dify-helm/-/releases/1.2.0", "x.json", "dify-helm"},
		{"1.2.0", "https://git.example.org/ops/mirror/-/releases/1.2.0", "x.json", ""},
		{"v1.2.0", "", "CHANGELOG.md", ""},
		{"release-1.2.0", "", "CHANGELOG.md", ""},
	} {
		if got := Neighbour([]Release{{Tag: c.tag, URL: c.url}}, c.source); got != c.want {
			t.Errorf("%+v: neighbour %q, want %q", c, got, c.want)
		}
	}
}
