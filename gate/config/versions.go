package config

import (
	"fmt"
	"strings"

	"github.com/dify-gate/dify-gate/changelog"
)

// The words that upgrade.from takes besides a version: auto lets the gate find it by
// itself, base and git:REV read it from the operator's files at another commit.
const (
	auto = "auto"
	base = "base"
	git  = "git:"
)

// bound is one comparison of a range of versions.
type bound struct {
	operator string
	version  changelog.Version
}

// operators of a range, the longer ones first.
var operators = []string{">=", "<=", "!=", "==", ">", "<", "="}

// parseRange reads comparisons separated by commas, all of which have to hold:
// ">=1.13.1, <1.14". A bare version stands for itself.
func parseRange(s string) ([]bound, error) {
	var out []bound
	for part := range strings.SplitSeq(s, ",") {
		b := bound{operator: "="}
		part = strings.TrimSpace(part)
		for _, op := range operators {
			if rest, ok := strings.CutPrefix(part, op); ok {
				b.operator, part = op, strings.TrimSpace(rest)
				break
			}
		}
		v, err := changelog.ParseVersion(part)
		if err != nil {
			return nil, fmt.Errorf(`range %q: %w (a range is like ">=1.13.1, <1.14")`, s, err)
		}
		b.version = v
		out = append(out, b)
	}
	return out, nil
}

// within reports whether a version is inside of all bounds; what is no version
// is not.
func within(bounds []bound, version string) bool {
	v, err := changelog.ParseVersion(version)
	if err != nil {
		return false
	}
	for _, b := range bounds {
		if !b.holds(v.Compare(b.version)) {
			return false
		}
	}
	return true
}

func (b bound) holds(order int) bool {
	switch b.operator {
	case ">=":
		return order >= 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	case "<":
		return order < 0
	case "!=":
		return order != 0
	}
	return order == 0
}

// AtCommit reports whether a from is that of another commit: base, or git:REV.
func AtCommit(from string) bool { return from == base || strings.HasPrefix(from, git) && from != git }

// validateUpgrade wants auto or versions; from may also be that of another commit.
func (cfg *Config) validateUpgrade(d *decoder) {
	upgrade := child(d.root, "upgrade")
	for _, f := range []struct{ key, value string }{{"from", cfg.Upgrade.From}, {"to", cfg.Upgrade.To}} {
		n := child(upgrade, f.key)
		if n == nil || f.value == auto || f.key == "from" && AtCommit(f.value) || d.wrong("upgrade."+f.key) {
			continue
		}
		if _, err := changelog.ParseVersion(f.value); err != nil {
			other := map[string]string{"from": ", or auto, base or git:REVISION", "to": ", or auto"}[f.key]
			d.add(n, "upgrade."+f.key, "%s", d.unexpanded(n, err.Error())+other)
		}
	}
}
