package pcre

import (
	"strings"
	"testing"
)

// TestMatch: what PCRE2 10.42 answers, asked through its own library, on what Go's
// engine lacks or means otherwise.
func TestMatch(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pattern string
		text    string
		want    string // the groups, "-" for no match
	}{
		{`^/v1/.++$`, "/v1/parameters", "/v1/parameters"},
		{`^/v1/.++s$`, "/v1/parameters", "-"},
		{`^/(?>v1|v1/x)/y`, "/v1/x/y", "-"},
		{`^/(?!api|v1)(.*)$`, "/apps/x", "/apps/x|apps/x"},
		{`^/(?!api|v1)(.*)$`, "/v1/x", "-"},
		{`^/(?=v1/)v1(.*)`, "/v1/x", "/v1/x|/x"},
		{`(?<=/v1)/(\w+)`, "/v1/chat", "/chat|chat"},
		{`^/.*(?<!\.png)$`, "/a.png", "-"},
		{`^/(\w+)/\1$`, "/v1/v1", "/v1/v1|v1"},
		{`^/(?<a>\w+)/\k<a>$`, "/v1/v2", "-"},
		{`^/(?'a'\w+)/\g{a}$`, "/v1/v1", "/v1/v1|v1"},
		{`^/(?P<a>\w+)/(?P=a)$`, "/v1/v1", "/v1/v1|v1"},
		{`^/(\w+)/\g{-1}$`, "/v1/v1", "/v1/v1|v1"},
		{`^/(v1/)?(?(1)chat|apps)$`, "/v1/chat", "/v1/chat|v1/"},
		{`^/(v1/)?(?(1)chat|apps)$`, "/chat", "-"},
		{`^/(?(?=v1)v1/\w+|apps)$`, "/apps", "/apps"},
		{`^/v1(?# the API )/x`, "/v1/x", "/v1/x"},
		{`^/v1\K/(x)`, "/v1/x", "/x|x"},
		{`^/a\hb`, "/a b", "/a b"},
		{`(?x)^ / v1 # the API
			/ x`, "/v1/x", "/v1/x"},
		{`^/(?|v(\d)|api/(\w))/x`, "/api/q/x", "/api/q/x|q"},
		{`^/\Qv1.x\E+$`, "/v1.xxx", "/v1.xxx"},
		{`^/x$`, "/x\n", "/x"},
		{`^/x\z`, "/x\n", "-"},
		{`(?m)^b$`, "a\nb\nc", "b"},
		{`^/(?i:V1)/x$`, "/v1/x", "/v1/x"},
		{`^/v1(?i)/X|y$`, "/z/Y", "Y"},
		{`^/[[:alpha:]\d-]+$`, "/v-1", "/v-1"},
		{`^/[]a]+$`, "/]a", "/]a"},
		{"^/caf\xc3\xa9$", "/caf\xc3\xa9", "/caf\xc3\xa9"},
		{`^/(.)(.)$`, "/\xc3\xa9", "/\xc3\xa9|\xc3|\xa9"},
		{`^/\x{41}\x42\103\cA?$`, "/ABC", "/ABC"},
		{`(a*)*`, "aa", "aa|"},
		{`^\R\N`, "\r\nx", "\r\nx"},
		{`(*positive_lookahead:/v1)/(..)`, "/v1", "/v1|v1"},
	} {
		p, err := Compile(tt.pattern, Options{})
		if err != nil || p.Why() != "" {
			t.Errorf("%s: %v, %s", tt.pattern, err, p.Why())
			continue
		}
		got := "-"
		groups, known := p.Match(tt.text)
		if groups != nil {
			got = strings.Join(groups, "|")
		}
		if !known || got != tt.want {
			t.Errorf("%s on %q: got %q, known %v, want %q", tt.pattern, tt.text, got, known, tt.want)
		}
	}
}

