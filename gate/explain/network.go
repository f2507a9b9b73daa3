package explain

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/dify-gate/dify-gate/gate/internal/quote"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// DNSView is a look-up.
type DNSView struct {
	Host      string   `json:"host"`
	Addresses []string `json:"addresses"`
	MS        float64  `json:"ms"`
	Source    string   `json:"source"` // dns, literal or --resolve
	Error     string   `json:"error,omitempty"`
}

// TCPView is a connection to one address.
type TCPView struct {
	Address string  `json:"address"`
	Family  string  `json:"family"`  // ipv4 or ipv6
	Outcome string  `json:"outcome"` // connected, or what went wrong
	MS      float64 `json:"ms"`
}

// TLSView is a handshake.
type TLSView struct {
	Version   string            `json:"version,omitempty"`
	Cipher    string            `json:"cipher,omitempty"`
	Protocol  string            `json:"protocol,omitempty"`
	Chain     []CertificateView `json:"chain"`
	Trusted   bool              `json:"trusted"`
	Untrusted string            `json:"untrusted,omitempty"`
	Days      int               `json:"days_left"`
	MS        float64           `json:"ms"`
	Error     string            `json:"error,omitempty"`
}

// CertificateView is a certificate of the chain, the server's own first.
type CertificateView struct {
	Subject string    `json:"subject"`
	Issuer  string    `json:"issuer"`
	Names   string    `json:"names,omitempty"`
	From    time.Time `json:"from"`
	Until   time.Time `json:"until"`
}

// maxAddresses bounds how many addresses of a name are tried.
const maxAddresses = 8

// reach goes from the name to a connection that an HTTP request could use.
func (g *diagnosing) reach(ctx context.Context, u *url.URL, hop *Hop) bool {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	host := probe.AsciiHost(u.Hostname())
	addresses, ok := g.lookUp(ctx, host, port, hop)
	if !ok {
		return false
	}
	conn := g.connect(ctx, addresses, hop)
	if conn == nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	if u.Scheme == "https" {
		return g.handshake(ctx, conn, host, hop)
	}
	return true
}

// lookUp resolves the host to addresses with the port.
func (g *diagnosing) lookUp(ctx context.Context, host, port string, hop *Hop) ([]string, bool) {
	hop.DNS = &DNSView{Host: host, Source: "dns", Addresses: []string{}}
	if to, ok := g.env.Network.Resolve[strings.ToLower(net.JoinHostPort(host, port))]; ok {
		hop.DNS.Source, hop.DNS.Addresses = "--resolve", []string{to}
		return []string{to}, true
	}
	if net.ParseIP(host) != nil {
		hop.DNS.Source, hop.DNS.Addresses = "literal", []string{host}
		return []string{net.JoinHostPort(host, port)}, true
	}
	ctx, cancel := context.WithTimeout(ctx, g.opts.Timeout)
	defer cancel()
	start := time.Now()
	ips, err := net.DefaultResolver.LookupIPAddr(ctx, host)
	hop.DNS.MS = probe.Milliseconds(time.Since(start))
	if err != nil {
		g.noName(host, err, hop)
		return nil, false
	}
	var out []string
	for _, ip := range ips[:min(len(ips), maxAddresses)] {
		hop.DNS.Addresses = append(hop.DNS.Addresses, ip.String())
		out = append(out, net.JoinHostPort(ip.String(), port))
	}
	return out, len(out) > 0
}

// composeNames are service names of Dify's compose file, which resolve inside
// its network alone.
var composeNames = []string{"api", "web", "nginx", "plugin_daemon", "sandbox", "db", "db_postgres", "redis", "ssrf_proxy", "weaviate", "api_websocket", "agent_backend"}

func (g *diagnosing) noName(host string, err error, hop *Hop) {
	t := probe.Classify(err)
	hop.DNS.Error = t.Text
	var dns *net.DNSError
	if errors.As(err, &dns) && (dns.IsTimeout || dns.IsTemporary && !dns.IsNotFound) {
		g.unknown(t.Text, "check the name server of this machine; the deployment was not reached")
		return
	}
	for _, n := range composeNames {
		if host == n {
			g.trouble(fmt.Sprintf("the name %s only exists inside the compose network", host),
				"run the gate inside the network (docker compose run), or use the public address; if the URL came from Dify, set FILES_URL, SERVICE_API_URL or the like to the public address")
			return
		}
	}
	g.trouble(t.Text, "check the spelling and the DNS record, or set the address with --resolve "+host+":PORT:ADDRESS")
}

