package changelog

import (
	"slices"
	"strings"
)

// How alike two texts must be to tell the same, and to be copies.
const (
	sameText   = 0.75
	copiedText = 0.9
)

// merge folds changes that tell the same into one: the first release that
// tells it stays, and within a release the gravest wording. Others are kept
// as Also. The order of the input is that of releases and of their text.
func merge(changes []Change) []Change {
	var kept []Change
	sets := make([]map[string]bool, 0, len(changes))
	byKey := map[string][]int{}
	for _, ch := range changes {
		set := compareSet(ch.Text)
		keys := mergeKeys(ch, set)
		at := -1
		for _, key := range keys {
			for _, i := range byKey[key] {
				if same(kept[i], ch, sets[i], set) {
					at = i
					break
				}
			}
			if at >= 0 {
				break
			}
		}
		if at < 0 {
			at = len(kept)
			kept, sets = append(kept, ch), append(sets, set)
		} else {
			before := kept[at]
			kept[at] = join(before, ch)
			if kept[at].Text != before.Text {
				sets[at] = set
			}
		}
		for _, key := range keys {
			if list := byKey[key]; !slices.Contains(list, at) && len(list) < 200 {
				byKey[key] = append(list, at)
			}
		}
	}
	return kept
}

// compareSet is the set of word stems by which two changes are compared: a
// commit line says "separate x" where the prose says "separated x".
func compareSet(text string) map[string]bool {
	_, _, _, text = conventional(text)
	set := map[string]bool{}
	for w := range wordSet(withoutVersions(text)) {
		for _, ending := range []string{"ing", "ed", "es", "s", "e"} {
			if stem, ok := strings.CutSuffix(w, ending); ok && len(stem) > 3 {
				w = stem
				break
			}
		}
		set[w] = true
	}
	return set
}

