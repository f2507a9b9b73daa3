package apacheroute

import (
	"strconv"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/pcre"
	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// cond is a RewriteCond.
type cond struct {
	node   *node
	test   string
	op     string // "", "=", "<", ">", "<=", ">=" , or a file test
	want   string
	not    bool
	nocase bool
	or     bool
	re     *pcre.Pattern
}

func (b *builder) cond(d *node) *cond {
	if len(d.args) < 2 || len(d.args) > 3 {
		b.fail(fail(d.pos, "RewriteCond wants a string, a pattern and flags"))
		return nil
	}
	flags, ok := b.flags(d, 2)
	if !ok {
		return nil
	}
	c := &cond{node: d, test: d.arg(0)}
	_, c.nocase = flags["nc"]
	_, c.or = flags["or"]
	if _, next := flags["ornext"]; next {
		c.or = true
	}
	want := d.arg(1)
	want, c.not = strings.CutPrefix(want, "!")
	for _, op := range []string{"<=", ">=", "=", "<", ">"} {
		if strings.HasPrefix(want, op) {
			c.op, c.want = op, want[len(op):]
			return c
		}
	}
	if len(want) > 1 && want[0] == '-' && want[1] >= 'A' && want[1] <= 'z' {
		c.op = want
		return c
	}
	if c.re = b.pattern(d.at(1), want, c.nocase); c.re == nil {
		return nil
	}
	return c
}

// holds decides a rule's conditions: all, but of those joined with OR any.
func (r *run) holds(conds []*cond) bool {
	for i := 0; i < len(conds); i++ {
		ok := r.condHolds(conds[i])
		if r.answer != nil {
			return false
		}
		if ok {
			for i < len(conds) && conds[i].or { // the rest of the group does not matter
				i++
			}
			continue
		}
		if !conds[i].or {
			return false
		}
	}
	return true
}

func (r *run) condHolds(c *cond) bool {
	text := r.substitute(c.test, r.caps, nil)
	if r.answer != nil {
		return false
	}
	ok := false
	switch {
	case c.re != nil:
		caps := r.match(c.re, text, c.node.pos)
		if r.answer != nil {
			return false
		}
		ok = caps != nil
		if ok && !c.not {
			r.condCaps = caps
		}
	case c.op == "=" && c.want == `""`:
		ok = text == ""
	case c.op == "=" && c.nocase:
		ok = strings.EqualFold(text, c.want)
	case c.op == "=":
		ok = text == c.want
	case c.op == "<", c.op == ">", c.op == "<=", c.op == ">=":
		ok = compare(text, c.op, c.want)
	default:
		return r.fileCond(c, text)
	}
	return ok != c.not
}

func compare(a, op, b string) bool {
	switch op {
	case "<":
		return a < b
	case ">":
		return a > b
	case "<=":
		return a <= b
	}
	return a >= b
}

// fileCond asks the request's view of the file system.
func (r *run) fileCond(c *cond, path string) bool {
	kind := routing.FileUnknown
	if r.req.Stat != nil {
		kind = r.req.Stat(path)
	}
	if kind == routing.FileUnknown || !strings.Contains(" -f -d -F -s -e ", " "+c.op+" ") {
		r.giveUp(c.node.pos, "%s: whether %s exists", c.op, path)
		return false
	}
	ok := kind == routing.FileRegular
	if c.op == "-d" {
		ok = kind == routing.FileDir
	}
	return ok != c.not
}

// variable is a server variable of rewriting; false for one that the files do not tell.
func (r *run) variable(name string) (string, bool) {
	if h, ok := strings.CutPrefix(name, "HTTP:"); ok {
		return strings.Join(r.req.Header.Values(h), ", "), true
	}
	switch name {
	case "REQUEST_URI":
		return r.first, true
	case "REQUEST_FILENAME", "SCRIPT_FILENAME":
		return r.uri, true
	case "QUERY_STRING":
		return r.args, true
	case "REQUEST_METHOD":
		return r.req.Method, true
	case "REQUEST_SCHEME":
		return r.req.Scheme, true
	case "HTTP_HOST":
		return r.req.Host, true
	case "SERVER_NAME":
		return cleanHost(r.req.Host), true
	case "SERVER_PORT":
		if i := strings.LastIndexByte(r.req.Host, ':'); i >= 0 {
			return r.req.Host[i+1:], true
		}
		return strconv.Itoa(r.req.Port), true
	case "HTTPS":
		return map[bool]string{true: "on", false: "off"}[r.req.Scheme == "https"], true
	case "THE_REQUEST":
		return r.req.Method + " " + r.req.URI + " HTTP/1.1", true
	case "SERVER_PROTOCOL":
		return "HTTP/1.1", true
	case "DOCUMENT_ROOT":
		if d := r.host.settings["documentroot"]; d != nil {
			return strings.TrimSuffix(d.arg(0), "/"), true
		}
	case "REMOTE_ADDR":
		return r.req.Remote, r.req.Remote != ""
	case "HTTP_USER_AGENT":
		return r.req.Header.Get("User-Agent"), true
	case "HTTP_REFERER":
		return r.req.Header.Get("Referer"), true
	case "HTTP_COOKIE":
		return r.req.Header.Get("Cookie"), true
	case "HTTP_ACCEPT":
		return r.req.Header.Get("Accept"), true
	case "HTTP_FORWARDED":
		return r.req.Header.Get("Forwarded"), true
	}
	return "", false
}