// connect tries every address at once and keeps the first connection.
func (g *diagnosing) connect(ctx context.Context, addresses []string, hop *Hop) net.Conn {
	hop.TCP = make([]TCPView, len(addresses))
	conns := make([]net.Conn, len(addresses))
	classes := make([]probe.FailureClass, len(addresses))
	var group sync.WaitGroup
	for i, address := range addresses {
		group.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, g.opts.Timeout)
			defer cancel()
			start := time.Now()
			conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
			v := TCPView{Address: address, Family: family(address), Outcome: "connected", MS: probe.Milliseconds(time.Since(start))}
			if err != nil {
				t := probe.Classify(err)
				v.Outcome, classes[i] = t.Text, t.Class
				if t.Class == probe.FailTimeout {
					v.Outcome = "timed out after " + g.opts.Timeout.String()
				}
			}
			hop.TCP[i], conns[i] = v, conn
		})
	}
	group.Wait()
	var kept net.Conn
	for _, c := range conns {
		switch {
		case c == nil:
		case kept == nil:
			kept = c
		default:
			_ = c.Close()
		}
	}
	g.judgeTCP(hop.TCP, classes, kept)
	return kept
}

// judgeTCP words what the addresses did: nothing connects, or one family only.
func (g *diagnosing) judgeTCP(views []TCPView, classes []probe.FailureClass, kept net.Conn) {
	if kept == nil {
		v := views[0]
		switch classes[0] {
		case probe.FailRefused:
			g.trouble(v.Address+" refuses the connection", "start the proxy, because nothing listens there (docker compose ps nginx), and check the published port (EXPOSE_NGINX_PORT)")
		case probe.FailReset:
			g.trouble(v.Address+" resets the connection", "check the firewall, the load balancer's targets and the service behind them")
		case probe.FailTimeout:
			g.trouble(v.Address+" "+v.Outcome, "check the firewall, the security group, the route and the address, because packets are lost")
		default:
			g.trouble(v.Address+": "+v.Outcome, "check that this machine has a route to the address")
		}
		return
	}
	works := map[string]bool{}
	for _, v := range views {
		works[v.Family] = works[v.Family] || v.Outcome == "connected"
	}
	for _, f := range []string{"ipv4", "ipv6"} {
		other := map[string]string{"ipv4": "ipv6", "ipv6": "ipv4"}[f]
		if ok, tried := works[f]; tried && !ok && works[other] {
			g.note(fmt.Sprintf("only %s connects; the %s addresses do not, and clients that prefer them wait or fail", other, f))
		}
	}
}

func family(address string) string {
	host, _, _ := net.SplitHostPort(address)
	if ip := net.ParseIP(host); ip != nil && ip.To4() == nil {
		return "ipv6"
	}
	return "ipv4"
}

// handshake looks at the certificate. An untrusted one ends the diagnosis: no
// header may travel over such a connection.
func (g *diagnosing) handshake(ctx context.Context, conn net.Conn, host string, hop *Hop) bool {
	ctx, cancel := context.WithTimeout(ctx, g.opts.Timeout)
	defer cancel()
	in, err := probe.InspectTLS(ctx, g.env.Network, g.env.Now, conn, host)
	hop.TLS = &TLSView{Version: in.Version, Cipher: in.Cipher, Protocol: in.ALPN, Chain: []CertificateView{}, MS: probe.Milliseconds(in.Took)}
	if err != nil {
		t := probe.Classify(err)
		hop.TLS.Error = t.Text
		g.trouble("the TLS handshake failed: "+t.Text, "check that the port speaks TLS 1.2 or newer (http and https ports may be swapped), and the certificate files")
		return false
	}
	for _, c := range in.Certificates[:min(len(in.Certificates), 8)] {
		hop.TLS.Chain = append(hop.TLS.Chain, CertificateView{quote.Clip(c.Subject.String()), quote.Clip(c.Issuer.String()), namesOrNone(c), c.NotBefore.UTC(), c.NotAfter.UTC()})
	}
	hop.TLS.Trusted, hop.TLS.Untrusted, hop.TLS.Days = in.Failure() == "", in.Failure(), probe.Days(g.env.Now, in.Until)
	switch {
	case !hop.TLS.Trusted && g.env.Network.TLS.InsecureSkipVerify:
		g.note(in.Failure() + " (accepted because of --insecure)")
	case !hop.TLS.Trusted:
		g.trouble(in.Failure(), probe.TLSAdvice(in))
		return false
	case hop.TLS.Days <= probe.ExpirySoon:
		g.note(fmt.Sprintf("the certificate expires in %d days, on %s", hop.TLS.Days, in.Until.UTC().Format("2006-01-02")))
	}
	return true
}

func namesOrNone(c *x509.Certificate) string {
	if c.IsCA || len(c.DNSNames)+len(c.IPAddresses) == 0 {
		return ""
	}
	return probe.CertNames(c)
}