// mergeKeys are what a change can be found under: its names, and its rarest
// looking words for texts without names.
func mergeKeys(ch Change, set map[string]bool) []string {
	var keys []string
	for _, list := range [][]string{ch.Names.Env, ch.Names.Queues, ch.Names.Paths, ch.Names.Commands, ch.Names.CVEs} {
		keys = append(keys, list...)
	}
	long := make([]string, 0, len(set))
	for w := range set {
		long = append(long, w)
	}
	slices.SortFunc(long, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	return append(keys, long[:min(5, len(long))]...)
}

// same tells whether two changes tell the same thing.
func same(a, b Change, aSet, bSet map[string]bool) bool {
	if a.Kind == Regression || b.Kind == Regression {
		return a.Kind == b.Kind && likeness(aSet, bSet) >= sameText
	}
	if len(a.Names.Queues) > 0 && sameNames(a.Names.Queues, b.Names.Queues) {
		return true
	}
	if apart(a.Names.Env, b.Names.Env) {
		return false // lists of variables share their files and half of their words
	}
	if !a.Version.SameCore(b.Version) {
		// Each release has migrations of its own; only a copied note is the same.
		return likeness(aSet, bSet) >= copiedText && sameNames(a.Names.Env, b.Names.Env) ||
			len(a.Names.Env) > 0 && sameNames(a.Names.Env, b.Names.Env) && a.Kind == b.Kind && likeness(aSet, bSet) >= sameText
	}
	if likeness(aSet, bSet) >= sameText && sameNames(a.Names.Env, b.Names.Env) {
		return true
	}
	derived := a.fromCommit || b.fromCommit
	switch {
	case len(a.Names.Env) > 0 && sameNames(a.Names.Env, b.Names.Env):
		return a.Kind == b.Kind || derived
	case len(a.Names.CVEs) > 0 && sameNames(a.Names.CVEs, b.Names.CVEs):
		return true
	case a.Kind == b.Kind && sharesCommand(a, b):
		return true
	case a.Kind == Action && b.Kind == Action && sameNames(a.Names.Env, b.Names.Env) && len(a.Commands)+len(b.Commands) == 0 && min(len(aSet), len(bSet)) >= 4 && overlap(aSet, bSet) >= 0.7:
		return true // an alert and the step that repeats it
	case shares(a.Names.Paths, b.Names.Paths):
		return a.Kind == b.Kind && (a.Kind == Action || overlap(aSet, bSet) >= 0.6) || derived
	case derived:
		return overlap(aSet, bSet) >= 0.7 && min(len(aSet), len(bSet)) >= 3
	}
	return a.Kind == Migration && b.Kind == Migration && len(a.Commands)+len(b.Commands) == 0 && a.Condition != nil && b.Condition != nil && overlap(aSet, bSet) >= 0.6
}

func sameNames(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for _, name := range a {
		if !slices.Contains(b, name) {
			return false
		}
	}
	return true
}

func shares(a, b []string) bool {
	return slices.ContainsFunc(a, func(name string) bool { return len(name) > 5 && slices.Contains(b, name) })
}

// apart tells whether both name variables and none in common.
func apart(a, b []string) bool {
	return len(a) > 0 && len(b) > 0 && !slices.ContainsFunc(a, func(name string) bool { return slices.Contains(b, name) })
}

// sharesCommand tells whether both ask for the same command of the program.
func sharesCommand(a, b Change) bool {
	theirs := customCommands(b)
	return slices.ContainsFunc(customCommands(a), func(line string) bool { return slices.Contains(theirs, line) })
}

func customCommands(ch Change) []string {
	var lines []string
	for _, c := range ch.Commands {
		lines = append(lines, bareCommand(c.Line))
	}
	for _, line := range ch.Names.Commands {
		if bare := bareCommand(line); flaskCommand(bare) && !usualCommand(bare) {
			lines = append(lines, bare)
		}
	}
	return lines
}

// join folds b into a, which was told first.
func join(a, b Change) Change {
	if a.Version.Compare(b.Version) == 0 && rank[b.Kind] > rank[a.Kind] {
		a, b = b, a // the gravest wording of one release speaks for it
	}
	a.Also = append(append(a.Also, Mention{Version: b.Version, Text: b.Text, Location: b.Location, URL: b.URL}), b.Also...)
	a.Names = mergeNames(a.Names, b.Names)
	if a.Condition == nil {
		a.Condition = b.Condition
	}
	for _, c := range b.Commands {
		if !slices.ContainsFunc(a.Commands, func(have Command) bool { return bareCommand(have.Line) == bareCommand(c.Line) }) {
			a.Commands = append(a.Commands, c)
		}
	}
	return a
}

// bareCommand is a command without the ways in which Docker and source
// deployments call it: "docker compose exec api uv run flask x" is "flask x".
func bareCommand(line string) string {
	f := strings.Fields(strings.TrimPrefix(line, "$ "))
	all := f
	if len(f) > 1 && f[0] == "sudo" {
		f = f[1:]
	}
	f = afterContainer(f)
	if len(f) > 2 && (f[0] == "uv" || f[0] == "poetry") && f[1] == "run" {
		f = afterFlags(f[2:])
	}
	if len(f) == len(all) {
		return strings.TrimPrefix(line, "$ ")
	}
	return strings.Join(f, " ")
}

// afterContainer cuts "docker compose exec api", "docker exec x" and "kubectl
// exec x --".
func afterContainer(f []string) []string {
	i := 0
	switch {
	case len(f) > 3 && f[0] == "kubectl" && f[1] == "exec":
		if at := slices.Index(f, "--"); at > 0 && at+1 < len(f) {
			return f[at+1:]
		}
		return f
	case len(f) > 3 && f[0] == "docker" && f[1] == "compose":
		i = 2
	case len(f) > 2 && (f[0] == "docker-compose" || f[0] == "docker" && f[1] == "exec"):
		i = 1
	default:
		return f
	}
	for i < len(f) && f[i] != "exec" && f[i] != "run" {
		if !strings.HasPrefix(f[i], "-") && !strings.Contains(f[i], ".y") {
			return f
		}
		i++
	}
	for i++; i < len(f) && strings.HasPrefix(f[i], "-"); i++ {
	}
	if i+1 >= len(f) {
		return f
	}
	return f[i+1:]
}

// afterFlags cuts the options of "uv run" before the command itself.
func afterFlags(f []string) []string {
	for len(f) > 1 && strings.HasPrefix(f[0], "--") {
		takes := oneOf(f[0], "--project", "--directory", "--with", "--package")
		f = f[1:]
		if takes && len(f) > 1 {
			f = f[1:]
		}
	}
	return f
}
