package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"github.com/dify-gate/dify-gate/gate/dify"
)

// judged is the hand-written file: what no file of a release says.
type judged struct {
	// Queues are those that a worker need not consume in every deployment; the
	// release is that of the facts.
	Queues []dify.Queue `json:"queues"`
	// Revisions are migrations that were seen after the newest release.
	Revisions []seen         `json:"revisions"`
	Minimums  []dify.Minimum `json:"minimums"`
	Pairs     []dify.Pair    `json:"pairs"`
	// Secrets name variables; their published values are those of all releases.
	Secrets []dify.Secret `json:"secrets"`
	// Published are values of releases whose files could not be read.
	Published []dify.Secret `json:"published"`
	Steps     []dify.Step   `json:"steps"`
	Probes    []dify.Probe  `json:"probes"`
}

// seen is a migration and where it was seen.
type seen struct {
	dify.Revision
	Source string `json:"source"`
}

// pack makes the catalogue: the hand-written facts, and over them the releases
// one by one, oldest first.
func pack(releases []*dify.Facts, path string) (*dify.Catalogue, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var j judged
	d := json.NewDecoder(bytes.NewReader(src))
	d.DisallowUnknownFields()
	if err := d.Decode(&j); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	c := &dify.Catalogue{QueueSpans: j.Queues, PairSpans: j.Pairs, StepList: j.Steps, ProbeSpans: j.Probes, SecretSums: j.Published}
	for _, r := range j.Revisions {
		c.Revisions = append(c.Revisions, r.Revision)
	}
	for _, f := range releases {
		plain := *f
		plain.Secrets = nil // which of them count is judged, see below
		if c, err = c.With(&plain); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Version, err)
		}
	}
	c.MinimumSpans = j.Minimums
	for _, s := range j.Secrets {
		sums := published(releases, s)
		if len(sums) == 0 {
			return nil, fmt.Errorf("%s: secret %s has no published value", path, s.Name)
		}
		for _, sum := range sums {
			s.Sum = sum
			c.SecretSums = append(c.SecretSums, s)
		}
	}
	return c, nil
}

// published lists the sums of all values that a variable was ever shipped with.
// Of a URL only its password counts.
func published(releases []*dify.Facts, secret dify.Secret) []string {
	var out []string
	for _, f := range releases {
		for _, s := range f.Secrets {
			if s.Name == secret.Name && s.Embedded == secret.Embedded {
				out = append(out, s.Sum)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
