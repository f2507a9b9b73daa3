package nginxroute_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate/internal/nginxroute"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
)

// seen is what an upstream got, or how nginx answered by itself.
type seen struct {
	upstream string // "a", "b", "c", or "" for nginx
	method   string
	uri      string
	status   int
	location string
}

// newUpstreams starts three upstreams that read the request line as bytes, whatever is in it, and answer with it.
func newUpstreams(t *testing.T) (names map[string]string, addrs map[string]string) {
	names, addrs = map[string]string{}, map[string]string{}
	for _, n := range []string{"a", "b", "c"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go record(c, n)
			}
		}()
		addr := l.Addr().String()
		names[addr], addrs[n] = n, addr
	}
	return names, addrs
}

// record answers one request with the upstream's name and the request line in hex.
func record(c net.Conn, name string) {
	defer c.Close()
	in := bufio.NewReader(c)
	line, err := in.ReadString('\n')
	for h := line; err == nil && h != "\r\n"; {
		h, err = in.ReadString('\n')
	}
	method, rest, _ := strings.Cut(line, " ")
	uri := rest[:max(strings.LastIndex(rest, " HTTP/"), 0)]
	fmt.Fprintf(c, "HTTP/1.0 200 OK\r\nX-Up: %s\r\nX-Method: %s\r\nX-Uri: %x\r\nContent-Length: 0\r\n\r\n", name, method, uri)
}

// ask sends the request target as it stands, without a client's own cleaning.
func ask(t *testing.T, addr, method, host, uri string, header http.Header) seen {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n", method, uri, host)
	for k, vs := range header {
		for _, v := range vs {
			fmt.Fprintf(c, "%s: %s\r\n", k, v)
		}
	}
	fmt.Fprint(c, "\r\n")
	res, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	if err != nil {
		return seen{status: 444}
	}
	defer res.Body.Close()
	if up := res.Header.Get("X-Up"); up != "" {
		var raw []byte
		fmt.Sscanf(res.Header.Get("X-Uri"), "%x", &raw)
		return seen{upstream: up, method: res.Header.Get("X-Method"), uri: string(raw)}
	}
	return seen{status: res.StatusCode, location: res.Header.Get("Location")}
}

// predicted is an answer in the same terms.
func predicted(a nginxroute.Answer, names map[string]string) seen {
	switch a.Kind {
	case nginxroute.Proxied:
		return seen{upstream: names[a.Upstream], method: a.Method, uri: a.URI}
	case nginxroute.Closed:
		return seen{status: 444}
	}
	return seen{status: a.Status, location: a.Target}
}

// generator makes configurations and requests; its choices depend on the seed alone.
type generator struct {
	r     *rand.Rand
	addrs map[string]string
	root  string
	// snippet is a file to include that hands on to c.
	snippet string
}

func (g *generator) pick(ss ...string) string { return ss[g.r.IntN(len(ss))] }
func (g *generator) chance(n int) bool        { return g.r.IntN(100) < n }
func (g *generator) up() string               { return g.addrs[g.pick("a", "b", "c")] }

func (g *generator) pass(uri bool) string {
	switch {
	case uri && g.chance(45):
		return "proxy_pass http://" + g.up() + g.pick("/", "/v1", "/v1/", "/new/base", "/x?k=1", "/%20s") + ";"
	case g.chance(12):
		return "set $up " + g.up() + "; proxy_pass http://$up" + g.pick("", "", "/fixed", "$request_uri", "$uri", "/p$uri$is_args$args") + ";"
	case g.chance(12):
		return "proxy_pass http://" + g.pick("$byuri", "$bymethod") + g.pick("", "", "$request_uri", "/m$uri") + ";"
	case g.chance(10):
		return "include " + g.snippet + ";"
	case g.chance(15):
		return "proxy_pass http://group" + g.pick("", "") + ";"
	}
	return "proxy_pass http://" + g.up() + ";"
}

func (g *generator) rewrite() string {
	re := g.pick("^/api/(.*)$", "^/v1(/.*)?$", "^/(.*)$", "/files/(.*)", "^/old", "^/([a-z]+)/([a-z]+)", "(?<n>[0-9]+)", "^/console/api/(.*)", "x")
	to := g.pick("/$1", "/v1/$1", "/new", "/new?q=$1", "/$1?", "/v1$1?z=2", "/files/$uri", "/$args", "/a/$2/$1", "/api/$1", "/")
	if strings.Contains(re, "?<n>") {
		to = g.pick("/num/$n", "/num?n=$n", "/$1/$n")
	}
	flag := g.pick("", " last", " break", " break", " redirect", " permanent")
	if g.chance(8) {
		to, flag = "https://other.example"+to, ""
	}
	return "rewrite " + re + " " + to + flag + ";"
}

