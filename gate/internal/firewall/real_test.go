package firewall

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate/internal/testserver"
)

// These make the test binary a server or a client: it is started again inside of
// a network namespace.
const (
	listenVariable = "GATE_TEST_LISTEN"
	dialVariable   = "GATE_TEST_DIAL"
)

func TestMain(m *testing.M) {
	if ports := os.Getenv(listenVariable); ports != "" {
		listen(strings.Split(ports, ","))
	}
	if address := os.Getenv(dialVariable); address != "" {
		dial(address)
	}
	os.Exit(m.Run())
}

func listen(ports []string) {
	for _, port := range ports {
		l, err := net.Listen("tcp", ":"+port)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				_ = c.Close()
			}
		}()
	}
	fmt.Println("ready")
	// The end of the test closes stdin: sudo's child cannot be killed by a user.
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

// asRoot is a command that runs as root: by sudo where the test is a user's, as
// on GitHub's runners.
func asRoot(name string, args ...string) *exec.Cmd {
	if os.Geteuid() != 0 {
		return exec.Command("sudo", append([]string{"-n", "-E", name}, args...)...)
	}
	return exec.Command(name, args...)
}

// filterCase is a rule set and the questions put to it.
type filterCase struct {
	name  string
	rules string // iptables-restore input, or an nft script that begins with "table"
	ports []uint16
}

func iptables(rules ...string) string {
	return "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:MINE - [0:0]\n:OTHER - [0:0]\n" + strings.Join(rules, "\n") + "\nCOMMIT\n"
}

func closed(rules ...string) string {
	return strings.Replace(iptables(rules...), ":INPUT ACCEPT", ":INPUT DROP", 1)
}

func inet(policy string, rules ...string) string {
	return "table inet t {\nset friends { type ipv4_addr; flags interval; elements = { 10.77.0.2, 10.88.0.0/16 }; }\nset strangers { type ipv4_addr; elements = { 192.0.2.1 }; }\nset open { type inet_service; elements = { 80, 443 }; }\nchain mine {\ntcp dport 8080 drop\n}\nchain input {\ntype filter hook input priority 0; policy " + policy + ";\n" + strings.Join(rules, "\n") + "\n}\n}\n"
}

