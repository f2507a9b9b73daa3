package check

import (
	"slices"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/dotenv"
)

// Release returns the catalogue's release that stands for the target; ok is
// false when there is no target or none can stand for it.
func (e *Env) Release() (r dify.Known, ok bool) {
	u, err := e.UpgradePath()
	return u.To, err == nil
}

// Minimum is the version that an entry asks for, or else the one that the
// target release wants of the product.
func (e *Env) Minimum(product, given string) Minimum {
	if given != "" {
		return Minimum{Version: given}
	}
	var m dify.Minimum
	r, ok := e.Release()
	if ok {
		m, ok = r.Minimum(product)
	}
	if !ok {
		return Minimum{}
	}
	return Minimum{Version: m.Version, By: "for Dify " + e.To}
}

// TargetRelease is the release that the files are compared with: the target,
// that of the images, or the newest known.
func (e *Env) TargetRelease() (dify.Release, []string, error) {
	c, err := e.Facts()
	if err != nil {
		return dify.Release{}, nil, err
	}
	to := e.To
	if to == "" {
		to, _ = e.Target()
	}
	if to == "" {
		r := c.Newest()
		return r, []string{"no target version is known: the newest release of the catalogue, " + r.Version() + ", is used instead"}, nil
	}
	k, err := c.Resolve(to)
	if err != nil {
		return dify.Release{}, nil, err
	}
	if k.Note != "" {
		return k.Release, []string{k.Note}, nil
	}
	return k.Release, nil, nil
}

// Rendered are the variables that the nginx container's own entrypoint sets
// before it renders the templates (docker/nginx/docker-entrypoint.sh).
var Rendered = []string{"ACME_CHALLENGE_LOCATION", "HTTPS_CONFIG", "SSL_CERTIFICATE_PATH", "SSL_CERTIFICATE_KEY_PATH"}

// ShownDefault shows a default, never that of a secret.
func ShownDefault(name string, d dify.Default) string {
	if d.Sum == "" && dotenv.IsSecret(name, d.Text) {
		return "***"
	}
	return d.String()
}

// CatalogueState says which releases of the catalogue were used for the run's
// own.
func (e *Env) CatalogueState() gate.CatalogueState {
	s := gate.CatalogueState{StandIns: map[string]string{}, Learned: []string{}}
	builtin, err := dify.Load()
	if err != nil {
		return s
	}
	s.Newest = builtin.Newest().Version()
	c, err := e.Facts()
	if err != nil {
		return s
	}
	for _, version := range []string{e.From, e.To} {
		if version == "" {
			continue
		}
		k, err := c.Resolve(version)
		switch {
		case err != nil: // the checks say that it is no version
		case !k.Exact:
			s.StandIns[version] = k.Version()
		case k.Tag().Learned != "" && !slices.Contains(s.Learned, k.Version()):
			s.Learned = append(s.Learned, k.Version())
		}
	}
	s.Sources = e.Sources
	return s
}