func (g *generator) cond() string {
	return g.pick(
		"$request_method = POST", "$request_method !~ ^(GET|HEAD)$", "$http_x_probe", "$http_x_probe = yes", "$http_x_probe != ''",
		"$arg_q = 1", "$arg_q", "$uri ~ ^/v1", "$uri ~* /API/(.*)", "$host = b.example", "$args ~ k=([0-9]+)", "$is_args", "$mapped = one",
		"$request_uri ~ //", "-f $request_filename", "!-e $request_filename", "-d $document_root$uri")
}

func (g *generator) ret() string {
	return g.pick("return 404;", "return 403;", "return 200 ok;", "return 301 /moved$uri;", "return 302 https://o.example$request_uri;",
		"return 308 $scheme://$host$request_uri;", "return 503;", "return 444;", "return 204;", "return 410 gone;", "return https://w.example/;", "return 404 none;")
}

// location is one location block's inside.
func (g *generator) inside(uriAllowed bool, depth int) string {
	var b strings.Builder
	if g.chance(25) {
		b.WriteString(g.rewrite() + "\n")
	}
	if g.chance(15) {
		fmt.Fprintf(&b, "if (%s) { %s }\n", g.cond(), g.pick(g.ret(), g.rewrite(), "set $v w;", g.plainPass(), "break;"))
	}
	if g.chance(10) {
		b.WriteString(g.rewrite() + "\n")
	}
	if g.chance(6) {
		fmt.Fprintf(&b, "limit_except %s { %s }\n", g.pick("GET", "POST", "GET POST"), g.pick("deny all;", "proxy_pass http://"+g.up()+"; allow all;"))
	}
	if g.chance(6) {
		b.WriteString(g.pick("error_page 404 = @back;", "error_page 403 404 /err/page;", "error_page 405 =200 /file.txt;", "error_page 404 https://e.example/;", "error_page 301 302 /err/r;") + "\n")
	}
	if g.chance(4) {
		b.WriteString(g.pick("internal;", "deny all;", "allow 127.0.0.1; deny all;", "deny 10.0.0.0/8;", "auth_basic off;", "auth_basic x; auth_basic_user_file none;", "absolute_redirect off;", "port_in_redirect off;") + "\n")
	}
	switch k := g.r.IntN(100); {
	case k < 66:
		b.WriteString(g.pass(uriAllowed) + "\n")
	case k < 74:
		b.WriteString(g.ret() + "\n")
	case k < 84:
		b.WriteString("root " + g.root + "; try_files " + g.pick("$uri", "$uri $uri/", "/nope", "/file.txt") + " " + g.pick("@back", "=404", "/index.html", "/v1/tail?a=$args", "/file.txt", "=410") + ";\n")
		if g.chance(40) {
			b.WriteString(g.pass(false) + "\n")
		}
	case k < 92:
		b.WriteString("root " + g.root + g.pick("", "/", "/sub") + ";\n")
	case k < 96 && uriAllowed:
		b.WriteString("alias " + g.root + "/;\n")
	}
	if depth == 0 && g.chance(10) {
		b.WriteString("NESTED")
	}
	return b.String()
}

func (g *generator) plainPass() string { return "proxy_pass http://" + g.up() + ";" }

