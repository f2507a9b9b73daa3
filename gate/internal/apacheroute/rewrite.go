package apacheroute

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/pcre"
	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// rule is a RewriteRule with the conditions before it.
type rule struct {
	node  *node
	re    *pcre.Pattern
	not   bool
	to    string
	flags map[string]string
	conds []*cond
}

// flagNames are the long and short names of RewriteRule's flags.
var flagNames = map[string]string{
	"proxy": "p", "last": "l", "redirect": "r", "passthrough": "pt", "noescape": "ne", "qsappend": "qsa", "qsdiscard": "qsd",
	"nocase": "nc", "forbidden": "f", "gone": "g", "chain": "c", "skip": "s", "next": "n", "env": "e", "cookie": "co", "type": "t",
	"handler": "h", "end": "end", "nosubreq": "ns", "discardpath": "dpi", "qslast": "qsl", "backrefnoplus": "bnp",
}

// rule reads a RewriteRule.
func (b *builder) rule(d *node, conds []*cond) *rule {
	if len(d.args) < 2 || len(d.args) > 3 {
		b.fail(fail(d.pos, "RewriteRule wants a pattern, a substitution and flags"))
		return nil
	}
	r := &rule{node: d, to: d.arg(1), conds: conds}
	var ok bool
	if r.flags, ok = b.flags(d, 2); !ok {
		return nil
	}
	pattern, not := strings.CutPrefix(d.arg(0), "!")
	_, nocase := r.flags["nc"]
	if r.re = b.pattern(d.at(0), pattern, nocase); r.re == nil {
		return nil
	}
	r.not = not
	return r
}

// flags reads [A,B=c].
func (b *builder) flags(d *node, i int) (map[string]string, bool) {
	out := map[string]string{}
	text := d.arg(i)
	if text == "" {
		return out, true
	}
	if !strings.HasPrefix(text, "[") || !strings.HasSuffix(text, "]") {
		b.fail(fail(d.at(i), "bad flag delimiters in %q, want [FLAG,…]", text))
		return nil, false
	}
	for _, f := range strings.Split(text[1:len(text)-1], ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(f), "=")
		name = strings.ToLower(name)
		if short, ok := flagNames[name]; ok {
			name = short
		}
		if !knownFlag(name) {
			b.fail(fail(d.at(i), "unknown flag %q", f))
			return nil, false
		}
		out[name] = value
	}
	return out, true
}

func knownFlag(name string) bool {
	switch name {
	case "or", "nv", "novary", "b", "bctls", "bne", "unsafeallow3f", "unsafeprefixstat", "unc", "ornext":
		return true
	}
	for _, short := range flagNames {
		if short == name {
			return true
		}
	}
	return false
}

func (ru *rule) has(flag string) bool { _, ok := ru.flags[flag]; return ok }

// rewrites is mod_rewrite's turn on the server level; true ends the request's translation.
func (r *run) rewrites() bool {
	if !r.host.rewrite {
		return false
	}
	changed := false
	for i := 0; i < len(r.host.rules); i++ {
		ru := r.host.rules[i]
		ok := r.apply(ru)
		if r.answer != nil {
			return true
		}
		if !ok {
			for ru.has("c") && i+1 < len(r.host.rules) { // a chain that breaks is left out whole
				i++
				ru = r.host.rules[i]
			}
			continue
		}
		if ru.to != "-" {
			changed = true
		}
		if ru.has("pt") {
			return false
		}
		if ru.has("l") || ru.has("end") {
			break
		}
		if ru.has("n") {
			if r.rounds++; r.rounds > 200 {
				r.giveUp(ru.node.pos, "the rules start over without an end")
				return true
			}
			i = -1
			continue
		}
		if s, err := strconv.Atoi(ru.flags["s"]); err == nil && s > 0 && s < len(r.host.rules) {
			i += s
		} else if s > 0 {
			break
		}
	}
	if !changed {
		return false
	}
	r.local() // without PT the result is a file
	return true
}

// apply runs one rule; true when it matched. A rule that ends the request sets the answer.
func (r *run) apply(ru *rule) bool {
	caps := r.match(ru.re, r.uri, ru.node.pos)
	if r.answer != nil {
		return false
	}
	if (caps != nil) == ru.not {
		return false
	}
	r.caps, r.condCaps = caps, nil
	if !r.holds(ru.conds) || r.answer != nil {
		return false
	}
	switch {
	case ru.has("f"):
		r.ruleAnswer(ru, 403)
		return true
	case ru.has("g"):
		r.ruleAnswer(ru, 410)
		return true
	}
	for _, f := range []string{"b", "bctls", "bne", "h", "n"} {
		if ru.has(f) && f != "n" {
			r.giveUp(ru.node.pos, "flag %s of a RewriteRule", strings.ToUpper(f))
			return true
		}
	}
	if code, ok := ru.flags["r"]; ok && ru.to == "-" || ok && code != "" && !isRedirectWord(code) {
		n, err := strconv.Atoi(code)
		if err == nil && (n < 300 || n > 399) {
			r.ruleAnswer(ru, n)
			return true
		}
	}
	if ru.to == "-" {
		if ru.has("p") {
			r.giveUp(ru.node.pos, "a proxying rule without a substitution")
		}
		r.step(ru.node.pos, ru.node.String(), "")
		return true
	}
	r.replace(ru)
	return true
}

func isRedirectWord(code string) bool {
	switch strings.ToLower(code) {
	case "permanent", "temp", "seeother":
		return true
	}
	n, err := strconv.Atoi(code)
	return err == nil && n >= 300 && n < 400
}

func (r *run) ruleAnswer(ru *rule, status int) {
	r.step(ru.node.pos, ru.node.String(), "")
	r.place = ru.place()
	r.finish(routing.Answer{Kind: routing.Local, Status: status, Decided: ru.node.pos})
}

