package check

import (
	"net"
	"net/url"
)

// HostPort completes a URL's host with the scheme's port.
func HostPort(u *url.URL) string {
	if u.Port() != "" {
		return u.Host
	}
	port := "80"
	switch u.Scheme {
	case "https":
		port = "443"
	case "redis", "rediss":
		port = "6379"
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// HostPortMistake checks an address as host:port.
func HostPortMistake(path, address string) []Mistake {
	host, port, err := net.SplitHostPort(address)
	if err != nil || host == "" {
		return []Mistake{Mistakef(path, "%s %q: want host:port", path, address)}
	}
	if _, err := net.LookupPort("tcp", port); err != nil {
		return []Mistake{Mistakef(path, "%s %q: port %q is not one", path, address, port)}
	}
	return nil
}