// TestOptions: Apache's defaults.
func TestOptions(t *testing.T) {
	t.Parallel()
	p, err := Compile(`^/A.B$`, Options{Caseless: true, DotAll: true, DollarEndOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{"/a\nb": true, "/axb\n": false, "/AxB": true} {
		if m, known := p.Match(text); !known || (m != nil) != want {
			t.Errorf("%q: %q, %v", text, m, known)
		}
	}
}

// TestUnknown: what is not run is not guessed at.
func TestUnknown(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		`^/(a(?1)?b)$`: "recursion", `^/(?R)?x`: "recursion", `(?<n>a)\g<n>`: "recursion", `(a)(?&n)(?<n>b)`: "recursion", `(?(R)a|b)`: "recursion",
		`(*UTF8)^/v1`: "a verb", `a(*SKIP)b`: "a verb", `(?C1)a`: "a call-out", `(?J)(?<n>a)`: "option (?J)", `\X`: `\X`, `a{,3}`: "{,n}",
		`(?<=(a|b))c`: "groups within a look-behind", `(?=a)*b`: "repeats an assertion", `(?:a\Kb)`: `\K within a group`, `\p{Greek}`: "property",
		`(a\1?)`: "back reference within the group",
	} {
		p, err := Compile(pattern, Options{})
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
			continue
		}
		if m, known := p.Match("/v1"); known || m != nil || !strings.Contains(p.Why(), want) {
			t.Errorf("%s: matched %q, known %v, why %q, want %q", pattern, m, known, p.Why(), want)
		}
	}
}

// TestRefused: what PCRE refuses too.
func TestRefused(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		`(a`: "missing closing parenthesis", `a)`: "unmatched closing parenthesis", `[a`: "missing terminating ]", `a**`: "quantifier", `*a`: "quantifier",
		`a\`: `\ at end`, `[z-a]`: "out of order", `(a)\2`: "group 2", `\k<n>`: `group "n"`, `(?<n>a)(?<n>b)`: "same name", `a{2,1}`: "out of order",
		`(?<=a+)b`: "not fixed length", `(?z)`: "unrecognized", `\i`: "unrecognized", `[[:foo:]]`: "POSIX", `(?(1)a|b|c)(d)`: "more than two",
		`\x{100}`: "too large", `(?#`: "missing )", `a{70000}`: "too big", `[\d-z]`: "invalid range",
	} {
		if _, err := Compile(pattern, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", pattern, err, want)
		}
	}
}

// TestCatastrophe: backtracking without end is stopped, and not tried again.
func TestCatastrophe(t *testing.T) {
	t.Parallel()
	p, err := Compile(`^/(?=((a|aa)+)+$)`, Options{})
	if err != nil {
		t.Fatal(err)
	}
	text := "/" + strings.Repeat("a", 5000) + "!"
	for range 20 {
		if m, known := p.Match(text); known || m != nil {
			t.Fatalf("got %q, known %v", m, known)
		}
	}
}

// FuzzCompile: no pattern fails or grows without a bound.
func FuzzCompile(f *testing.F) {
	for _, s := range []string{`^/(?!api)(.*+)$`, `(?|a|(b))(?(1)c|d)`, `[^]\d-]`, `\Qa\E{2}`, `(?<n>a)\k{n}`, `(?x) a # b`, "\\x{41}\\cA\\12", `(?<=a|b)\K`} {
		f.Add(s, "/v1/a", true)
	}
	f.Fuzz(func(t *testing.T, pattern, text string, fold bool) {
		p, err := Compile(pattern, Options{Caseless: fold})
		if err != nil {
			return
		}
		m, known := p.Match(text)
		if known && m != nil && len(m) != p.Captures+1 || p.Why() == "" && len(p.Names) != p.Captures+1 {
			t.Errorf("%q on %q: %d groups of %d, %d names", pattern, text, len(m), p.Captures, len(p.Names))
		}
	})
}

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		if _, err := Compile(`^/(console/api|api|v1|files)/([^/]+)/(.*)$`, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBacktrack(b *testing.B) {
	p, err := Compile(`^/(?!console|api|v1|files)([^/]++)/(.*)$`, Options{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		p.Match("/apps/1234/workflow")
	}
}
