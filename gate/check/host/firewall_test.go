package host

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
)

// runFirewall runs the spec on a dump.
func runFirewall(t *testing.T, dump string, spec Firewall) gate.Result {
	t.Helper()
	dir := t.TempDir()
	spec.Dump = filepath.Join(dir, "rules.txt")
	if err := os.WriteFile(spec.Dump, []byte(dump), 0o600); err != nil {
		t.Fatal(err)
	}
	env := checktest.EnvAt(t, "")
	env.WorkDir = dir
	return checktest.Run(t, env, &spec)
}

func TestFirewall(t *testing.T) {
	const dump = "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT\n-A INPUT -s 10.0.0.0/8 -p tcp -m tcp --dport 5432 -j ACCEPT\n-A INPUT -i eth0 -p tcp -m tcp --dport 81 -j ACCEPT\n-A INPUT -i eth1 -p tcp -m tcp --dport 82 -j ACCEPT\n-A INPUT -m mark --mark 0x1 -p tcp -m tcp --dport 83 -j ACCEPT\nCOMMIT\n"
	for _, c := range []struct {
		name string
		spec Firewall
		rule string
		line int
	}{
		{"open", Firewall{Port: 443}, "", 0},
		{"by policy", Firewall{Port: 80}, "firewall/blocked", 2},
		{"only from inside, asked from outside", Firewall{Port: 5432}, "firewall/blocked", 2},
		{"only from inside, asked from inside", Firewall{Port: 5432, From: "10.3.0.0/16"}, "", 0},
		{"two interfaces, none given", Firewall{Port: 81}, "firewall/unknown", 5},
		{"two interfaces, the right one", Firewall{Port: 81, Interface: "eth0"}, "", 0},
		{"two interfaces, the other one", Firewall{Port: 81, Interface: "eth1"}, "firewall/blocked", 2},
		{"rules of the other family", Firewall{Port: 443, From: "::/0"}, "firewall/unknown", 0},
		{"a mark", Firewall{Port: 83, Interface: "eth0"}, "firewall/unknown", 7},
	} {
		res := runFirewall(t, dump, c.spec)
		checktest.WantFirst(t, c.name, res, c.rule)
		if c.line > 0 && len(res.Findings) == 1 && (res.Findings[0].Location == nil || res.Findings[0].Location.Line != c.line) {
			t.Errorf("%s: place %+v, want line %d", c.name, res.Findings[0].Location, c.line)
		}
	}
	checktest.WantFirst(t, "broken dump", runFirewall(t, "hello", Firewall{Port: 80}), "error")
	missing := &Firewall{Port: 80, Dump: "none.txt"}
	checktest.WantFirst(t, "no dump", checktest.Run(t, checktest.EnvAt(t, ""), missing), "error")
}

// TestFirewallHostWithoutTools: nothing to ask is unknown, never open.
func TestFirewallHostWithoutTools(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	checktest.WantFirst(t, "no tools", checktest.Run(t, checktest.EnvAt(t, ""), &Firewall{Port: 80}), "firewall/unknown")
}

func TestFirewallMistakes(t *testing.T) {
	spec := Firewall{Port: 70000, From: "everywhere", Address: "x"}
	if ms := spec.Validate(); len(ms) != 3 {
		t.Errorf("%v, want three mistakes", ms)
	}
}
