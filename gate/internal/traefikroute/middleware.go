package traefikroute

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// setting is a value with its place: "stripprefix.prefixes" = "/api".
type setting struct {
	value string
	pos   routing.Pos
}

// middleware is one of a router's, by its settings below its name.
type middleware struct {
	name     string
	settings map[string]setting
	order    []string
}

// harmless are middlewares that leave path and target alone.
var harmless = map[string]bool{"headers": true, "compress": true, "buffering": true, "ratelimit": true, "inflightreq": true, "retry": true,
	"circuitbreaker": true, "contenttype": true, "passtlsclientcert": true, "grpcweb": true, "errors": true, "encodedcharacters": true}

// guards let a request through or not, by what is not in the files.
var guards = map[string]bool{"basicauth": true, "digestauth": true, "forwardauth": true, "ipwhitelist": true, "ipallowlist": true}

// list splits a value at commas.
func list(value string) []string {
	var out []string
	for _, w := range strings.Split(value, ",") {
		if w = strings.TrimSpace(w); w != "" {
			out = append(out, w)
		}
	}
	return out
}

// values are those of a list setting: one label with commas, or one label an element.
func (m *middleware) values(name string) []string {
	var out []string
	for _, key := range m.order {
		if key == name || strings.HasPrefix(key, name+"[") {
			out = append(out, list(m.settings[key].value)...)
		}
	}
	return out
}

func (m *middleware) text(name string) string { return m.settings[name].value }

// effect is what a middleware makes of a path.
type effect struct {
	path     string
	redirect string // target
	status   int
	doubt    string
}

// apply runs a middleware; pos is the label that acts.
func (m *middleware) apply(req routing.Request, path string) (effect, routing.Pos) {
	e := effect{path: path}
	for _, key := range m.order {
		kind, _, _ := strings.Cut(key, ".")
		pos := m.settings[key].pos
		switch {
		case kind == "stripprefix":
			e.path = m.strip(path)
			return e, pos
		case kind == "stripprefixregex":
			e.path = stripRegex(path, m.values("stripprefixregex.regex"))
			return e, pos
		case kind == "addprefix":
			e.path = m.text("addprefix.prefix") + path
			return e, pos
		case kind == "replacepath":
			e.path = m.text("replacepath.path")
			return e, pos
		case kind == "replacepathregex":
			re, err := regexp.Compile(m.text("replacepathregex.regex"))
			if err != nil {
				e.doubt = fmt.Sprintf("regular expression %q: %s", m.text("replacepathregex.regex"), err)
			} else if re.MatchString(path) {
				e.path = re.ReplaceAllString(path, m.text("replacepathregex.replacement"))
			}
			return e, pos
		case kind == "redirectscheme":
			m.scheme(req, &e)
			return e, pos
		case kind == "redirectregex":
			m.redirect(req, &e)
			return e, pos
		case guards[kind]:
			if !req.Admit {
				e.doubt = "middleware " + m.name + " decides at run time"
			}
			return e, pos
		case harmless[kind]:
			return e, pos
		default:
			e.doubt = fmt.Sprintf("middleware %s (%s) acts at run time", m.name, kind)
			return e, pos
		}
	}
	return e, routing.Pos{}
}

func (m *middleware) strip(path string) string {
	for _, p := range m.values("stripprefix.prefixes") {
		if rest, ok := strings.CutPrefix(path, p); ok {
			return "/" + strings.TrimPrefix(rest, "/")
		}
	}
	return path
}

func stripRegex(path string, patterns []string) string {
	for _, p := range patterns {
		re, err := regexp.Compile("^" + strings.TrimPrefix(p, "^"))
		if err != nil {
			continue
		}
		if at := re.FindStringIndex(path); at != nil && at[1] > 0 {
			return "/" + strings.TrimPrefix(path[at[1]:], "/")
		}
	}
	return path
}

func (m *middleware) scheme(req routing.Request, e *effect) {
	to := m.text("redirectscheme.scheme")
	if to == "" || strings.EqualFold(to, req.Scheme) {
		return
	}
	host, _, _ := strings.Cut(req.Host, ":")
	if port := m.text("redirectscheme.port"); port != "" && port != "443" && port != "80" {
		host += ":" + port
	}
	e.redirect, e.status = to+"://"+host+req.URI, 302
	if strings.EqualFold(m.text("redirectscheme.permanent"), "true") {
		e.status = 301
	}
}

func (m *middleware) redirect(req routing.Request, e *effect) {
	re, err := regexp.Compile(m.text("redirectregex.regex"))
	if err != nil {
		e.doubt = fmt.Sprintf("regular expression %q: %s", m.text("redirectregex.regex"), err)
		return
	}
	whole := req.Scheme + "://" + req.Host + req.URI
	if !re.MatchString(whole) {
		return
	}
	if to := re.ReplaceAllString(whole, m.text("redirectregex.replacement")); to != whole {
		e.redirect, e.status = to, 302
		if strings.EqualFold(m.text("redirectregex.permanent"), "true") {
			e.status = 301
		}
	}
}