func (ru *rule) place() *routing.Place {
	return &routing.Place{Pos: ru.node.pos, Name: "RewriteRule " + ru.node.arg(0), Modifier: "~", Path: ru.node.arg(0)}
}

// replace puts the substitution in the path's place.
func (r *run) replace(ru *rule) {
	before := r.uri
	to := r.substitute(ru.to, r.caps, nil)
	if r.answer != nil {
		return
	}
	if strings.Contains(to, "?") && !strings.Contains(ru.to, "?") && !ru.has("unsafeallow3f") && strings.Contains(strings.ToLower(r.req.URI), "%3f") {
		r.ruleAnswer(ru, 403) // Apache 2.4.60 refuses to make an escaped question mark a real one
		return
	}
	if path, query, ok := strings.Cut(to, "?"); ok {
		old := r.args
		to = path
		switch {
		case ru.has("qsa") && r.hasArgs && old != "":
			r.args, r.hasArgs = strings.TrimSuffix(query+"&"+old, "&"), true
			if query == "" {
				r.args = old
			}
		default:
			r.args, r.hasArgs = query, query != ""
		}
	} else if ru.has("qsd") {
		r.args, r.hasArgs = "", false
	}
	absolute := isAbsolute(to)
	if absolute && !ru.has("p") {
		to = r.reduce(to)
		absolute = isAbsolute(to)
	}
	r.step(ru.node.pos, ru.node.String(), before+" becomes "+to)
	switch _, redirect := ru.flags["r"]; {
	case ru.has("p"):
		r.place = ru.place()
		if !absolute {
			r.giveUp(ru.node.pos, "a proxying rule whose target %q is no URL", to)
			return
		}
		r.proxied(to, ru.has("ne"), ru.node.pos)
	case redirect || absolute:
		r.ruleRedirect(ru, to, redirect)
	default:
		r.uri = to
		if len(to) > 64<<10 {
			r.giveUp(ru.node.pos, "the path grows without an end")
		}
	}
}

func isAbsolute(s string) bool {
	for _, p := range []string{"http://", "https://", "ws://", "wss://", "balancer://", "ftp://", "h2://", "h2c://", "fcgi://", "unix:", "ajp://"} {
		if len(s) >= len(p) && strings.EqualFold(s[:len(p)], p) {
			return true
		}
	}
	return false
}

// reduce takes this server's own scheme and name off a URL, which makes it a path again.
func (r *run) reduce(to string) string {
	u, err := url.Parse(to)
	if err != nil || !strings.EqualFold(u.Scheme, r.req.Scheme) {
		return to
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[r.req.Scheme]
	}
	own := cleanHost(r.req.Host)
	if own == "" {
		own = r.host.name
	}
	if !strings.EqualFold(u.Hostname(), own) || port != strconv.Itoa(r.req.Port) {
		return to
	}
	i := strings.Index(to[len(u.Scheme)+3:], "/")
	if i < 0 {
		return "/"
	}
	return to[len(u.Scheme)+3+i:]
}

// ruleRedirect ends a rule with R, or with a URL of another server.
func (r *run) ruleRedirect(ru *rule, to string, flagged bool) {
	code := 302
	if n, err := strconv.Atoi(ru.flags["r"]); err == nil {
		code = n
	} else if c, ok := redirectCode(ru.flags["r"]); ok {
		code = c
	}
	if !ru.has("l") && !ru.has("end") && flagged {
		r.giveUp(ru.node.pos, "a redirecting rule without L: the rules after it act on its URL")
		return
	}
	r.place = ru.place()
	if !isAbsolute(to) {
		if !strings.HasPrefix(to, "/") {
			to = "/" + to
		}
		to = r.req.Scheme + "://" + r.authorityWithPort() + to
	}
	if !ru.has("ne") {
		scheme, rest, _ := strings.Cut(to, "://")
		h, path, ok := strings.Cut(rest, "/")
		to = scheme + "://" + h
		if ok {
			to += "/" + escapeLower(path)
		}
	}
	if r.hasArgs {
		args := r.args
		if !ru.has("ne") && args != r.given {
			args = escapeLower(args)
			args = strings.ReplaceAll(args, "%25", "%")
		}
		to += "?" + args
	}
	r.finish(routing.Answer{Kind: routing.Redirect, Status: code, Target: to, Decided: ru.node.pos})
}

// authorityWithPort is mod_rewrite's own way: the port is named unless it is the scheme's.
func (r *run) authorityWithPort() string { return r.authority() }

// substitute puts captures ($N), those of conditions (%N) and variables (%{…}) into a string.
func (r *run) substitute(s string, caps []string, escape func(string) string) string {
	var b strings.Builder
	put := func(v string) {
		if escape != nil {
			v = escape(v)
		}
		b.WriteString(v)
	}
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case s[i] == '$' && i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9':
			i++
			if n := int(s[i] - '0'); n < len(caps) {
				put(caps[n])
			}
		case s[i] == '&' && escape != nil:
			b.WriteByte('&')
		case s[i] == '%' && i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9':
			i++
			if n := int(s[i] - '0'); n < len(r.condCaps) {
				put(r.condCaps[n])
			}
		case (s[i] == '%' || s[i] == '$') && i+1 < len(s) && s[i+1] == '{':
			end := strings.IndexByte(s[i:], '}')
			if end < 0 || s[i] == '$' {
				r.giveUp(r.host.node.pos, "the map or variable in %q", s)
				return ""
			}
			v, ok := r.variable(s[i+2 : i+end])
			if !ok {
				r.giveUp(r.host.node.pos, "the variable %s", s[i:i+end+1])
				return ""
			}
			put(v)
			i += end
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
