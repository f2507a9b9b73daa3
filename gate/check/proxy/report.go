package proxy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/internal/nginxroute"
	"github.com/dify-gate/dify-gate/gate/internal/routing"
	"github.com/dify-gate/dify-gate/gate/internal/traefikroute"
)

// report turns verdicts into findings: what a demand's first request shows at
// each of the group's servers, and when that is right, what any other of its
// requests shows.
func (t *Trace) report(d demand, g pathGroup, results []verdict) {
	for j, v := range results {
		if v.open != "" {
			t.openQuestion(d, v.open)
			continue
		}
		if v.rule.ID == "" {
			t.others(d, g.entries[j])
			continue
		}
		t.add(d, d.samples[0], v, 1)
		if l := v.answer.Location; l != nil && l.Modifier == "=" {
			t.others(d, g.entries[j]) // it speaks for its one path alone
		}
	}
}

// others looks at the demand's further requests, those that go wrong in one
// place taken together.
func (t *Trace) others(d demand, e routing.Entry) {
	type wrong struct {
		v verdict
		s samplePath
		n int
	}
	var all []*wrong
	at := map[string]*wrong{}
	for _, s := range d.samples[1:] {
		v := t.look(d, s, e)
		if v.open != "" {
			t.openQuestion(d, v.open)
			continue
		}
		if v.rule.ID == "" {
			continue
		}
		key := v.rule.ID + v.answer.Decided.String()
		if v.answer.Location != nil {
			key += v.answer.Location.Pos.String()
		}
		if at[key] == nil {
			at[key] = &wrong{v: v, s: s}
			all = append(all, at[key])
		}
		at[key].n++
	}
	for _, w := range all {
		t.add(d, w.s, w.v, w.n)
	}
}

func (t *Trace) openQuestion(d demand, why string) {
	text := fmt.Sprintf("where %s goes cannot be decided: %s", d.prefix, why)
	if !slices.Contains(t.open, text) {
		t.open = append(t.open, text)
	}
}

// record adds a row.
func (t *Trace) record(d demand, s samplePath, e routing.Entry, v verdict) {
	a := v.answer
	row := Row{Method: s.method, Path: s.path, Want: d.want(), Server: serverText(e), Kind: a.Kind.String(),
		URI: a.URI, Status: a.Status, Target: a.Target, Verdict: "ok", Why: a.Why, Place: placeOf(e.Pos)}
	if a.Kind == routing.Proxied {
		row.Upstream = a.Upstream
		if !slices.Contains(t.seen, a.Upstream) {
			t.seen = append(t.seen, a.Upstream)
		}
		if v.rule.ID == "" {
			t.good[d.service] = a
			if d.prefix == socketPrefix {
				t.socketRoutes = append(t.socketRoutes, a)
			}
		}
	}
	if a.Location != nil {
		row.Location, row.Place = a.Location.Name, placeOf(a.Location.Pos)
	}
	if v.rule.ID != "" {
		row.Verdict = v.rule.ID
	}
	if v.open != "" {
		row.Verdict = "unknown"
	}
	for _, old := range t.rows {
		if old.Path == row.Path && old.Method == row.Method && *old.Place == *row.Place && old.Server == row.Server {
			return
		}
	}
	t.rows = append(t.rows, row)
}

func serverText(e routing.Entry) string {
	name := e.Names
	if name == "" {
		name = "_"
	}
	return fmt.Sprintf("%s port %d", name, e.Port)
}

// want is the demanded service as host:port.
func (d demand) want() string {
	if d.port == "" {
		return d.service
	}
	return d.service + ":" + d.port
}