// filterCases are asked from 10.77.0.2, through the interface gate-s.
func filterCases() []filterCase {
	both := []uint16{80, 8080}
	return []filterCase{
		{"nothing", iptables(), both},
		{"drop one port", iptables("-A INPUT -p tcp -m tcp --dport 80 -j DROP"), both},
		{"reject", iptables("-A INPUT -p tcp -m tcp --dport 80 -j REJECT --reject-with tcp-reset"), both},
		{"policy with a hole", closed("-A INPUT -p tcp -m tcp --dport 8080 -j ACCEPT"), both},
		{"order counts", closed("-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT", "-A INPUT -p tcp -j DROP"), both},
		{"order the other way", iptables("-A INPUT -p tcp -j DROP", "-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT"), both},
		{"this source", closed("-A INPUT -s 10.77.0.2/32 -p tcp -m tcp --dport 80 -j ACCEPT"), both},
		{"all but this source", closed("-A INPUT ! -s 10.77.0.2/32 -j ACCEPT"), both},
		{"another source", closed("-A INPUT -s 10.99.0.0/16 -p tcp -j ACCEPT"), both},
		{"range of ports", closed("-A INPUT -p tcp -m tcp --dport 8000:8100 -j ACCEPT"), both},
		{"multiport", closed("-A INPUT -p tcp -m multiport --dports 22,80,443 -j ACCEPT"), both},
		{"own chain", iptables("-A INPUT -j MINE", "-A MINE -p tcp -m tcp --dport 80 -j DROP"), both},
		{"return from a chain", closed("-A INPUT -j MINE", "-A MINE -p tcp -m tcp --dport 80 -j RETURN", "-A MINE -p tcp -j ACCEPT"), both},
		{"goto does not come back", closed("-A INPUT -g MINE", "-A INPUT -j ACCEPT", "-A MINE -p tcp -m tcp --dport 80 -j ACCEPT"), both},
		{"nested chains", iptables("-A INPUT -j MINE", "-A MINE -j OTHER", "-A OTHER -p tcp -m tcp --dport 8080 -j DROP"), both},
		{"established only", closed("-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"), both},
		{"new", closed("-A INPUT -m conntrack --ctstate NEW -p tcp -m tcp --dport 80 -j ACCEPT", "-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT"), both},
		{"loopback only", closed("-A INPUT -i lo -j ACCEPT"), both},
		{"this interface", closed("-A INPUT -i gate-s -p tcp -m tcp --dport 80 -j ACCEPT"), both},
		{"interfaces by prefix", closed("-A INPUT -i gate+ -p tcp -m tcp --dport 80 -j ACCEPT"), both},
		{"udp is another matter", closed("-A INPUT -p udp -m udp --dport 80 -j ACCEPT"), both},
		{"syn", iptables("-A INPUT -p tcp -m tcp --dport 80 --tcp-flags FIN,SYN,RST,ACK SYN -j DROP"), both},
		{"not syn", iptables("-A INPUT -p tcp -m tcp --dport 80 ! --tcp-flags FIN,SYN,RST,ACK SYN -j DROP"), both},
		{"address range", closed("-A INPUT -m iprange --src-range 10.77.0.1-10.77.0.9 -p tcp -m tcp --dport 80 -j ACCEPT"), both},
		{"log goes on", iptables("-A INPUT -p tcp -j LOG --log-prefix \"seen \"", "-A INPUT -p tcp -m tcp --dport 80 -j DROP"), both},
		{"comment", iptables("-A INPUT -p tcp -m tcp --dport 80 -m comment --comment \"no -j ACCEPT here\" -j DROP"), both},
		{"redirect", "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport 9999 -j REDIRECT --to-ports 80\nCOMMIT\n" + iptables("-A INPUT -p tcp -m tcp --dport 8080 -j DROP"), []uint16{9999, 80, 8080}},
		{"mangle drops", "*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport 80 -j DROP\nCOMMIT\n" + iptables(), both},

		{"nft nothing", inet("accept"), both},
		{"nft drop", inet("accept", "tcp dport 80 drop"), both},
		{"nft reject", inet("accept", "tcp dport 80 reject with tcp reset"), both},
		{"nft policy", inet("drop", "tcp dport { 80, 443 } accept"), both},
		{"nft ranges", inet("drop", "tcp dport 8000-8100 accept"), both},
		{"nft counters", inet("drop", "tcp dport 80 counter accept comment \"drop all\""), both},
		{"nft source", inet("drop", "ip saddr 10.77.0.0/24 tcp dport 80 accept"), both},
		{"nft not this source", inet("accept", "ip saddr != 10.77.0.0/24 drop", "tcp dport 8080 drop"), both},
		{"nft named sets", inet("drop", "ip saddr @friends tcp dport @open accept"), both},
		{"nft strangers", inet("accept", "ip saddr @strangers drop"), both},
		{"nft jump", inet("accept", "jump mine", "tcp dport 80 accept"), both},
		{"nft state map", inet("accept", "ct state vmap { established : accept, invalid : drop }", "tcp dport 80 drop"), both},
		{"nft new by map", inet("drop", "ct state vmap { new : accept, invalid : drop }"), both},
		{"nft state", inet("drop", "ct state { established, related } accept", "ct state new tcp dport 8080 accept"), both},
		{"nft port map", inet("drop", "tcp dport vmap { 80 : accept, 8080 : drop }"), both},
		{"nft loopback", inet("drop", "iifname \"lo\" accept"), both},
		{"nft interface", inet("drop", "iifname \"gate-s\" tcp dport 80 accept"), both},
		{"nft protocols", inet("drop", "meta l4proto tcp tcp dport 80 accept", "udp dport 8080 accept"), both},
		{"nft ip6 only", inet("drop", "ip6 saddr ::/0 accept"), both},
	}
}

// TestRealFilters loads each rule set into the kernel of a namespace, tries to
// connect from another one, and compares with what the dump says.
func TestRealFilters(t *testing.T) {
	if out, err := asRoot("true").CombinedOutput(); err != nil {
		testserver.Missing(t, fmt.Sprintf("network namespaces need root: %v %s", err, out))
	}
	for _, program := range []string{"ip", "iptables-restore", "iptables-save", "nft"} {
		testserver.Find(t, program)
	}
	free := make(chan namespaces, 4) // a dropped packet is waited for: four at once
	for i := range cap(free) {
		free <- newNamespaces(t, i)
	}
	var wait sync.WaitGroup
	for _, c := range filterCases() {
		spaces := <-free
		wait.Go(func() {
			defer func() { free <- spaces }()
			t.Run(c.name, func(t *testing.T) { c.hold(t, spaces) })
		})
	}
	wait.Wait()
}

