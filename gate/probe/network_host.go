package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
)

// dialHost reaches the machine around a container: its own localhost is not
// what an operator means who wrote localhost into gate.yaml and lets the gate
// run as a container action. What nobody answers at inside is asked of the
// machine outside, at the container's gateway. The container comes first, so
// that nothing changes for what does listen in it.
func (n *Network) dialHost(ctx context.Context, network, address string, inside error) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil || n.hostAddress == "" || !isLoopback(host) || !errors.Is(inside, syscall.ECONNREFUSED) {
		return nil, inside
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, net.JoinHostPort(n.hostAddress, port))
	if err != nil {
		return nil, fmt.Errorf("%w; %s is the action's container here, and the runner around it (%s) cannot be reached there either: %w; want a server that listens on 0.0.0.0, a service container's name, or the public address",
			inside, host, n.hostAddress, errors.Unwrap(err))
	}
	n.hostReached.Store(true)
	return conn, nil
}

// HostReached reports whether an address of localhost was answered by the machine
// around the container.
func (n *Network) HostReached() bool { return n.hostReached.Load() }

// isLoopback reports whether a host, name or address, is the machine itself.
func isLoopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}