// add makes the finding of a verdict.
func (t *Trace) add(d demand, s samplePath, v verdict, n int) {
	path, _, _ := strings.Cut(s.path, "?")
	path = t.base + path
	message, hint := t.words(d, path, v)
	if n > 1 {
		message += fmt.Sprintf(" (and %d more of its paths)", n-1)
	}
	f := v.rule.Finding(message, hint)
	place := t.placeFor(v)
	f.Location = placeOf(place)
	if v.other.Location != nil {
		f.Related = append(f.Related, *placeOf(v.other.Location.Pos))
	}
	f.Subject = d.prefix + " " + v.answer.Upstream + " " + path
	f.Symptom, f.Part = gate.SymptomMisroutes, strings.TrimSuffix(d.prefix, "/")
	key := v.rule.ID + d.prefix + place.String()
	if v.rule.ID == ruleUpstreamUnknown.ID {
		key = v.rule.ID + v.answer.Upstream + place.String()
		t.told[t.unknownTarget(v.answer)] = true
	}
	if t.told[key] {
		return
	}
	t.told[key] = true
	if v.rule.ID == ruleRouteMissing.ID {
		f.Edits, f.Unfixed = t.addRoute(d, v)
	}
	t.findings = append(t.findings, f)
}

// placeFor is the line to change: the one that took the request, or what it did
// with it.
func (t *Trace) placeFor(v verdict) routing.Pos {
	a := v.answer
	winner := v.other.Location != nil || v.rule.ID == ruleRouteMissing.ID
	switch {
	case v.rule.ID == rulePrefixTruncated.ID, v.rule.ID == rulePathRewritten.ID:
		if step, ok := changedBy(a); ok {
			return step.Pos
		}
	case v.rule.ID == ruleWrongUpstream.ID && t.files.server == "apache" && a.Location != nil && a.Kind != routing.Proxied,
		winner && a.Location != nil:
		return a.Location.Pos
	case winner && a.Server != nil:
		return a.Server.Pos
	}
	return a.Decided
}

// dropShadowed takes away the warnings about places that an error speaks of.
func (t *Trace) dropShadowed() {
	t.findings = slices.DeleteFunc(t.findings, func(f gate.Finding) bool {
		return f.Rule == ruleRouteShadowed.ID && slices.ContainsFunc(t.findings, func(o gate.Finding) bool {
			return o.Rule != f.Rule && o.Severity == gate.Error && f.Location != nil && o.Location != nil && *o.Location == *f.Location
		})
	})
}

// idleTargets reports names that no demanded path comes to and that nginx looks
// up all the same when it starts. They are warnings: a network shared with
// another stack may have the name.
func (t *Trace) idleTargets() {
	c, ok := t.files.router.(*nginxroute.Config)
	if !ok || !t.files.book.compose {
		return
	}
	for _, target := range c.Targets() {
		if _, known := t.files.book.resolve(target.Address); known || t.told[target.Address] {
			continue
		}
		t.told[target.Address] = true
		f := ruleUpstreamUnknown.Finding(
			fmt.Sprintf("no service, container or network alias of the compose files is called %s, and nginx resolves it when it starts", target.Address),
			"correct the name, or remove the line: nginx does not start while the name does not resolve")
		f.Severity, f.Location, f.Subject = gate.Warning, placeOf(target.Pos), target.Address
		t.findings = append(t.findings, f)
	}
}

