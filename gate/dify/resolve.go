package dify

import (
	"errors"
	"fmt"
	"strings"
)

// Known is the release that a version is looked up at.
type Known struct {
	Release
	// Exact: the catalogue has this very version. Otherwise another release is
	// used instead, and Note says which and why: nothing may be demanded of a
	// deployment by it.
	Exact bool
	Note  string
}

// Resolve finds the release for a version: itself; for one newer than the
// catalogue the newest known; for one in between the nearest older one.
func (c *Catalogue) Resolve(version string) (Known, error) {
	if r, ok := c.Release(version); ok {
		return Known{Release: r, Exact: true}, nil
	}
	if len(c.Tags) == 0 {
		return Known{}, errors.New("the catalogue is empty")
	}
	plain := strings.TrimPrefix(version, "v")
	if !IsVersion(plain) {
		return Known{}, fmt.Errorf("version %q, want one like %s", version, c.Newest().Version())
	}
	at := lowerBound(c.Tags, plain) - 1
	for at >= 0 && c.Tags[at].Pre && !isPre(plain) {
		at--
	}
	if at < 0 {
		first := Release{c: c, standIn: true}
		return Known{Release: first, Note: fmt.Sprintf("%s is older than the catalogue: the oldest known release, %s, is used instead", version, first.Version())}, nil
	}
	k := Known{Release: Release{c: c, at: at, standIn: true}}
	k.Note = fmt.Sprintf("%s is not in the catalogue: the release before it, %s, is used instead", version, k.Version())
	if k.Version() == c.Newest().Version() {
		k.Note = fmt.Sprintf("%s is newer than the catalogue: the newest known release, %s, is used instead", version, k.Version())
	}
	return k, nil
}

// Learned lists the releases whose facts are not built in.
func (c *Catalogue) Learned() []Tag {
	var out []Tag
	for _, t := range c.Tags {
		if t.Learned != "" {
			out = append(out, t)
		}
	}
	return out
}

// Layer lays facts over a catalogue, in their order: of several of one release
// the last one counts. c itself is left as it is.
func (c *Catalogue) Layer(facts ...*Facts) (*Catalogue, error) {
	for _, f := range facts {
		next, err := c.With(f)
		if err != nil {
			return nil, err
		}
		c = next
	}
	return c, nil
}
