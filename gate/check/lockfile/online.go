package lockfile

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/tidwall/gjson"
	"golang.org/x/sync/errgroup"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/lockfile"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// onlineAtOnce is how many registry requests run at a time.
const onlineAtOnce = 8

// compareOnline asks the registry that an entry was fetched from for its hash
// of that version: GET /NAME/VERSION, dist.integrity (npm's registry protocol).
// Entries without an address name no registry and are left out.
func compareOnline(ctx context.Context, env *check.Env, at place, file *lockfile.File) ([]gate.Finding, error) {
	findings := make([]*gate.Finding, len(file.Packages))
	errs := make([]error, len(file.Packages))
	var group errgroup.Group
	group.SetLimit(onlineAtOnce)
	for i, p := range file.Packages {
		address := registryEntry(p)
		if address == "" || p.Algorithm == "" {
			continue
		}
		group.Go(func() error {
			findings[i], errs[i] = compareEntry(ctx, env, at, p, address)
			return nil
		})
	}
	_ = group.Wait()
	var out []gate.Finding
	for i := range findings {
		if errs[i] != nil {
			return out, fmt.Errorf("the registry could not be asked: %w", errs[i])
		}
		if findings[i] != nil {
			out = append(out, *findings[i])
		}
	}
	return out, nil
}

// registryEntry is the address of the version's entry: a tarball lies below
// the package's own address, behind "/-/".
func registryEntry(p lockfile.Package) string {
	u, err := url.Parse(p.Resolved)
	if err != nil || p.Source != lockfile.Registry || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	base, _, ok := strings.Cut(u.Path, "/-/")
	if !ok {
		return ""
	}
	u.Path, u.RawPath, u.RawQuery, u.Fragment = base+"/"+p.Version, "", "", ""
	return u.String()
}

// compareEntry compares an entry's hash with the registry's; nil when they agree.
func compareEntry(ctx context.Context, env *check.Env, at place, p lockfile.Package, address string) (*gate.Finding, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	a, err := probe.Exchange(ctx, env.Network, req, true)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", p.Name, probe.Classify(err).Text)
	}
	if a.Status != http.StatusOK || !json.Valid(a.Body) {
		return nil, fmt.Errorf("%s %s: status %d, want its entry as JSON", p.Name, p.Version, a.Status)
	}
	registry := gjson.GetBytes(a.Body, "dist.integrity").Str
	if registry == "" || sharesHash(p.Integrity, registry) {
		return nil, nil
	}
	f := at.finding(ruleIntegrityWrong,
		fmt.Sprintf("%s %s: the lockfile's hash is not the registry's", p.Name, p.Version),
		"do not install; find out which of the two is right", p.Line, p.Column)
	return &f, nil
}

// sharesHash reports whether two lists of hashes have one in common, or none of
// the same algorithm, so that they cannot be compared.
func sharesHash(a, b string) bool {
	comparable := false
	for _, x := range strings.Fields(a) {
		for _, y := range strings.Fields(b) {
			algorithmX, _, _ := strings.Cut(x, "-")
			algorithmY, _, _ := strings.Cut(y, "-")
			if algorithmX == algorithmY {
				comparable = true
				if x == y {
					return true
				}
			}
		}
	}
	return !comparable
}
