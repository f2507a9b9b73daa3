package changelog

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

const (
	maxPages = 20
	maxPage  = 32 << 20
)

type gitHub struct {
	repository string
	api        *url.URL
	fetch      *fetcher
}

func newGitHub(repository string, fetch *fetcher) (Source, error) {
	if !repositoryForm.MatchString(repository) {
		return nil, &InputError{Place: "changelog", Err: fmt.Errorf("%q is no repository, want github:OWNER/REPO", repository)}
	}
	api, err := url.Parse(strings.TrimRight(fetch.options.API, "/"))
	if err != nil || api.Host == "" || (api.Scheme != "http" && api.Scheme != "https") {
		return nil, &InputError{Place: "changelog.api", Err: fmt.Errorf("%q is no http(s) URL", redact(fetch.options.API))}
	}
	return &gitHub{repository: repository, api: api, fetch: fetch}, nil
}

func (g *gitHub) String() string { return "github:" + g.repository }

// Load walks over the pages of the releases API, newest first, until the page
// that leads below need.From.
func (g *gitHub) Load(ctx context.Context, need Need) (Loaded, error) {
	next := g.api.String() + "/repos/" + g.repository + "/releases?per_page=100"
	var loaded Loaded
	seen := map[string]bool{}
	for range maxPages {
		seen[next] = true
		page, err := g.fetch.get(ctx, next, maxPage, true)
		if err != nil {
			return Loaded{}, unreachable(g.String(), err)
		}
		if !looksLikeJSON(page.Body) {
			return Loaded{}, unreachable(g.String(), errors.New("the answer is no JSON, want GitHub's releases API (changelog.api)"))
		}
		releases, err := DecodeReleases(g.String(), page.Body)
		if err != nil {
			return Loaded{}, unreachable(g.String(), err)
		}
		loaded.Releases = append(loaded.Releases, releases...)
		if page.cached != "" {
			loaded.Cached, loaded.Age = page.cached, max(loaded.Age, page.age)
		}
		if next, err = g.nextPage(page.Link); err != nil {
			return Loaded{}, unreachable(g.String(), err)
		}
		if next == "" || enough(releases, need) {
			return loaded, nil
		}
		if seen[next] {
			return Loaded{}, unreachable(g.String(), errors.New("the pages of releases lead in a circle"))
		}
	}
	return Loaded{}, unreachable(g.String(), fmt.Errorf("more than %d pages of releases", maxPages))
}

// enough tells whether the page ends below from. Pages are ordered by date;
// back-ports of an older line (0.15.8) stand among releases of a newer one, so
// a path across major versions needs all pages.
func enough(page []Release, need Need) bool {
	if need.From.IsZero() || need.To.IsZero() || need.From.core.Segments64()[0] != need.To.core.Segments64()[0] {
		return false
	}
	below := false
	for _, r := range page {
		up := r.Version.Compare(need.From) > 0
		if below && up && !r.Version.Prerelease() {
			below = false
		}
		below = below || !up
	}
	return below
}

var nextForm = expr(`<([^<>]+)>\s*;[^,]*\brel="?next"?`)

// nextPage reads the Link header; a page on another host is refused, since the
// token would go there.
func (g *gitHub) nextPage(link string) (string, error) {
	m := nextForm.FindStringSubmatch(link)
	if m == nil {
		return "", nil
	}
	u, err := g.api.Parse(m[1])
	if err != nil || u.Host != g.api.Host || u.Scheme != g.api.Scheme {
		return "", fmt.Errorf("the next page is on another host, want it on %s", g.api.Host)
	}
	return u.String(), nil
}