func (g *generator) server(names string, port int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "server {\nlisten 127.0.0.1:%d%s;\n", port, g.pick("", "", ""))
	fmt.Fprintf(&b, "server_name %s;\n", names)
	if g.chance(8) {
		b.WriteString("merge_slashes off;\n")
	}
	if g.chance(10) {
		b.WriteString(g.rewrite() + "\n")
	}
	if g.chance(8) {
		fmt.Fprintf(&b, "if (%s) { %s }\n", g.cond(), g.pick(g.ret(), g.rewrite(), "set $v w;", "break;"))
	}
	if g.chance(6) {
		b.WriteString("error_page 404 " + g.pick("/err/page", "= @back", "=200 /file.txt") + ";\n")
	}
	fmt.Fprintf(&b, "root %s;\nset $v u;\n", g.root)
	used := map[string]bool{}
	for range 3 + g.r.IntN(6) {
		mod := g.pick("", "", "", "", "=", "^~", "~", "~*")
		name := g.pick("/", "/api", "/api/", "/v1", "/v1/", "/console/api", "/files", "/files/", "/e/", "/mcp", "/triggers", "/new", "/err/", "/a", "/v1/files", "/index.html", "/sub/")
		if strings.HasPrefix(mod, "~") {
			name = g.pick("^/api", "^/v1/(.*)$", `\.(png|txt|css)$`, "/FILES/", "^/(?<n>e|mcp)/", "^/console", "^/[a-z]+$", "s/(.)(.)", "^/(?!v1|api/p)(.*)$")
		}
		key := strings.TrimPrefix(mod, "^~") + name
		if used[key] {
			continue
		}
		used[key] = true
		in := g.inside(!strings.HasPrefix(mod, "~"), 0)
		nested := ""
		if strings.Contains(in, "NESTED") && mod != "=" {
			if strings.HasPrefix(mod, "~") {
				nested = "location ~ " + g.pick(`\.png$`, "^/v1/f", "api/x") + " {\n" + strings.ReplaceAll(g.inside(false, 1), "NESTED", "") + "}\n"
			} else {
				nested = "location " + name + g.pick("x", "sub/", "/deep") + " {\n" + g.inside(true, 1) + "}\n"
				if g.chance(50) {
					nested += "location ~ " + g.pick(`\.png$`, "x", "deep") + " {\n" + g.inside(false, 1) + "}\n"
				}
			}
		}
		in = strings.ReplaceAll(in, "NESTED", nested)
		fmt.Fprintf(&b, "location %s %s {\n%s}\n", mod, name, in)
	}
	if !used["/"] && g.chance(70) {
		b.WriteString("location / { " + g.pass(true) + " }\n")
	}
	fmt.Fprintf(&b, "location @back { %s%s }\n", g.pick("", g.rewrite()), g.plainPass())
	b.WriteString("}\n")
	return b.String()
}

func (g *generator) uri() string {
	u := g.pick("/", "/api", "/api/", "/api/passport", "/v1", "/v1/", "/v1/parameters", "/v1/files/x/preview.png", "/console/api/ping",
		"/files/a%20b/c+d", "/e", "/e/abc", "/explore", "/mcp/server/1", "/triggers/x", "//v1//parameters", "/v1/../api/x", "/v1/./x", "/V1/x",
		"/file.txt", "/sub", "/sub/", "/sub/index.html", "/nope.txt", "/new", "/old/1", "/a/b/c", "/x%2Fy/z", "/api%2Fx", "/%61pi/x", "/v1/%E4%B8%AD", "/v1/a%3Fb",
		"/..", "/%zz", "/v1/a%25b", "/files/FILES/q", "/err/page", "/err/r", "/index.html", "/v1/files/", "/v1x", "/api/x/y", "/console", "/12/34", "/a", "/v1/a;b=c", "/v1/{x}|y", "/sub/x/..", "/.", "/apix")
	if g.chance(40) {
		u += g.pick("?", "?q=1", "?q=1&k=22", "?k=%20a", "?a=b#frag", "?x=//y", "#f")
	}
	return u
}