// words are message and hint of a verdict.
func (t *Trace) words(d demand, path string, v verdict) (message, hint string) {
	a := v.answer
	since := ""
	if d.since != "" && d.prefix != "/" {
		since = " (public since " + d.since + ")"
	}
	own := a.Location != nil && strings.TrimSuffix(a.Location.Path, "/") == strings.TrimSuffix(d.block(), "/") // then that is what to correct
	if v.other.Location != nil && !own {
		return fmt.Sprintf("%s: %s wins over %s, and the path %s; it belongs to %s", path, t.locationText(a), t.locationText(v.other), endsAs(a), t.wanted(d)), t.shadowHint(v)
	}
	switch v.rule.ID {
	case ruleRouteMissing.ID:
		if c, ok := t.files.router.(*traefikroute.Config); ok {
			if container, ok := c.LeftOut(path); ok {
				return fmt.Sprintf("%s%s has a router on %s, which Traefik ignores: exposedByDefault is false and the label traefik.enable=true is missing; the path belongs to %s", d.prefix, since, container, t.wanted(d)),
					"add to the labels of " + container + ":\ntraefik.enable=true"
			}
		}
		if a.Location == nil {
			return fmt.Sprintf("%s%s has no route: it %s; it belongs to %s", d.prefix, since, endsAs(a), t.wanted(d)), t.addTo(v) + t.block(d, v)
		}
		return fmt.Sprintf("%s%s has no route of its own: %s takes %s, and it %s; it belongs to %s", d.prefix, since, t.locationText(a), path, endsAs(a), t.wanted(d)),
			t.addTo(v) + t.block(d, v)
	case rulePrefixTruncated.ID, rulePathRewritten.ID:
		seen, _, _ := strings.Cut(a.URI, "?")
		if a.Kind == routing.Redirect {
			return fmt.Sprintf("%s is redirected to %s instead of going to %s", path, a.Target, t.wanted(d)), "use this block:\n" + t.block(d, v)
		}
		if seen == path {
			return fmt.Sprintf("%s reaches %s without its query", path, a.Upstream), t.pathHint(d, a)
		}
		return fmt.Sprintf("%s reaches %s as %s", path, a.Upstream, seen), t.pathHint(d, a)
	case ruleUpstreamUnknown.ID:
		if _, known := t.files.book.resolve(a.Upstream); a.Unresolved && known {
			return fmt.Sprintf("%s goes to %s through a variable, and no resolver is set to look the name up: nginx answers 502", path, a.Upstream),
				"add the resolver of Docker's network to the server: resolver 127.0.0.11 valid=30s; or write the name without a variable: " + t.passLine(d)
		}
		where := "no service of Dify is called"
		if t.files.book.compose {
			where = "no service, container or network alias of the compose files is called"
		}
		return fmt.Sprintf("%s goes to %s, and %s that; it belongs to %s", path, t.unknownTarget(a), where, t.wanted(d)),
			"correct the name: " + t.passLine(d)
	}
	if v.rule.ID == ruleWrongUpstream.ID && a.Kind == routing.Proxied {
		switch {
		case a.Protocol == "https" && t.plain(v.role, a.Upstream):
			plain := "http://" + cmp.Or(a.Group, a.Upstream)
			return fmt.Sprintf("%s goes to %s by https, and %s speaks plain HTTP there, so that the proxy answers 502; use %s", path, a.Upstream, v.role, plain), "write " + t.plainLine(plain)
		case t.nobodyPublishes(d, a.Upstream):
			return fmt.Sprintf("%s goes to %s by %s, a port that no service of the compose files publishes; it belongs to %s", path, a.Upstream, t.locationText(a), t.addressOf(d.service, d.port).host),
				"use this block:\n" + t.block(d, v)
		}
	}
	return fmt.Sprintf("%s %s by %s; it belongs to %s", path, endsAs(a), t.locationText(a), t.wanted(d)), "use this block:\n" + t.block(d, v)
}

// plainLine is the line that asks an upstream by plain HTTP.
func (t *Trace) plainLine(url string) string {
	switch t.files.server {
	case "nginx":
		return "proxy_pass " + url + ";"
	case "caddy":
		return "reverse_proxy " + url
	}
	return url
}

// wanted is the demanded service as it is called here.
func (t *Trace) wanted(d demand) string {
	if d.service == "" {
		return d.want()
	}
	return t.addressOf(d.service, d.port).host
}

// addTo says where a block belongs.
func (t *Trace) addTo(v verdict) string {
	switch t.files.server {
	case "apache":
		if l := v.answer.Location; l != nil {
			return "add before " + l.Name + ", because the first match takes the request:\n"
		}
		return "add to the virtual host:\n"
	case "caddy":
		return "add to the site's block:\n"
	case "ingress":
		if rewritesAll(v.answer) {
			return "add an Ingress of its own, with the class and TLS of this one, whose rewrite-target holds for all its paths:\n"
		}
		return "add to the paths of the host:\n"
	case "gateway":
		return "add to the rules of the HTTPRoute:\n"
	case "traefik":
		if t.files.objects {
			return "add to the routes of the IngressRoute:\n"
		}
		return "add to the "
	}
	return "add to the server:\n"
}

