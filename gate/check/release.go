package check

import "github.com/dify-gate/dify-gate/gate/dify"

// release returns the catalogue's release that stands for the target; ok is
// false when there is no target or none can stand for it.
func (e *Env) release() (r knownRelease, ok bool) {
	_, _, r, _, err := e.upgradeReleases()
	return r, err == nil
}

// minimum is the version that an entry asks for, or else the one that the
// target release wants of the product.
func (e *Env) minimum(product, given string) minimum {
	if given != "" {
		return minimum{version: given}
	}
	var m dify.Minimum
	r, ok := e.release()
	if ok {
		m, ok = r.Minimum(product)
	}
	if !ok {
		return minimum{}
	}
	return minimum{version: m.Version, by: "for Dify " + e.To}
}
