package gate

import (
	"slices"
	"strings"
)

// foldNotes folds a note of the releases into a finding that says the same of
// the operator's own files: all names of the note stand in findings of env,
// upgrade or proxy, and the first of those becomes its [Finding.FoldedInto]. A
// notice of upgrade/undeclared folds in the same way into findings of env or
// proxy. A note that is an error folds into errors alone, so that what blocks is
// always shown. It is pure but for the findings, which must be in order.
func foldNotes(findings []Finding, changes []Change) {
	hosts := []*Finding{}
	for i := range findings {
		if isHost(findings[i]) {
			hosts = append(hosts, &findings[i])
		}
	}
	if len(hosts) == 0 {
		return
	}
	byPrint := map[string]Change{}
	for _, c := range changes {
		byPrint[c.Fingerprint] = c
	}
	for i := range findings {
		note := &findings[i]
		if !note.Active() || note.Known || note.Fingerprint == "" {
			continue
		}
		var host *Finding
		if change, ok := byPrint[note.Fingerprint]; ok && foldable(change) {
			host = hostOf(factsOf(change), note.Severity, hosts)
		} else if note.Rule == undeclaredRule && note.Severity == Notice {
			host = hostOf(namesIn(note.Message), note.Severity, slices.DeleteFunc(slices.Clone(hosts), func(h *Finding) bool {
				return h.Rule == undeclaredRule
			}))
		}
		if host != nil {
			note.FoldedInto = host.Fingerprint
		}
	}
}

// undeclaredRule reports differences of the releases' files, which checks of the
// files themselves may report as well.
const undeclaredRule = "upgrade/undeclared"

// variableOrPath finds names of variables and paths below the root in a message.
var variableOrPath = lazyRegexp(`(?:^|[\s,(])([A-Z][A-Z0-9]*_[A-Z0-9_]+|/[\w./-]+)`)

func namesIn(message string) []string {
	var names []string
	for _, m := range variableOrPath().FindAllStringSubmatch(message, -1) {
		names = append(names, m[1])
	}
	return names
}

// isHost reports whether notes may fold into a finding: one of the difference
// that this upgrade makes in the operator's files.
func isHost(f Finding) bool {
	kind, _, _ := strings.Cut(f.Rule, "/")
	return slices.Contains([]string{"env", "upgrade", "proxy"}, kind) && f.Active() && !f.Known &&
		f.Impact != ImpactStanding && f.Impact != ImpactHygiene
}

// foldable leaves out the notes that say more than a name does.
func foldable(c Change) bool {
	return slices.Contains([]string{"breaking", "action", "removal", "config", "deprecation"}, c.Kind) && c.Applies != "no"
}

// quotedPath finds an address's path between backticks.
var quotedPath = lazyRegexp("`(/[^`\\s]*)`")

// factsOf are the names that a note is about; nil when it is about more than
// names. A service alone is no fact: a note about it may say anything.
func factsOf(c Change) []string {
	n := c.Names
	if len(n.Commands)+len(n.IDs) > 0 {
		return nil
	}
	facts := slices.Concat(n.Env, n.Queues, n.Ports)
	for _, p := range n.Paths {
		if strings.HasPrefix(p, "/") {
			facts = append(facts, p)
		}
	}
	for _, m := range quotedPath().FindAllStringSubmatch(c.Text, 10) {
		facts = append(facts, m[1])
	}
	if len(n.Services) > 0 && len(n.Versions) > 0 {
		facts = append(facts, n.Versions...)
	}
	if len(facts) == 0 {
		return nil
	}
	return append(facts, n.Services...)
}

// hostOf is the first finding that names a fact, if findings name all of them.
func hostOf(facts []string, severity Severity, hosts []*Finding) *Finding {
	var first *Finding
	for _, fact := range facts {
		at := slices.IndexFunc(hosts, func(h *Finding) bool {
			return (severity < Error || h.Severity == Error) && holdsName(h.Message, fact)
		})
		if at < 0 {
			return nil
		}
		if first == nil {
			first = hosts[at]
		}
	}
	return first
}

// holdsName reports whether a text holds a name as a word of its own.
func holdsName(text, name string) bool {
	part := func(b byte) bool {
		return b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
	}
	for from := 0; name != ""; {
		at := strings.Index(text[from:], name)
		if at < 0 {
			break
		}
		at += from
		end := at + len(name)
		if (at == 0 || !part(text[at-1]) || !part(name[0])) && (end == len(text) || !part(text[end]) || !part(name[len(name)-1])) {
			return true
		}
		from = at + 1
	}
	return false
}
