package dify

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
)

//go:embed catalogue.json.gz
var packed []byte

// sizeLimit bounds what unpacking the embedded data may yield.
const sizeLimit = 16 << 20

// load decodes the embedded catalogue once, at the first call.
var load = sync.OnceValues(func() (*Catalogue, error) { return Decode(bytes.NewReader(packed)) })

// Load returns the embedded catalogue. It is shared and must not be changed.
func Load() (*Catalogue, error) { return load() }

// Decode reads a catalogue as [Catalogue.Encode] wrote it.
func Decode(r io.Reader) (*Catalogue, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("catalogue: %w", err)
	}
	var c Catalogue
	if err := json.NewDecoder(io.LimitReader(z, sizeLimit)).Decode(&c); err != nil {
		return nil, fmt.Errorf("catalogue: %w", err)
	}
	c.index()
	c.indexRoutes()
	return &c, nil
}

// Encode writes the catalogue as gzipped JSON.
func (c *Catalogue) Encode(w io.Writer) error {
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(z).Encode(c); err != nil {
		return err
	}
	return z.Close()
}

// indexRoutes prepares the look-up of routes. Their first segments are words.
func (c *Catalogue) indexRoutes() {
	c.byFirst = map[string][]indexed{}
	for i, route := range c.API {
		segments := split(route.Path)
		c.byFirst[segments[0]] = append(c.byFirst[segments[0]], indexed{i, segments})
	}
}

// index prepares the look-up of versions.
func (c *Catalogue) index() {
	c.order = make(map[string]int, len(c.Tags))
	for i, t := range c.Tags {
		c.order[t.Version] = i
	}
}

// Versions lists the known releases, oldest first.
func (c *Catalogue) Versions() []string {
	out := make([]string, len(c.Tags))
	for i, t := range c.Tags {
		out[i] = t.Version
	}
	return out
}

// Release returns the view of one release. A leading v is accepted.
func (c *Catalogue) Release(version string) (Release, bool) {
	at, ok := c.order[strings.TrimPrefix(version, "v")]
	return Release{c: c, at: at}, ok
}

// Newest returns the newest final release (no -rc, -beta or -alpha).
func (c *Catalogue) Newest() Release {
	for i := len(c.Tags) - 1; i >= 0; i-- {
		if !c.Tags[i].Pre {
			return Release{c: c, at: i}
		}
	}
	return Release{c: c, at: len(c.Tags) - 1}
}

// Revision looks up a database migration.
func (c *Catalogue) Revision(id string) (Revision, bool) {
	for _, r := range c.Revisions {
		if r.ID == id {
			return r, true
		}
	}
	return Revision{}, false
}

// position is where a version stands in the order: -1 for "" (before all), and
// for one that is not known the place that it would take.
func (c *Catalogue) position(version string) int {
	if version == "" {
		return -1
	}
	if i, ok := c.order[version]; ok {
		return i
	}
	if !IsVersion(version) {
		return len(c.Tags) // a branch, after the newest release
	}
	return lowerBound(c.Tags, version)
}

// lowerBound is the place of the first tag that is not older than a version.
func lowerBound(tags []Tag, version string) int {
	i, _ := slices.BinarySearchFunc(tags, version, func(t Tag, v string) int {
		if before(t.Version, v) {
			return -1
		}
		return 1
	})
	return i
}

// within reports whether release number at lies in [since, until]; an empty
// until means that it lasts.
func (c *Catalogue) within(at int, since, until string) bool {
	if until == "" {
		return c.position(since) <= at
	}
	last, known := c.order[until]
	if !known {
		last = c.position(until) - 1
	}
	return c.position(since) <= at && at <= last
}

// latest returns the index of the last entry of a history that is in force at
// a release, or -1. since yields the version of entry i.
func (c *Catalogue) latest(at, n int, since func(int) string) int {
	found := -1
	for i := range n {
		if c.position(since(i)) > at {
			break
		}
		found = i
	}
	return found
}
