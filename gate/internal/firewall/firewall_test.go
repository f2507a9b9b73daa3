package firewall

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
)

// ask puts the question on a dump.
func ask(t *testing.T, dump, from string, port uint16) Answer {
	t.Helper()
	r, err := Parse(dump)
	if err != nil {
		t.Fatal(err)
	}
	p, ok := parsePrefix(from)
	if !ok {
		t.Fatalf("prefix %q", from)
	}
	return Ask(r, p, Packet{Port: port})
}

// docker is what a host with one published container looks like, as Docker
// writes it: 8080 on the host goes to port 80 of 172.17.0.2.
const docker = `*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A DOCKER -i docker0 -j RETURN
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER - [0:0]
:DOCKER-USER - [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
-A FORWARD -j DOCKER-USER
-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -o docker0 -j DOCKER
-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
USERRULES
-A DOCKER-USER -j RETURN
COMMIT
`

func TestDocker(t *testing.T) {
	for _, c := range []struct {
		user, from string
		port       uint16
		want       Outcome
		rule       string
	}{
		{"", "0.0.0.0/0", 8080, Open, "-A DOCKER -d 172.17.0.2/32"},
		{"", "0.0.0.0/0", 80, Blocked, "policy drop"},
		{"", "0.0.0.0/0", 22, Open, "--dport 22"},
		{"-A DOCKER-USER -i eth0 -j DROP", "0.0.0.0/0", 8080, Blocked, "-A DOCKER-USER -i eth0 -j DROP"},
		{"-A DOCKER-USER -s 10.0.0.0/8 -j RETURN\n-A DOCKER-USER -j DROP", "10.1.2.3/32", 8080, Open, ""},
		{"-A DOCKER-USER -s 10.0.0.0/8 -j RETURN\n-A DOCKER-USER -j DROP", "0.0.0.0/0", 8080, Blocked, "-A DOCKER-USER -j DROP"},
		{"-A DOCKER-USER -p tcp -m tcp --dport 80 -j DROP", "0.0.0.0/0", 8080, Blocked, "--dport 80 -j DROP"},
		// In DOCKER-USER the port is the container's: this rule blocks nothing.
		{"-A DOCKER-USER -p tcp -m tcp --dport 8080 -j DROP", "0.0.0.0/0", 8080, Open, ""},
		{"-A DOCKER-USER -m mark --mark 0x1 -j DROP", "0.0.0.0/0", 8080, Unknown, ""},
	} {
		a := ask(t, strings.Replace(docker, "USERRULES", c.user, 1), c.from, c.port)
		if a.Outcome != c.want || !strings.Contains(a.Rule, c.rule) {
			t.Errorf("%q from %s to %d: %+v, want %s by %q", c.user, c.from, c.port, a, c.want, c.rule)
		}
	}
}

func TestUfw(t *testing.T) {
	const status = `Status: active

     To                         Action      From
     --                         ------      ----
[ 1] 22/tcp                     ALLOW IN    Anywhere
[ 2] 80/tcp                     ALLOW IN    10.0.0.0/8
[ 3] 443                        DENY IN     Anywhere                   # old
[ 4] Nginx Full                 ALLOW IN    Anywhere
[ 5] 5353/udp                   ALLOW IN    Anywhere
[ 6] 22/tcp (v6)                ALLOW IN    Anywhere (v6)
`
	for _, c := range []struct {
		from string
		port uint16
		want Outcome
		line int
	}{
		{"0.0.0.0/0", 22, Open, 5}, {"10.2.3.4/32", 80, Open, 6}, {"0.0.0.0/0", 80, Open, 8}, {"0.0.0.0/0", 443, Blocked, 7},
		{"0.0.0.0/0", 5353, Blocked, 1}, {"::/0", 22, Open, 10}, {"::/0", 80, Blocked, 1},
	} {
		if a := ask(t, status, c.from, c.port); a.Outcome != c.want || a.Line != c.line {
			t.Errorf("from %s to %d: %+v, want %s by line %d", c.from, c.port, a, c.want, c.line)
		}
	}
	if a := ask(t, "Status: inactive\n", "0.0.0.0/0", 80); a.Outcome != Open {
		t.Errorf("inactive: %+v", a)
	}
	verbose := "Status: active\nDefault: allow (incoming), allow (outgoing)\n\nTo   Action   From\n80/tcp                     REJECT IN    Anywhere\n"
	if a := ask(t, verbose, "0.0.0.0/0", 81); a.Outcome != Open || a.Line != 2 {
		t.Errorf("verbose: %+v", a)
	}
}

