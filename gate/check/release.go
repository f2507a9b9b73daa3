package check

import (
	"github.com/dify-gate/dify-gate/gate/dify"
)

// release returns the catalogue at the target version, or at the newest that
// it knows when the target is newer. exact tells which of the two it is; ok is
// false when there is no target or the catalogue cannot be read.
func (e *Env) release() (r dify.Release, exact, ok bool) {
	if e.To == "" {
		return dify.Release{}, false, false
	}
	catalogue, err := dify.Load()
	if err != nil {
		return dify.Release{}, false, false
	}
	if r, exact = catalogue.Release(e.To); !exact {
		r = catalogue.Newest()
	}
	return r, exact, true
}

// minimum is the version that an entry asks for, or else the one that the
// target release wants of the product.
func (e *Env) minimum(product, given string) minimum {
	if given != "" {
		return minimum{version: given}
	}
	r, _, ok := e.release()
	if !ok {
		return minimum{}
	}
	m, ok := r.Minimum(product)
	if !ok {
		return minimum{}
	}
	return minimum{version: m.Version, by: "for Dify " + e.To}
}
