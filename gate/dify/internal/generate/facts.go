package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/dify-gate/dify-gate/gate/dify"
)

// facts is the hand-written file.
type facts struct {
	Queues   []dify.Queue   `json:"queues"`
	Minimums []dify.Minimum `json:"minimums"`
	Pairs    []dify.Pair    `json:"pairs"`
	// Secrets name variables; their published values are taken from the env
	// examples and compose files of all releases.
	Secrets []dify.Secret `json:"secrets"`
	// Published are values of releases whose files could not be read.
	Published []dify.Secret `json:"published"`
	Steps     []dify.Step   `json:"steps"`
	Probes    []dify.Probe  `json:"probes"`
}

func addFacts(c *dify.Catalogue, path string, env envHistory) error {
	src, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var f facts
	d := json.NewDecoder(bytes.NewReader(src))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	c.QueueSpans, c.MinimumSpans, c.PairSpans, c.StepList, c.ProbeSpans = f.Queues, f.Minimums, f.Pairs, f.Steps, f.Probes
	c.SecretSums = append(c.SecretSums, f.Published...)
	for _, s := range f.Secrets {
		sums := sumsOf(env.values[s.Name], s.Embedded)
		if len(sums) == 0 {
			return fmt.Errorf("%s: secret %s has no published value", path, s.Name)
		}
		for _, sum := range sums {
			s.Sum = sum
			c.SecretSums = append(c.SecretSums, s)
		}
	}
	return nil
}

// sumsOf lists the sums of all values that were ever published.
func sumsOf(values map[string]bool, embedded bool) []string {
	set := map[string]bool{}
	for value := range values {
		if embedded {
			value = dify.PasswordOf(value)
		}
		if value != "" {
			set[dify.Sum(value)] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}