// unknownTarget is the first target whose name leads nowhere.
func (t *Trace) unknownTarget(a routing.Answer) string {
	for _, target := range a.Targets {
		if _, ok := t.files.book.resolve(target); !ok {
			return target
		}
	}
	return a.Upstream
}

// endsAs says in words how a request ended.
func endsAs(a routing.Answer) string {
	switch a.Kind {
	case routing.Proxied:
		return "goes to " + a.Upstream
	case routing.Redirect:
		return fmt.Sprintf("is redirected (%d) to %s", a.Status, a.Target)
	case routing.Static:
		return "is looked for as a file"
	case routing.Closed:
		return "gets no answer"
	case routing.Refused:
		return "finds nothing listening"
	}
	return fmt.Sprintf("is answered %d by the proxy itself", a.Status)
}

func (t *Trace) locationText(a routing.Answer) string {
	if a.Location == nil {
		return "the server"
	}
	switch t.files.server {
	case "nginx":
		return "location " + a.Location.Name
	}
	return a.Location.Name
}

// pathHint names the line that changes the path and the one that is right.
func (t *Trace) pathHint(d demand, a routing.Answer) string {
	right := t.passLine(d)
	if t.files.server == "nginx" {
		right = "proxy_pass " + a.Protocol + "://" + cmp.Or(a.Group, a.Upstream) + ";"
		if step, ok := changedBy(a); ok {
			return fmt.Sprintf("remove the line %q; %s passes the path unchanged", step.Text+";", right)
		}
		return "write it without a path: " + right
	}
	if step, ok := changedBy(a); ok && t.files.server == "caddy" {
		if rest, cut := strings.CutPrefix(step.Text, "handle_path "); cut {
			return fmt.Sprintf("use handle %s: handle_path strips the prefix", rest)
		}
		return fmt.Sprintf("remove the line %q; reverse_proxy passes the path unchanged", step.Text)
	}
	if step, ok := changedBy(a); ok && t.files.server == "ingress" {
		return fmt.Sprintf("take the annotation rewrite-target %s off: Dify's services want the whole path; give paths that need it an Ingress of their own", lastWord(step.Text))
	}
	if ok := rewritesAll(a); ok && t.files.server == "gateway" {
		return "take the filter that rewrites the path off the rule: Dify's services want the whole path"
	}
	if step := a.Steps[max(0, len(a.Steps)-2)]; t.files.server == "traefik" && step.Note != "" {
		return fmt.Sprintf("remove %s from the router: Dify's services need the whole path", step.Text)
	}
	return "write: " + right
}

// shadowHint says how the right place comes to win.
func (t *Trace) shadowHint(v verdict) string {
	win, right := v.answer.Location, v.other.Location
	switch t.files.server {
	case "nginx":
		switch {
		case byPattern(v.answer) && right.Modifier == "":
			return fmt.Sprintf("make the prefix win over patterns: location ^~ %s { … }", right.Path)
		case byPattern(v.answer) && byPattern(v.other):
			return fmt.Sprintf("move location %s before location %s: nginx takes the first pattern that matches", right.Name, win.Name)
		}
		return fmt.Sprintf("narrow location %s, so that it no longer takes the paths of location %s", win.Name, right.Name)
	case "apache", "caddy":
		return fmt.Sprintf("move %s before %s: the first match takes the request", right.Name, win.Name)
	case "traefik":
		return fmt.Sprintf("remove the priority of %s, or give %s a higher one: the highest wins, and by default the longest rule", win.Name, right.Name)
	}
	return fmt.Sprintf("narrow %s: an exact path wins over a prefix and the longer prefix over the shorter, whatever the order", win.Name)
}

func lastWord(text string) string { return text[strings.LastIndexByte(text, ' ')+1:] }
