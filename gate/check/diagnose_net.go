package check

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

// expirySoon is from when on the end of a certificate is told, in days.
const expirySoon = 14

// reach goes from the name to a connection that an HTTP request could use.
func (g *diagnosing) reach(ctx context.Context, u *url.URL, hop *Hop) bool {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	host := asciiHost(u.Hostname())
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
	if to, ok := g.env.Network.resolve[strings.ToLower(net.JoinHostPort(host, port))]; ok {
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
	hop.DNS.MS = milliseconds(time.Since(start))
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
	t := classify(err)
	hop.DNS.Error = t.text
	var dns *net.DNSError
	if errors.As(err, &dns) && (dns.IsTimeout || dns.IsTemporary && !dns.IsNotFound) {
		g.unknown(t.text, "check the name server that this machine uses; nothing can be said of the deployment")
		return
	}
	for _, n := range composeNames {
		if host == n {
			g.trouble(fmt.Sprintf("the name %s exists inside the compose network alone", host),
				"run the gate inside the network (docker compose run), or ask the public address; where Dify handed the URL out, set FILES_URL, SERVICE_API_URL or the like to the public address")
			return
		}
	}
	g.trouble(t.text, "check the spelling and the DNS record; or give the address with --resolve "+host+":PORT:ADDRESS")
}

// connect tries every address at once and keeps the first connection.
func (g *diagnosing) connect(ctx context.Context, addresses []string, hop *Hop) net.Conn {
	hop.TCP = make([]TCPView, len(addresses))
	conns := make([]net.Conn, len(addresses))
	classes := make([]troubleClass, len(addresses))
	var group sync.WaitGroup
	for i, address := range addresses {
		group.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, g.opts.Timeout)
			defer cancel()
			start := time.Now()
			conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
			v := TCPView{Address: address, Family: family(address), Outcome: "connected", MS: milliseconds(time.Since(start))}
			if err != nil {
				t := classify(err)
				v.Outcome, classes[i] = t.text, t.class
				if t.class == troubleTimeout {
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
func (g *diagnosing) judgeTCP(views []TCPView, classes []troubleClass, kept net.Conn) {
	if kept == nil {
		v := views[0]
		switch classes[0] {
		case troubleRefused:
			g.trouble(v.Address+" refuses the connection", "nothing listens there: start the proxy (docker compose ps nginx), and check the published port (EXPOSE_NGINX_PORT)")
		case troubleReset:
			g.trouble(v.Address+" resets the connection", "a firewall or a load balancer without a healthy target does this: look at it, and at the service behind")
		case troubleTimeout:
			g.trouble(v.Address+" "+v.Outcome, "packets vanish: check the firewall, the security group, the route and the address itself")
		default:
			g.trouble(v.Address+": "+v.Outcome, "check that this machine has a way to the address")
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
	in, err := inspectTLS(ctx, g.env.Network, g.env.Now, conn, host)
	hop.TLS = &TLSView{Version: in.version, Cipher: in.cipher, Protocol: in.alpn, Chain: []CertificateView{}, MS: milliseconds(in.took)}
	if err != nil {
		t := classify(err)
		hop.TLS.Error = t.text
		g.trouble("the TLS handshake failed: "+t.text, "check that the port speaks TLS 1.2 or newer (http and https ports are easily swapped), and the certificate files")
		return false
	}
	for _, c := range in.certs[:min(len(in.certs), 8)] {
		hop.TLS.Chain = append(hop.TLS.Chain, CertificateView{quote.Clip(c.Subject.String()), quote.Clip(c.Issuer.String()), namesOrNone(c), c.NotBefore.UTC(), c.NotAfter.UTC()})
	}
	hop.TLS.Trusted, hop.TLS.Untrusted, hop.TLS.Days = in.trouble() == "", in.trouble(), days(g.env.Now, in.until)
	switch {
	case !hop.TLS.Trusted && g.env.Network.TLS.InsecureSkipVerify:
		g.note(in.trouble() + " (accepted because of --insecure)")
	case !hop.TLS.Trusted:
		g.trouble(in.trouble(), tlsAdvice(in))
		return false
	case hop.TLS.Days <= expirySoon:
		g.note(fmt.Sprintf("the certificate runs out in %d days, on %s", hop.TLS.Days, in.until.UTC().Format("2006-01-02")))
	}
	return true
}

func namesOrNone(c *x509.Certificate) string {
	if c.IsCA || len(c.DNSNames)+len(c.IPAddresses) == 0 {
		return ""
	}
	return certNames(c)
}

// tlsAdvice is what mends an untrusted chain.
func tlsAdvice(in inspection) string {
	switch {
	case in.expired != "":
		return "renew the certificate and reload the proxy: a renewed file is not read by itself"
	case strings.Contains(in.untrusted, "signed by itself"):
		return "give the authority or the certificate itself with --ca-cert, or install one that clients trust"
	case strings.Contains(in.untrusted, "no intermediate"):
		return "serve the whole chain (fullchain.pem): browsers may know the intermediate, API clients do not"
	case strings.Contains(in.untrusted, "not valid for"):
		return "install a certificate for this name; a default certificate means that the proxy has no server for the host"
	case strings.Contains(in.untrusted, "not valid before"):
		return "compare the clocks of this machine and of the issuer"
	}
	return "for a private authority give --ca-cert; else install a certificate of a public one"
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