func TestFirewalld(t *testing.T) {
	const zone = `public (active)
  target: default
  interfaces: eth0
  services: ssh http
  ports: 8080/tcp 9000-9010/tcp 53/udp
  rich rules:
	rule family="ipv4" source address="198.51.100.0/24" reject
	rule family="ipv4" source address="10.0.0.0/8" port port="5432" protocol="tcp" accept
`
	for _, c := range []struct {
		from string
		port uint16
		want Outcome
	}{
		{"0.0.0.0/0", 80, Open}, {"0.0.0.0/0", 443, Blocked}, {"0.0.0.0/0", 9005, Open}, {"0.0.0.0/0", 53, Blocked},
		{"198.51.100.7/32", 80, Blocked}, {"10.1.1.1/32", 5432, Open}, {"0.0.0.0/0", 5432, Blocked},
	} {
		if a := ask(t, zone, c.from, c.port); a.Outcome != c.want {
			t.Errorf("from %s to %d: %+v, want %s", c.from, c.port, a, c.want)
		}
	}
}

func TestBrokenDumps(t *testing.T) {
	for _, dump := range []string{
		"", "hello\n", "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j DROP\n", "*filter\n-A NOWHERE -j DROP\nCOMMIT\n",
		"*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m comment --comment \"x -j DROP\nCOMMIT\n",
		"table ip filter {\n\tchain INPUT {\n\t\ttcp dport 80 drop\n", "table ip filter {\n\tset s {\n",
	} {
		_, err := Parse(dump)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || syntax.Line < 1 {
			t.Errorf("%q: %v, want a syntax error with a line", dump, err)
		}
	}
}

func TestCircle(t *testing.T) {
	a := ask(t, "*filter\n:INPUT ACCEPT [0:0]\n:A - [0:0]\n:B - [0:0]\n-A INPUT -j A\n-A A -j B\n-A B -j A\nCOMMIT\n", "0.0.0.0/0", 80)
	if a.Outcome != Unknown {
		t.Errorf("%+v, want unknown", a)
	}
}

func TestGeneric(t *testing.T) {
	named := []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("10.0.0.0/8")}
	if a := generic(netip.MustParsePrefix("0.0.0.0/0"), named); named[0].Contains(a) || named[1].Contains(a) {
		t.Errorf("%s lies in a named prefix", a)
	}
	if a := generic(netip.MustParsePrefix("10.5.0.0/16"), []netip.Prefix{netip.MustParsePrefix("10.5.0.0/24")}); !netip.MustParsePrefix("10.5.0.0/16").Contains(a) || netip.MustParsePrefix("10.5.0.0/24").Contains(a) {
		t.Errorf("%s is not a free address of the network", a)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(docker)
	f.Add("table inet f {\n\tset s {\n\t\ttype ipv4_addr\n\t\telements = { 10.0.0.1, 10.0.0.2-10.0.0.9 }\n\t}\n\tchain c {\n\t\ttype filter hook input priority filter; policy drop;\n\t\tct state vmap { new : accept, invalid : drop }\n\t\tip saddr @s tcp dport { 80, 443 } accept\n\t}\n}\n")
	f.Add("table 000 {\nset }{")
	f.Add("Status: active\n[ 1] 80/tcp    ALLOW IN    Anywhere\n")
	f.Add("public\n  target: default\n  ports: 80/tcp\n")
	f.Fuzz(func(t *testing.T, dump string) {
		r, err := Parse(dump)
		if err != nil {
			return
		}
		Ask(r, netip.MustParsePrefix("0.0.0.0/0"), Packet{Port: 80})
	})
}
