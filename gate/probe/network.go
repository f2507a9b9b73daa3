package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"golang.org/x/net/http/httpproxy"
	"golang.org/x/net/idna"

	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// NetworkOptions are the flags that say how the gate reaches the deployment.
type NetworkOptions struct {
	CACert, ClientCert, ClientKey string // files in PEM
	Insecure                      bool
	Resolve                       []string // HOST:PORT:ADDR, as curl has it
	Getenv                        func(string) string
	// UserAgent names the gate to servers.
	UserAgent string
	// HostAddress is the machine around the container that the gate runs in, when
	// localhost is meant to be that; "" for none.
	HostAddress string
}

// Network dials for every check, so that connections are reused and that
// --resolve, certificates and proxies hold everywhere.
type Network struct {
	// TLS is the client's configuration; clone it before use.
	TLS *tls.Config
	// Transport is for HTTP. It never follows anything by itself.
	Transport *http.Transport
	// UserAgent names the gate to servers.
	UserAgent string
	// Resolve maps host:port to the address to dial instead (--resolve).
	Resolve map[string]string

	hostAddress string
	hostReached *atomic.Bool // shared by copies
}

// NewNetwork reads the certificates and builds the transport.
func NewNetwork(opts NetworkOptions) (*Network, error) {
	config, err := clientTLS(opts)
	if err != nil {
		return nil, err
	}
	n := &Network{TLS: config, UserAgent: opts.UserAgent, Resolve: map[string]string{}, hostAddress: opts.HostAddress, hostReached: new(atomic.Bool)}
	for _, entry := range opts.Resolve {
		key, addr, err := parseResolve(entry)
		if err != nil {
			return nil, err
		}
		n.Resolve[key] = addr
	}
	proxy := proxyFunc(opts.Getenv)
	n.Transport = &http.Transport{
		Proxy:       func(r *http.Request) (*url.URL, error) { return proxy(r.URL) },
		DialContext: n.Dial,
		// A copy of its own: HTTP/2 writes into it at the first request.
		TLSClientConfig:        config.Clone(),
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           512,
		MaxIdleConnsPerHost:    256,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		// Bodies are read as the server sent them: a bomb must not unpack here.
		DisableCompression: true,
	}
	return n, nil
}

// Dial connects. Where --resolve names the address, it is used instead of DNS.
func (n *Network) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	address = asciiAddress(address)
	if to, ok := n.Resolve[strings.ToLower(address)]; ok {
		address = to
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return n.dialHost(ctx, network, address, err)
	}
	return conn, nil
}

// Close drops idle connections.
func (n *Network) Close() { n.Transport.CloseIdleConnections() }

func proxyFunc(getenv func(string) string) func(*url.URL) (*url.URL, error) {
	if getenv == nil {
		getenv = func(string) string { return "" }
	}
	first := func(names ...string) string {
		for _, n := range names {
			if v := getenv(n); v != "" {
				return v
			}
		}
		return ""
	}
	config := httpproxy.Config{
		HTTPProxy:  first("HTTP_PROXY", "http_proxy"),
		HTTPSProxy: first("HTTPS_PROXY", "https_proxy"),
		NoProxy:    first("NO_PROXY", "no_proxy"),
	}
	return config.ProxyFunc()
}

// parseResolve reads HOST:PORT:ADDR; ADDR may be an IPv6 address in brackets.
func parseResolve(entry string) (key, addr string, err error) {
	host, rest, ok1 := strings.Cut(entry, ":")
	port, ip, ok2 := strings.Cut(rest, ":")
	ip = strings.Trim(ip, "[]")
	if !ok1 || !ok2 || host == "" || net.ParseIP(ip) == nil {
		return "", "", fmt.Errorf("resolve %q: want HOST:PORT:ADDRESS, like dify.example.com:443:10.0.0.7", entry)
	}
	if _, err := net.LookupPort("tcp", port); err != nil {
		return "", "", fmt.Errorf("resolve %q: port %q is not one", entry, port)
	}
	return strings.ToLower(net.JoinHostPort(AsciiHost(host), port)), net.JoinHostPort(ip, port), nil
}

// AsciiHost is a host as DNS and TLS know it: an international name in its
// ASCII form. All else stays, service names with an underscore too.
func AsciiHost(host string) string {
	if strings.IndexFunc(host, func(r rune) bool { return r >= utf8.RuneSelf }) < 0 {
		return host
	}
	if ascii, err := idna.Lookup.ToASCII(host); err == nil {
		return ascii
	}
	return host
}

func asciiAddress(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return net.JoinHostPort(AsciiHost(host), port)
}

func clientTLS(opts NetworkOptions) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: opts.Insecure} //nolint:gosec // --insecure asks for it
	if opts.CACert != "" {
		pem, err := readfile.Text(opts.CACert, readfile.MaxText)
		if err != nil {
			return nil, fmt.Errorf("ca-cert: %w", err)
		}
		config.RootCAs, err = x509.SystemCertPool()
		if err != nil {
			config.RootCAs = x509.NewCertPool()
		}
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("ca-cert %s: no certificate in it, want PEM", opts.CACert)
		}
	}
	if (opts.ClientCert == "") != (opts.ClientKey == "") {
		return nil, errors.New("client-cert and client-key go together")
	}
	if opts.ClientCert != "" {
		pair, err := tls.LoadX509KeyPair(opts.ClientCert, opts.ClientKey)
		if err != nil {
			return nil, fmt.Errorf("client-cert: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// resolveTimeout bounds the lookup of a name.
const resolveTimeout = 2 * time.Second

// Knows reports whether an address can be dialled by name.
func (n *Network) Knows(ctx context.Context, address string) bool {
	if _, ok := n.Resolve[strings.ToLower(address)]; ok {
		return true
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	addresses, err := net.DefaultResolver.LookupHost(ctx, host)
	return err == nil && len(addresses) > 0
}