// hold loads the rules and compares what the dump says with what connects.
func (c filterCase) hold(t *testing.T, spaces namespaces) {
	dump := spaces.load(t, c.rules)
	r, err := Parse(dump)
	if err != nil {
		t.Fatalf("%v in\n%s", err, dump)
	}
	from, _ := parsePrefix("10.77.0.2")
	really := spaces.connectAll(t, c.ports)
	for i, port := range c.ports {
		got, want := Ask(r, from, Packet{Port: port, In: "gate-s"}), really[i]
		if got.Outcome != want {
			t.Errorf("port %d: said %s by %q (%s), really %s\n%s", port, got.Outcome, got.Rule, got.Why, want, dump)
		}
	}
}

// namespaces are a server's and a client's, joined by a pair of interfaces.
type namespaces struct{ server, client string }

func newNamespaces(t *testing.T, number int) namespaces {
	t.Helper()
	n := namespaces{fmt.Sprintf("gate-s%d-%d", os.Getpid(), number), fmt.Sprintf("gate-c%d-%d", os.Getpid(), number)}
	run := func(command string) {
		t.Helper()
		out, err := asRoot("sh", "-c", command).CombinedOutput()
		if err != nil { // root of a container may not make any
			testserver.Missing(t, fmt.Sprintf("no network namespaces: %s: %v %s", command, err, out))
		}
	}
	run("ip netns add " + n.server)
	t.Cleanup(func() { _ = asRoot("ip", "netns", "del", n.server).Run() })
	run("ip netns add " + n.client)
	t.Cleanup(func() { _ = asRoot("ip", "netns", "del", n.client).Run() })
	run(fmt.Sprintf("ip -n %s link add gate-s type veth peer name gate-c netns %s", n.server, n.client))
	run(fmt.Sprintf("ip -n %s addr add 10.77.0.1/24 dev gate-s && ip -n %s link set gate-s up && ip -n %s link set lo up", n.server, n.server, n.server))
	run(fmt.Sprintf("ip -n %s addr add 10.77.0.2/24 dev gate-c && ip -n %s link set gate-c up", n.client, n.client))
	server := asRoot("ip", "netns", "exec", n.server, os.Args[0])
	server.Env = append(os.Environ(), listenVariable+"=80,8080")
	in, err := server.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := server.StdoutPipe()
	if err == nil {
		err = server.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close(); _ = server.Wait() })
	ready := make([]byte, 5)
	if _, err := out.Read(ready); err != nil || string(ready) != "ready" {
		t.Fatalf("the server said %q, %v", ready, err)
	}
	return n
}

// load puts a rule set in the place of all others and returns the dump.
func (n namespaces) load(t *testing.T, rules string) string {
	t.Helper()
	_ = asRoot("ip", "netns", "exec", n.server, "nft", "flush", "ruleset").Run()
	restore, save := []string{"iptables-restore"}, []string{"iptables-save"}
	if strings.HasPrefix(rules, "table") {
		restore, save = []string{"nft", "-f", "-"}, []string{"nft", "list", "ruleset"}
	}
	in := asRoot("ip", append([]string{"netns", "exec", n.server}, restore...)...)
	in.Stdin = strings.NewReader(rules)
	if out, err := in.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s\n%s", err, out, rules)
	}
	dump, err := asRoot("ip", append([]string{"netns", "exec", n.server}, save...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(dump)
}

// connect tries for real: the test binary dials inside of the client's namespace.
// Its clock starts when it runs, so a busy machine does not look like a filter.
func (n namespaces) connect(t *testing.T, port uint16) Outcome {
	t.Helper()
	dialer := asRoot("ip", "netns", "exec", n.client, os.Args[0])
	dialer.Env = append(os.Environ(), fmt.Sprintf("%s=10.77.0.1:%d", dialVariable, port))
	out, err := dialer.CombinedOutput()
	switch strings.TrimSpace(string(out)) {
	case "open":
		return Open
	case "blocked":
		return Blocked
	}
	t.Errorf("the dialer said %q, %v", out, err)
	return Unknown
}

// connectAll tries several ports at once.
func (n namespaces) connectAll(t *testing.T, ports []uint16) []Outcome {
	t.Helper()
	out := make([]Outcome, len(ports))
	var wait sync.WaitGroup
	for i, port := range ports {
		wait.Go(func() { out[i] = n.connect(t, port) })
	}
	wait.Wait()
	return out
}

// dial says whether an address can be connected to within the time that a first
// and a repeated packet take.
func dial(address string) {
	c, err := net.DialTimeout("tcp", address, 1500*time.Millisecond)
	if err != nil {
		fmt.Println("blocked")
		os.Exit(0)
	}
	_ = c.Close()
	fmt.Println("open")
	os.Exit(0)
}
