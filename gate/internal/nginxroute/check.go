package nginxroute

import (
	"bytes"

	"io"

	"strings"

	crossplane "github.com/nginxinc/nginx-go-crossplane"

	"github.com/dify-gate/dify-gate/gate/internal/quote"
)

// crosscheck lets crossplane judge what the tree does not know: which directive may stand where, and with how many
// arguments. It gets one synthetic main file that holds the whole tree, a directive a line, so that each of its line
// numbers names one directive of ours.
func (l *loader) crosscheck(http []*Directive) Errors {
	p := printer{lines: []*Directive{nil, nil}}
	p.buf.WriteString("events {}\nhttp {\n")
	p.print(http)
	p.buf.WriteString("}\n")
	text := p.buf.Bytes()
	payload, err := crossplane.Parse("main", &crossplane.ParseOptions{
		Open:             func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil },
		SingleFile:       true,
		DirectiveSources: knownDirectives(),
	})
	if err != nil {
		return Errors{{Msg: err.Error()}}
	}
	var errs Errors
	for _, e := range payload.Errors {
		if e.Line == nil || *e.Line-1 >= len(p.lines) || *e.Line < 1 {
			continue
		}
		d := p.lines[*e.Line-1]
		if d == nil {
			continue
		}
		errs = append(errs, SyntaxError{Pos: d.Pos, Msg: crossplaneMessage(e.Error)})
	}
	return errs
}

// crossplaneMessage is crossplane's reason without its own place, which is of the synthetic file.
func crossplaneMessage(err error) string {
	msg := err.Error()
	if pe, ok := err.(*crossplane.ParseError); ok {
		msg = pe.What
	}
	if i := strings.LastIndex(msg, " in main:"); i > 0 {
		msg = msg[:i]
	}
	return msg
}

func knownDirectives() []crossplane.MatchFunc {
	return []crossplane.MatchFunc{crossplane.MatchNginxPlusLatest, crossplane.MatchOssLatest, crossplane.MatchOss124,
		crossplane.MatchLuaLatest,
		crossplane.MatchHeadersMoreLatest, crossplane.MatchNjsLatest, crossplane.MatchOtelLatest, crossplane.MatchGeoip2Latest}
}

// isKnown says whether nginx, or a module that crossplane knows, has the directive.
func isKnown(name string) bool {
	for _, m := range knownDirectives() {
		if _, ok := m(name); ok {
			return true
		}
	}
	return false
}

// printer writes a tree as nginx text, one directive a line.
type printer struct {
	buf   bytes.Buffer
	lines []*Directive // by line
}

func (p *printer) print(ds []*Directive) {
	for _, d := range ds {
		if d.Name == unreadInclude || strings.HasSuffix(d.Name, "_by_lua_block") {
			continue
		}
		if mapLike(d.Name) { // data: crossplane has nothing to say about it
			continue
		}
		p.buf.WriteString(d.Name)
		for _, a := range d.Args {
			p.buf.WriteString(" " + quoteArg(d.Name, a))
		}
		p.lines = append(p.lines, d)
		if d.Block == nil {
			p.buf.WriteString(";\n")
			continue
		}
		p.buf.WriteString(" {\n")
		p.print(d.Block)
		p.buf.WriteString("}\n")
		p.lines = append(p.lines, d)
	}
}

// quoteArg writes an argument so that it is one word again. Its value does not matter to crossplane, its number does.
func quoteArg(name, a string) string {
	if name == "if" {
		return strings.Map(func(r rune) rune {
			if strings.ContainsRune("{};\"'\\# \t\r\n", r) {
				return 'x'
			}
			return r
		}, a)
	}
	if a != "" && !strings.ContainsAny(a, "{};\"'\\# \t\r\n") {
		return a
	}
	return "\"" + strings.Map(func(r rune) rune {
		if strings.ContainsRune("\"\\\r\n", r) {
			return 'x'
		}
		return r
	}, a) + "\""
}

// nearest is the routing directive that a mistyped name is closest to, "" if none is within two edits.
func nearest(name string) string {
	best, bestN := "", 3
	for _, k := range routingDirectives() {
		if n := quote.Distance(name, k); n < bestN {
			best, bestN = k, n
		}
	}
	return best
}

func routingDirectives() []string {
	return []string{"server", "listen", "server_name", "location", "proxy_pass", "rewrite", "return", "break", "set", "if",
		"try_files", "root", "alias", "index", "internal", "error_page", "upstream", "map", "include", "limit_except",
		"proxy_set_header", "proxy_redirect", "fastcgi_pass", "uwsgi_pass", "grpc_pass", "deny", "allow", "satisfy",
		"auth_basic", "auth_request", "add_header", "resolver", "merge_slashes", "proxy_http_version", "proxy_buffering",
		"proxy_read_timeout", "proxy_send_timeout", "client_max_body_size"}
}
