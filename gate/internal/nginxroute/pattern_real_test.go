package nginxroute_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate/internal/nginxroute"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
)

// pattern makes a pattern of the constructs that Go's engine lacks, and of plain ones.
func (g *generator) pattern(depth int) string {
	var b strings.Builder
	for range 1 + g.r.IntN(3) {
		item := g.pick("v1", "/", "[^/]", "\\w", "\\d", ".", "a", "b", "(?i)A", "\\h", "(?# x )", "\\Qv1.\\E", "[[:alpha:]]", "[/a-z]", "\\b", "(?x) a #\n", "x", "\\x2f")
		if depth > 0 && g.chance(55) {
			in := func() string { return g.pattern(depth - 1) }
			open := g.pick("(", "(?:", "(?>", "(?=", "(?!", "(?|", "(?<n>", "(?(?=", "behind", "ref", "cond")
			switch open {
			case "(?|":
				item = "(?|" + in() + "|(" + in() + "))"
			case "(?(?=":
				item = "(?(?=" + in() + ")" + in() + "|" + in() + ")"
			case "behind":
				item = g.pick("(?<=", "(?<!") + g.pick("a", "/", "v1", "[ab]/", "v1|x") + ")"
			case "ref":
				item = "(" + in() + ")" + g.pick("\\1", "\\g{-1}", "x\\1?")
			case "cond":
				item = "(a)?(?(1)" + in() + "|" + in() + ")"
			case "(?<n>":
				item = "(?<n" + fmt.Sprint(g.r.IntN(1e9)) + ">" + in() + ")"
			default:
				item = open + in() + g.pick("", "", "|"+in()) + ")"
			}
			if open == "(?=" || open == "(?!" || open == "behind" {
				b.WriteString(item)
				continue
			}
		}
		b.WriteString(item)
		if g.chance(35) && item != "\\b" && !strings.HasPrefix(item, "(?i)") && !strings.HasPrefix(item, "(?#") && !strings.HasPrefix(item, "(?x)") {
			b.WriteString(g.pick("*", "+", "?", "++", "*+", "?+", "{1,2}", "{2}", "+?", "*?", "*"))
		}
	}
	return b.String()
}

// TestPatternsAgainstNginx compares what patterns match, and which groups, with a real nginx.
func TestPatternsAgainstNginx(t *testing.T) {
	const patterns, requests = 150, 8
	dir, port := t.TempDir(), testserver.Port(t)
	g := &generator{r: rand.New(rand.NewPCG(11, seedFromEnv()))}
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`)
	head := fmt.Sprintf("server_names_hash_bucket_size 128; variables_hash_max_size 65536; server { listen 127.0.0.1:%d; server_name x;\n", port)
	conf := head
	for n := 0; n < patterns; {
		p := g.pick("^/", "", "", "a\\K") + g.pattern(2) + g.pick("", "", "$")
		location := fmt.Sprintf("location = /%d { if ($http_x_probe ~ \"%s\") { return 302 \"/[$1|$2]\"; } return 404; }\n", n, quoted.Replace(p))
		switch refused := testserver.NginxTest(t, dir, head+location+"}\n"); {
		case refused != nil:
			if c, err := load(t, "x.conf", head+location+"}\n", nil); err == nil && len(c.Unknown()) == 0 {
				t.Errorf("nginx refuses what Load takes: %s: %v", p, refused)
			}
		default:
			conf += location
			n++
		}
	}
	conf += "}\n"
	file := filepath.Join(dir, "site.conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := nginxroute.Load([]string{file}, nginxroute.Options{})
	if err != nil {
		t.Fatalf("nginx takes what Load refuses: %v", err)
	}
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	testserver.Nginx(t, dir, addr, conf)
	matched, open := 0, 0
	for n := range patterns {
		for range requests {
			var subject strings.Builder
			for range 1 + g.r.IntN(7) {
				subject.WriteString(g.pick("/", "v1", "a", "b", "A", "x", "1", "v1.", "/v1/", "a b", "\xe9"))
			}
			req := nginxroute.Request{Host: "x", Port: port, URI: fmt.Sprintf("/%d", n), Header: http.Header{"X-Probe": {subject.String()}}}
			a := c.Route(req)
			if a.Kind == nginxroute.Unknown {
				open++
				continue
			}
			got, want := predicted(a, nil), ask(t, addr, "GET", "x", req.URI, req.Header)
			if got.status == 302 {
				matched++
			}
			if got.status != want.status || !strings.HasSuffix(want.location, got.location[strings.Index(got.location, "/[")+1:]) {
				t.Errorf("%q on %q: predicted %+v, nginx %+v", strings.Split(conf, "\n")[n+1], subject.String(), got, want)
			}
		}
	}
	t.Logf("%d matches, %d not known, of %d", matched, open, patterns*requests)
	if matched < patterns || open > patterns*requests/4 {
		t.Errorf("%d matches and %d not known say little", matched, open)
	}
}