// staticFiles are the files below root, and the Stat that knows them.
func staticFiles(t *testing.T, root string) func(string) nginxroute.File {
	for _, f := range []string{"file.txt", "sub/index.html", "index.html", "v1/index.html"} {
		p := filepath.Join(root, f)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(f), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return func(p string) nginxroute.File {
		st, err := os.Stat(p)
		switch {
		case err != nil:
			return nginxroute.FileAbsent
		case st.IsDir():
			return nginxroute.FileDir
		}
		return nginxroute.FileRegular
	}
}

// TestAgainstNginx compares predictions with what a real nginx does: generated servers, each with its own names on one
// port, and generated requests to them.
func TestAgainstNginx(t *testing.T) {
	names, addrs := newUpstreams(t)
	dir := t.TempDir()
	root := filepath.Join(dir, "root")
	stat := staticFiles(t, root)
	port := testserver.Port(t)
	g := &generator{r: rand.New(rand.NewPCG(5, seedFromEnv())), addrs: addrs, root: root}
	var conf strings.Builder
	fmt.Fprintf(&conf, "server_names_hash_bucket_size 128; variables_hash_max_size 4096;\nupstream group { server %s; }\n", addrs["b"])
	conf.WriteString("map $arg_q $mapped { default none; 1 one; ~^2(?<rest>.*) two; }\n")
	fmt.Fprintf(&conf, "map $uri $byuri { default %s; ~^/v1/ %s; /api group; ~*^/(?<first>files)/ %s; }\n", addrs["a"], addrs["c"], addrs["b"])
	fmt.Fprintf(&conf, "map $request_method:$http_x_probe $bymethod { hostnames; volatile; default %s; ~^POST %s; GET:yes %s; }\n", addrs["b"], addrs["a"], addrs["c"])
	if err := os.WriteFile(filepath.Join(dir, "snippet.conf"), []byte("proxy_set_header Host $host;\nproxy_pass http://"+addrs["c"]+";\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	g.snippet = filepath.Join(dir, "snippet.conf")
	hosts := g.servers(t, dir, port, &conf)
	file := filepath.Join(dir, "site.conf")
	if err := os.WriteFile(file, []byte(conf.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := nginxroute.Load([]string{file}, nginxroute.Options{})
	if err != nil {
		t.Fatalf("nginx takes what Load refuses: %v", err)
	}
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	testserver.Nginx(t, dir, addr, conf.String())
	total, open, wrong := 0, 0, 0
	for _, h := range hosts {
		for range requestsEach {
			host := g.hostOf(h)
			req := nginxroute.Request{Method: g.pick("GET", "GET", "POST", "HEAD", "DELETE"), Host: host, Port: port, URI: g.uri(), Remote: "127.0.0.1", Stat: stat, Header: http.Header{}}
			if g.chance(20) {
				req.Header.Set("X-Probe", g.pick("yes", "no", "0"))
			}
			a := c.Route(req)
			total++
			if a.Kind == nginxroute.Unknown {
				open++
				t.Logf("unknown: %s %s: %s", req.Method, req.URI, a.Why)
				continue
			}
			got, want := predicted(a, names), ask(t, addr, req.Method, host, req.URI, req.Header)
			if got != want {
				if wrong++; wrong <= 8 {
					t.Errorf("%s %s%s %v\n predicted %+v\n nginx     %+v\n steps %v\n%s", req.Method, host, req.URI, req.Header, got, want, a.Steps, block(conf.String(), h))
				}
			}
		}
	}
	t.Logf("%d cases, %d unknown, %d different", total, open, wrong)
	if open*20 >= total {
		t.Errorf("%d of %d cases are unknown, want under 5 %%", open, total)
	}
}

// servers appends generated servers that nginx takes, all in one configuration, and
// gives their names. nginx -t names the line of one that it refuses: another one is
// made instead of that.
func (g *generator) servers(t *testing.T, dir string, port int, conf *strings.Builder) []string {
	t.Helper()
	prelude := conf.String()
	var hosts, texts []string
	for i := range servers {
		hosts = append(hosts, fmt.Sprintf("s%d.example", i))
		texts = append(texts, g.server(g.names(hosts[i]), port))
	}
	for range 10 * servers {
		err := testserver.NginxTest(t, dir, prelude+strings.Join(texts, ""))
		if err == nil {
			conf.WriteString(strings.Join(texts, ""))
			return hosts
		}
		m := refusedLine.FindStringSubmatch(err.Error())
		if m == nil {
			t.Fatalf("nginx refuses no line: %v", err)
		}
		line, _ := strconv.Atoi(m[1])
		whole, err := os.ReadFile(filepath.Join(dir, "nginx.test.conf"))
		if err != nil {
			t.Fatal(err)
		}
		before := strings.Join(strings.Split(string(whole), "\n")[:line], "\n")
		at := strings.LastIndex(before, "\nserver_name s")
		var bad int
		if _, err := fmt.Sscanf(before[at+1:], "server_name s%d.", &bad); at < 0 || err != nil {
			t.Fatalf("no server stands before line %d: %v", line, err)
		}
		texts[bad] = g.server(g.names(hosts[bad]), port)
	}
	t.Fatal("nginx refuses one server after another")
	return nil
}

// names are a server's names, the host's own first.
func (g *generator) names(host string) string {
	label, _, _ := strings.Cut(host, ".")
	return host + g.pick("", "", " *."+host, " ."+label+".test", " "+label+".*", ` ~^(?<sub>x|y)\.`+label+`\.re$`)
}

// hostOf is a host that a request for a server may name: its own, or one that only
// another of its names takes, or none.
func (g *generator) hostOf(host string) string {
	label, _, _ := strings.Cut(host, ".")
	return g.pick(host, host, host, host, strings.ToUpper(host), "a."+host, "b."+label+".test", label+".test", label+".org", "x."+label+".re", "z."+label+".re")
}

var refusedLine = regexp.MustCompile(`nginx\.test\.conf:(\d+)`)

func block(conf, host string) string {
	i := strings.Index(conf, "server_name "+host)
	s := conf[i:]
	if j := strings.Index(s, "\nserver {"); j > 0 {
		s = s[:j]
	}
	return s
}

const (
	servers      = 50
	requestsEach = 12
)

// seedFromEnv lets a developer look at other cases than those of every run: GATE_TEST_SEED=7.
func seedFromEnv() uint64 {
	var n uint64 = 26
	fmt.Sscan(os.Getenv("GATE_TEST_SEED"), &n)
	return n
}
