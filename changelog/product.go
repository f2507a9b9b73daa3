package changelog

import (
	"slices"
	"strings"
)

// A repository may release several things, and a source may be that of a
// neighbour of Dify's: its chart, its plugin daemon. Their versions are their
// own, so that nothing that is known of Dify's releases holds for them.

// OfProduct keeps the releases of one thing: those whose tags bear name, or,
// without a name, those of the thing that has a release to; Dify's win over
// others. It returns the name.
func OfProduct(releases []Release, name string, to Version) ([]Release, string) {
	if name == "" {
		name = productOf(releases, to)
	}
	var kept []Release
	for _, r := range releases {
		if r.product() == name {
			kept = append(kept, r)
		}
	}
	return kept, name
}

// product is the name that the release's tag bears.
func (r Release) product() string {
	name, _, err := SplitTag(r.Tag)
	if err != nil {
		return ""
	}
	return name
}

// productOf is the name of the thing that has a release of a version; "" when
// there is one without a name, or none.
func productOf(releases []Release, to Version) string {
	var names []string
	for _, r := range releases {
		if r.Version.Compare(to) == 0 {
			names = append(names, r.product())
		}
	}
	for _, first := range []string{"", "dify"} {
		if len(names) == 0 || slices.Contains(names, first) {
			return first
		}
	}
	return names[0]
}

// Neighbour names what releases are of when that is not Dify itself: the name in
// their tags, or the repository that their pages are of.
func Neighbour(releases []Release, source string) string {
	for _, r := range releases {
		if name := r.product(); name != "" {
			return name
		}
		if name := neighbourly(repositoryOf(r.URL)); name != "" {
			return name
		}
	}
	repository, _ := strings.CutPrefix(source, "github:")
	return neighbourly(repository)
}

// repositoryOf is OWNER/REPO of the address of a release's page.
func repositoryOf(page string) string {
	before, _, ok := strings.Cut(page, "/releases/")
	if !ok {
		return ""
	}
	parts := strings.Split(strings.TrimSuffix(before, "/-"), "/")
	if len(parts) < 2 {
		return ""
	}
	return strings.Join(parts[len(parts)-2:], "/")
}

// neighbourly is a repository's name when it is one of Dify's makers beside Dify
// itself, or one that says to be a chart, a daemon or a sandbox. A repository of
// another owner may be a mirror of Dify under any name.
func neighbourly(repository string) string {
	owner, name, ok := strings.Cut(repository, "/")
	if !ok {
		return ""
	}
	lower := strings.ToLower(name)
	if strings.EqualFold(owner, "langgenius") && lower != "dify" {
		return name
	}
	for _, word := range []string{"helm", "chart", "plugin-daemon", "sandbox"} {
		if strings.Contains(lower, word) {
			return name
		}
	}
	return ""
}
