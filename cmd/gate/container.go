package main

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"os"
	"strings"
)

// runnerAddress is the address of the runner's machine as GitHub's container
// actions see it: the gateway of their bridge. It is "" anywhere else.
//
// The runner mounts the workspace at /github/workspace for such an action only
// (jobs in a container have it below /__w); act keeps the host's path and says
// that it is act.
func (p *process) runnerAddress() string {
	inAction := p.getenv("GITHUB_WORKSPACE") == "/github/workspace"
	if !inAction && p.getenv("ACT") == "true" {
		_, err := os.Stat("/.dockerenv")
		inAction = err == nil
	}
	if !p.onGitHub() || !inAction {
		return ""
	}
	routes, err := os.ReadFile("/proc/net/route")
	if err != nil {
		return ""
	}
	return gateway(string(routes))
}

// gateway finds the default route's next hop in Linux's /proc/net/route, whose
// addresses are hexadecimal in the machine's byte order.
func gateway(routes string) string {
	for line := range strings.Lines(routes) {
		f := strings.Fields(line)
		if len(f) < 3 || f[1] != "00000000" || f[2] == "00000000" {
			continue
		}
		raw, err := hex.DecodeString(f[2])
		if err != nil || len(raw) != 4 {
			continue
		}
		var b [4]byte
		binary.NativeEndian.PutUint32(b[:], binary.BigEndian.Uint32(raw))
		return netip.AddrFrom4(b).String()
	}
	return ""
}
