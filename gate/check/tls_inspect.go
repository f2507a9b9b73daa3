package check

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/dify-gate/dify-gate/gate/internal/quote"
)

// inspection is what a TLS server showed, whether it is trusted or not.
type inspection struct {
	version, cipher, alpn string
	certs                 []*x509.Certificate
	// untrusted says why the chain does not hold at any time, expired that it
	// has run out; both may be set.
	untrusted, expired string
	// until is when the first certificate of the chain runs out.
	until time.Time
	took  time.Duration
}

// inspectTLS shakes hands over conn without refusing anything, and judges the
// chain at now afterwards (the zero time means this instant), so that a bad one
// can be described.
func inspectTLS(ctx context.Context, network *Network, now time.Time, conn net.Conn, name string) (inspection, error) {
	config := network.TLS.Clone()
	config.InsecureSkipVerify = true //nolint:gosec // judged below
	config.ServerName, config.NextProtos = name, []string{"h2", "http/1.1"}
	start := time.Now()
	client := tls.Client(conn, config)
	if err := client.HandshakeContext(ctx); err != nil {
		return inspection{took: time.Since(start)}, err
	}
	s := client.ConnectionState()
	in := inspection{
		version: tls.VersionName(s.Version), cipher: tls.CipherSuiteName(s.CipherSuite), alpn: s.NegotiatedProtocol,
		certs: s.PeerCertificates, took: time.Since(start),
	}
	if now.IsZero() {
		now = time.Now()
	}
	in.judge(config.RootCAs, name, now)
	return in, nil
}

// judge verifies the chain at an instant. What has run out is told apart from
// what would not hold at any time.
func (in *inspection) judge(roots *x509.CertPool, name string, now time.Time) {
	if len(in.certs) == 0 {
		in.untrusted = "the server showed no certificate"
		return
	}
	leaf := in.certs[0]
	in.until = leaf.NotAfter
	opts := x509.VerifyOptions{DNSName: name, Roots: roots, Intermediates: x509.NewCertPool(), CurrentTime: now}
	for _, c := range in.certs[1:] {
		opts.Intermediates.AddCert(c)
	}
	chains, err := leaf.Verify(opts)
	var invalid x509.CertificateInvalidError
	switch {
	case err == nil:
		in.until = lastingLongest(chains)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && invalid.Cert != nil && now.After(invalid.Cert.NotAfter):
		in.expired, in.until = in.why(err, name, now), invalid.Cert.NotAfter
		// Its last moment, when an authority that was renewed since may have been too
		// young: that is no second trouble.
		opts.CurrentTime = leaf.NotAfter.Add(-time.Second)
		if _, err := leaf.Verify(opts); err != nil && !(errors.As(err, &invalid) && invalid.Reason == x509.Expired) {
			in.untrusted = in.why(err, name, opts.CurrentTime)
		}
	default:
		in.untrusted = in.why(err, name, now)
	}
}

// lastingLongest is the end of the chain that lasts longest: a chain ends with
// its first certificate to run out.
func lastingLongest(chains [][]*x509.Certificate) time.Time {
	var longest time.Time
	for _, chain := range chains {
		end := chain[0].NotAfter
		for _, c := range chain[1:] {
			if c.NotAfter.Before(end) {
				end = c.NotAfter
			}
		}
		if end.After(longest) {
			longest = end
		}
	}
	return longest
}

// trouble is why a client refuses the server, "" when it does not.
func (in inspection) trouble() string {
	if in.expired != "" {
		return in.expired
	}
	return in.untrusted
}

// why words a failed verification with the names and dates at hand.
func (in *inspection) why(err error, name string, now time.Time) string {
	leaf := in.certs[0]
	var (
		host    x509.HostnameError
		ca      x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &host):
		return fmt.Sprintf("the certificate is not valid for %s, it names %s", name, certNames(leaf))
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && invalid.Cert != nil:
		which := "the certificate"
		if !invalid.Cert.Equal(leaf) {
			which = "the certificate of the authority " + quote.Clip(invalid.Cert.Subject.CommonName)
		}
		if now.Before(invalid.Cert.NotBefore) {
			return fmt.Sprintf("%s is not valid before %s", which, invalid.Cert.NotBefore.UTC().Format("2006-01-02 15:04 MST"))
		}
		return fmt.Sprintf("%s expired on %s", which, invalid.Cert.NotAfter.UTC().Format("2006-01-02 15:04 MST"))
	case errors.As(err, &ca) && string(leaf.RawIssuer) == string(leaf.RawSubject):
		return "the certificate is signed by itself"
	case errors.As(err, &ca) && len(in.certs) == 1:
		return fmt.Sprintf("the authority %s is unknown, and the server sends no intermediate certificate", quote.Clip(leaf.Issuer.String()))
	case errors.As(err, &ca):
		return fmt.Sprintf("the authority %s is unknown", quote.Clip(in.certs[len(in.certs)-1].Issuer.String()))
	}
	return tlsText(err)
}

// certNames lists what a certificate is valid for.
func certNames(c *x509.Certificate) string {
	names := append([]string{}, c.DNSNames...)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return "nothing"
	}
	return quote.Clip(strings.Join(names, ", "))
}

// days is how many whole days are left, negative when it has run out.
func days(now, until time.Time) int {
	d := until.Sub(now)
	if d < 0 {
		return -int((-d + 24*time.Hour - 1) / (24 * time.Hour))
	}
	return int(d / (24 * time.Hour))
}
