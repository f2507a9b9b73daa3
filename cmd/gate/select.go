package main

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
)

// leftOut begins the reason of a check that a selection took out of the run.
const leftOut = "left out: "

// selection is what of the checks a run carries out.
type selection struct {
	phase      gate.Phase
	only, skip []string
}

// selections are applied one after the other: each leaves out more of the checks,
// and none brings one back.
type selections []selection

// apply is selection.apply for all of them.
func (ss selections) apply(checks []gate.Check) (all []gate.Check, partial bool, err error) {
	for _, s := range ss {
		left := false
		if checks, left, err = s.apply(checks); err != nil {
			return nil, false, err
		}
		partial = partial || left
	}
	return checks, partial, nil
}

// checkPattern refuses a glob that is none.
func checkPattern(s string) error {
	if _, err := path.Match(s, ""); err != nil || strings.TrimSpace(s) == "" {
		return fmt.Errorf("%q: want a glob over kind, name or rule, like http or proxy/*", s)
	}
	return nil
}

// apply marks what is left out with the reason, and drops the needs that point
// to it: what nobody looked at has not failed. A rule that is left out of checks
// that report others too is listed as an entry of its own. It reports whether
// anything was left out, and refuses a pattern of --only that names nothing.
func (s selection) apply(checks []gate.Check) (all []gate.Check, partial bool, err error) {
	for _, pattern := range s.only {
		if !slices.ContainsFunc(checks, func(c gate.Check) bool { return named(pattern, c) }) {
			return nil, false, usage("--only %q: no check has that kind, name or rule, want one of %s", pattern, strings.Join(kindsOf(checks), ", "))
		}
	}
	left := map[string]bool{}
	var rules []gate.Check
	for i := range checks {
		reason := s.reason(checks[i])
		if reason == "" {
			rules = append(rules, s.leaveRulesOut(&checks[i])...)
			continue
		}
		left[checks[i].Name] = true
		// Whoever leaves a check out does so whatever else would skip it.
		if !strings.HasPrefix(checks[i].Skip, leftOut) {
			checks[i].Skip, checks[i].LeftOut = reason, true
		}
	}
	for i := range checks {
		checks[i].Needs = slices.DeleteFunc(slices.Clone(checks[i].Needs), func(n string) bool { return left[n] })
	}
	return appendUnique(checks, rules), len(left)+len(rules) > 0, nil
}

// reason says why a check is not part of the run, "" when it is.
func (s selection) reason(c gate.Check) string {
	if s.phase != gate.PhaseAll && c.Phase != s.phase {
		return leftOut + "--phase " + string(s.phase)
	}
	if len(s.only) > 0 && !slices.ContainsFunc(s.only, func(pattern string) bool { return named(pattern, c) }) {
		return leftOut + "--only " + strings.Join(s.only, ", ")
	}
	for _, pattern := range s.skip {
		every := len(c.Rules) > 0 && !slices.ContainsFunc(c.Rules, func(rule string) bool { return !glob(pattern, rule) })
		if glob(pattern, c.Kind) || glob(pattern, c.Name) || every {
			return leftOut + "--skip " + pattern
		}
	}
	return ""
}

// leaveRulesOut takes the rules that --skip names from a check that has others
// as well, and returns an entry for each.
func (s selection) leaveRulesOut(c *gate.Check) []gate.Check {
	var out []gate.Check
	dropped := map[string]bool{}
	for _, rule := range c.Rules {
		for _, pattern := range s.skip {
			if glob(pattern, rule) && !dropped[rule] {
				dropped[rule] = true
				out = append(out, gate.Check{Kind: c.Kind, Name: rule, Phase: c.Phase, Rules: []string{rule}, Skip: leftOut + "--skip " + pattern})
			}
		}
	}
	if len(dropped) == 0 {
		return nil
	}
	run := c.Run
	c.Run = func(ctx context.Context) gate.Result {
		res := run(ctx)
		res.Findings = slices.DeleteFunc(slices.Clone(res.Findings), func(f gate.Finding) bool { return dropped[f.Rule] })
		return res
	}
	return out
}

// appendUnique adds the entries whose names no check has yet.
func appendUnique(checks, more []gate.Check) []gate.Check {
	taken := map[string]bool{}
	for _, c := range checks {
		taken[c.Name] = true
	}
	for _, c := range more {
		if !taken[c.Name] {
			taken[c.Name] = true
			checks = append(checks, c)
		}
	}
	return checks
}

// named reports whether a pattern names the check by kind, name or rule.
func named(pattern string, c gate.Check) bool {
	return glob(pattern, c.Kind) || glob(pattern, c.Name) ||
		slices.ContainsFunc(c.Rules, func(rule string) bool { return glob(pattern, rule) })
}

// glob matches without case; a * also spans slashes, since names are URLs often.
func glob(pattern, s string) bool {
	flat := func(s string) string { return strings.ReplaceAll(strings.ToLower(s), "/", "\x00") }
	ok, err := path.Match(flat(pattern), flat(s))
	return err == nil && ok
}

func kindsOf(checks []gate.Check) []string {
	var kinds []string
	for _, c := range checks {
		kinds = append(kinds, c.Kind)
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}
