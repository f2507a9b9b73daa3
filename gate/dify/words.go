package dify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Section is one sort of what differs between two releases, a line for each
// difference.
type Section struct {
	Title string
	Lines []string
}

// Describe says in words what differs between two releases by their files.
// Sections without a difference are left out.
func (c *Catalogue) Describe(from, to Release) []Section {
	d := c.Compare(from, to)
	all := []Section{
		{"Locations of nginx", prefixLines(d)},
		{"Services", serviceLines(d, from, to)},
		{"Variables", variableLines(d)},
		{"Variables of the nginx templates", templateLines(d)},
		{"Database migrations", migrationLines(c, from, to)},
		{"Routes of the API", routeLines(from, to)},
		{"Queues of the worker", queueLines(from, to)},
		{"flask commands", commandLines(c, from, to)},
		{"Minimum versions", minimumLines(c, from, to)},
	}
	out := slices.DeleteFunc(all, func(s Section) bool { return len(s.Lines) == 0 })
	for _, s := range out {
		for i := range s.Lines {
			s.Lines[i] = plainLine(s.Lines[i])
		}
	}
	return out
}

// plainLine is a line without what a terminal would obey: facts may come from
// anybody's file.
func plainLine(line string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\ufffd'
		}
		return r
	}, line)
}

func prefixLines(d Delta) []string {
	var out []string
	for _, r := range d.Routes {
		out = append(out, fmt.Sprintf("added: %s to %s", r.Prefix, address(r)))
	}
	for _, r := range d.Lost {
		out = append(out, fmt.Sprintf("removed: %s (it went to %s)", r.Prefix, address(r)))
	}
	return out
}

func address(r PublicRoute) string {
	if r.Port == "" {
		return r.Service
	}
	return r.Service + ":" + r.Port
}

func serviceLines(d Delta, from, to Release) []string {
	var out []string
	for _, s := range d.Services {
		switch {
		case s.From.Name == "":
			out = append(out, fmt.Sprintf("added: %s, %s%s", s.Name, image(s.To), profiles(s.To)))
		case s.To.Name == "":
			out = append(out, "removed: "+s.Name)
		default:
			out = append(out, fmt.Sprintf("changed: %s, %s", s.Name, strings.Join(serviceChanges(s, from, to), "; ")))
		}
	}
	return out
}

func image(s Service) string {
	if s.Image == "" {
		return "built"
	}
	return "image " + s.Image
}

func profiles(s Service) string {
	if len(s.Profiles) == 0 {
		return ""
	}
	return ", profile " + strings.Join(s.Profiles, " or ")
}

func serviceChanges(s ServiceChange, from, to Release) []string {
	var out []string
	if !sameImage(s.From, s.To, from, to) {
		out = append(out, image(s.From)+" becomes "+s.To.Image)
	}
	for _, l := range []struct {
		what     string
		from, to []string
	}{
		{"profile", s.From.Profiles, s.To.Profiles}, {"port", s.From.Ports, s.To.Ports}, {"mount", s.From.Volumes, s.To.Volumes},
		{"network", s.From.Networks, s.To.Networks}, {"dependency", s.From.Needs, s.To.Needs},
	} {
		for _, v := range l.to {
			if !slices.Contains(l.from, v) {
				out = append(out, "new "+l.what+" "+v)
			}
		}
		for _, v := range l.from {
			if !slices.Contains(l.to, v) {
				out = append(out, "without "+l.what+" "+v)
			}
		}
	}
	if s.From.Health != s.To.Health {
		out = append(out, "another health check")
	}
	return out
}

func variableLines(d Delta) []string {
	var out []string
	for _, v := range d.Added {
		out = append(out, fmt.Sprintf("added: %s=%s", v.Name, shownDefault(v.Default)))
	}
	for _, v := range d.Removed {
		out = append(out, "removed: "+v.Name)
	}
	for _, v := range d.Changed {
		out = append(out, fmt.Sprintf("default changed: %s from %s to %s", v.Name, v.From, v.To))
	}
	return out
}

func shownDefault(d Default) string {
	if d.Text == "" && d.Sum == "" {
		return ""
	}
	return d.String()
}

func templateLines(d Delta) []string {
	var out []string
	for _, t := range d.Template {
		out = append(out, fmt.Sprintf("added: %s in %s", t.Name, t.File))
	}
	return out
}

func migrationLines(c *Catalogue, from, to Release) []string {
	if from.Head() == to.Head() {
		return nil
	}
	n := 0
	for _, r := range c.Revisions {
		if at := c.position(r.Release); at > from.at && at <= to.at {
			n++
		}
	}
	head := "the new head is " + to.Head()
	if to.Head() == "" {
		head = "the head is not known"
	}
	return []string{fmt.Sprintf("%d new; %s", n, head)}
}

func routeLines(from, to Release) []string {
	routes := func(r Release) (out []string) {
		for _, route := range r.Routes() {
			out = append(out, route.Method+" "+route.Path)
		}
		return out
	}
	return lineDiff(routes(from), routes(to))
}

func queueLines(from, to Release) []string {
	always := func(r Release) (out []string) {
		for _, q := range r.c.QueueSpans {
			if r.c.within(r.at, q.Since, "") {
				out = append(out, q.Name)
			}
		}
		return out
	}
	return lineDiff(always(from), always(to))
}

func commandLines(c *Catalogue, from, to Release) []string {
	commands := func(r Release) (out []string) {
		for _, k := range c.Commands {
			if c.within(r.at, k.Since, k.Until) {
				out = append(out, k.Name)
			}
		}
		return out
	}
	return lineDiff(commands(from), commands(to))
}

func minimumLines(c *Catalogue, from, to Release) []string {
	var products, out []string
	for _, m := range c.MinimumSpans {
		products = append(products, m.Product)
	}
	slices.Sort(products)
	for _, p := range slices.Compact(products) {
		a, _ := from.Minimum(p)
		b, _ := to.Minimum(p)
		if a.Version != b.Version {
			out = append(out, fmt.Sprintf("%s %s (before: %s)", p, b.Version, cmp.Or(a.Version, "none")))
		}
	}
	return out
}

// lineDiff says what a list gained, then what it lost.
func lineDiff(from, to []string) []string {
	has := func(list []string) map[string]bool {
		set := make(map[string]bool, len(list))
		for _, s := range list {
			set[s] = true
		}
		return set
	}
	had, have := has(from), has(to)
	var out []string
	for _, s := range to {
		if !had[s] {
			out = append(out, "added: "+s)
		}
	}
	for _, s := range from {
		if !have[s] {
			out = append(out, "removed: "+s)
		}
	}
	return out
}
