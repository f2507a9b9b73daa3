package lockfile

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
	"github.com/dify-gate/dify-gate/gate/internal/lockfile"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// advisoriesPath is npm's endpoint for many packages at once, below a
// registry: POST {name: [versions]}, answered by {name: [advisory]}.
const advisoriesPath = "/-/npm/v1/security/advisories/bulk"

// advisory is what a registry says of versions of a package.
type advisory struct {
	Title      string `json:"title"`
	URL        string `json:"url"`
	Severity   string `json:"severity"` // info, low, moderate, high, critical
	Vulnerable string `json:"vulnerable_versions"`
}

// askAdvisories asks each registry that the file names for the advisories on
// the locked versions.
func askAdvisories(ctx context.Context, env *check.Env, at place, file *lockfile.File) ([]gate.Finding, error) {
	asked := map[string]map[string][]string{}
	for _, p := range file.Packages {
		base := registryOf(p)
		if base == "" {
			continue
		}
		if asked[base] == nil {
			asked[base] = map[string][]string{}
		}
		if !slices.Contains(asked[base][p.Name], p.Version) {
			asked[base][p.Name] = append(asked[base][p.Name], p.Version)
		}
	}
	if len(asked) == 0 && len(file.Packages) > 0 {
		return nil, fmt.Errorf("advisories: the lockfile names no registry of npm's protocol that could be asked")
	}
	var out []gate.Finding
	for _, base := range slices.Sorted(maps.Keys(asked)) {
		known, err := postAdvisories(ctx, env, base, asked[base])
		if err != nil {
			return out, fmt.Errorf("the registry's advisories could not be asked: %w", err)
		}
		found, err := at.advised(file, base, known)
		if out = append(out, found...); err != nil {
			return out, err
		}
	}
	return out, nil
}

// registryOf is the address of the registry that an entry was fetched from.
func registryOf(p lockfile.Package) string {
	u, err := url.Parse(registryEntry(p))
	if err != nil || u.Host == "" {
		return ""
	}
	base, ok := strings.CutSuffix(u.Path, "/"+p.Name+"/"+p.Version)
	if !ok {
		return "" // an alias: the name in the address is another
	}
	u.Path = base
	return u.String()
}

// postAdvisories sends names and versions to a registry and returns its
// advisories by package name.
func postAdvisories(ctx context.Context, env *check.Env, base string, packages map[string][]string) (map[string][]advisory, error) {
	body, err := json.Marshal(packages)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+advisoriesPath, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	a, err := probe.Exchange(ctx, env.Network, req, false)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", gate.RedactURL(base), probe.Classify(err).Text)
	}
	var known map[string][]advisory
	if a.Status != http.StatusOK || a.Cut || json.Unmarshal(a.Body, &known) != nil {
		return nil, fmt.Errorf("%s: status %d, want the advisories as JSON of at most %d bytes", gate.RedactURL(base), a.Status, probe.MaxBody)
	}
	return known, nil
}

// advised makes the findings of one registry's advisories.
func (at place) advised(file *lockfile.File, base string, known map[string][]advisory) ([]gate.Finding, error) {
	var out []gate.Finding
	for _, p := range file.Packages {
		if registryOf(p) != base {
			continue
		}
		for _, a := range known[p.Name] {
			affected, err := inNPMRange(p.Version, a.Vulnerable)
			if err != nil {
				return out, fmt.Errorf("advisories: %s: %w", p.Name, err)
			}
			if !affected {
				continue
			}
			f := at.finding(ruleAdvisory,
				fmt.Sprintf("%s %s: %s (%s), expected a version outside of %s", p.Name, p.Version, quote.Clip(a.Title), quote.Clip(a.Severity), quote.Clip(a.Vulnerable)),
				"update it with the package manager, or waive the finding with the reason why the flaw does not affect you", p.Line, p.Column)
			f.URL, f.Subject = advisoryLink(a.URL), p.Name+" "+a.URL
			if a.Severity != "high" && a.Severity != "critical" {
				f.Severity = gate.Warning
			}
			out = append(out, f)
		}
	}
	return out, nil
}

// advisoryLink is an advisory's address when it is an https one, else "": no other
// goes into reports.
func advisoryLink(raw string) string {
	if u, err := url.Parse(raw); err != nil || u.Scheme != "https" || u.Host == "" {
		return ""
	}
	return raw
}

var operatorBlank = lazyregexp.New(`([<>=]+)\s+`)

// inNPMRange reports whether a version is in a range as advisories write them:
// alternatives between ||, comparisons between blanks, or *.
func inNPMRange(version, text string) (bool, error) {
	for _, part := range strings.Split(text, "||") {
		words := strings.Fields(operatorBlank().ReplaceAllString(part, "$1"))
		if len(words) == 0 || len(words) == 1 && words[0] == "*" {
			return true, nil
		}
		inside := true
		for _, w := range words {
			if strings.Trim(w, "<>=.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-+") != "" {
				return false, fmt.Errorf("range %q of an advisory cannot be read, want comparisons", quote.Clip(text))
			}
			inside = inside && check.Satisfies(version, w)
		}
		if inside {
			return true, nil
		}
	}
	return false, nil
}
