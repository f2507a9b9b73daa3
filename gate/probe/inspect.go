package probe

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

// Inspection is what a TLS server showed, whether it is trusted or not.
type Inspection struct {
	Version, Cipher, ALPN string
	Certificates          []*x509.Certificate
	// Untrusted says why the chain does not hold at any time, Expired that it
	// has run out; both may be set.
	Untrusted, Expired string
	// Until is when the first certificate of the chain runs out.
	Until time.Time
	Took  time.Duration
}

// InspectTLS shakes hands over conn without refusing anything, and judges the
// chain at now afterwards (the zero time means this instant), so that a bad one
// can be described.
func InspectTLS(ctx context.Context, network *Network, now time.Time, conn net.Conn, name string) (Inspection, error) {
	config := network.TLS.Clone()
	config.InsecureSkipVerify = true //nolint:gosec // judged below
	config.ServerName, config.NextProtos = name, []string{"h2", "http/1.1"}
	start := time.Now()
	client := tls.Client(conn, config)
	if err := client.HandshakeContext(ctx); err != nil {
		return Inspection{Took: time.Since(start)}, err
	}
	s := client.ConnectionState()
	in := Inspection{
		Version: tls.VersionName(s.Version), Cipher: tls.CipherSuiteName(s.CipherSuite), ALPN: s.NegotiatedProtocol,
		Certificates: s.PeerCertificates, Took: time.Since(start),
	}
	if now.IsZero() {
		now = time.Now()
	}
	in.Judge(config.RootCAs, name, now)
	return in, nil
}

// Judge verifies the chain at an instant. What has run out is kept apart from
// what would not hold at any time.
func (in *Inspection) Judge(roots *x509.CertPool, name string, now time.Time) {
	if len(in.Certificates) == 0 {
		in.Untrusted = "the server showed no certificate"
		return
	}
	leaf := in.Certificates[0]
	in.Until = leaf.NotAfter
	opts := x509.VerifyOptions{DNSName: name, Roots: roots, Intermediates: x509.NewCertPool(), CurrentTime: now}
	for _, c := range in.Certificates[1:] {
		opts.Intermediates.AddCert(c)
	}
	chains, err := leaf.Verify(opts)
	var invalid x509.CertificateInvalidError
	switch {
	case err == nil:
		in.Until = lastingLongest(chains)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && invalid.Cert != nil && now.After(invalid.Cert.NotAfter):
		in.Expired, in.Until = in.why(err, name, now), invalid.Cert.NotAfter
		// Its last moment, when an authority that was renewed since may have been too
		// young: that is no second failure.
		opts.CurrentTime = leaf.NotAfter.Add(-time.Second)
		if _, err := leaf.Verify(opts); err != nil && !(errors.As(err, &invalid) && invalid.Reason == x509.Expired) {
			in.Untrusted = in.why(err, name, opts.CurrentTime)
		}
	default:
		in.Untrusted = in.why(err, name, now)
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

// Failure is why a client refuses the server, "" when it does not.
func (in Inspection) Failure() string {
	if in.Expired != "" {
		return in.Expired
	}
	return in.Untrusted
}

// why words a failed verification with the names and dates at hand.
func (in *Inspection) why(err error, name string, now time.Time) string {
	leaf := in.Certificates[0]
	var (
		host    x509.HostnameError
		ca      x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &host):
		return fmt.Sprintf("the certificate is not valid for %s, it names %s", name, CertNames(leaf))
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
	case errors.As(err, &ca) && len(in.Certificates) == 1:
		return fmt.Sprintf("the authority %s is unknown, and the server sends no intermediate certificate", quote.Clip(leaf.Issuer.String()))
	case errors.As(err, &ca):
		return fmt.Sprintf("the authority %s is unknown", quote.Clip(in.Certificates[len(in.Certificates)-1].Issuer.String()))
	}
	return tlsText(err)
}

// CertNames lists what a certificate is valid for.
func CertNames(c *x509.Certificate) string {
	names := append([]string{}, c.DNSNames...)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return "nothing"
	}
	return quote.Clip(strings.Join(names, ", "))
}

// Days is how many whole days are left, negative when it has run out.
func Days(now, until time.Time) int {
	d := until.Sub(now)
	if d < 0 {
		return -int((-d + 24*time.Hour - 1) / (24 * time.Hour))
	}
	return int(d / (24 * time.Hour))
}

// ExpirySoon is from when on the end of a certificate is reported, in days.
const ExpirySoon = 14

// TLSAdvice says how to fix an untrusted chain.
func TLSAdvice(in Inspection) string {
	switch {
	case in.Expired != "":
		return "renew the certificate and reload the proxy: a renewed file is not read by itself"
	case strings.Contains(in.Untrusted, "signed by itself"):
		return "give the authority or the certificate itself with --ca-cert, or install one that clients trust"
	case strings.Contains(in.Untrusted, "no intermediate"):
		return "serve the whole chain (fullchain.pem): browsers may know the intermediate, API clients do not"
	case strings.Contains(in.Untrusted, "not valid for"):
		return "install a certificate for this name; a default certificate means that the proxy has no server for the host"
	case strings.Contains(in.Untrusted, "not valid before"):
		return "compare the clocks of this machine and of the issuer"
	}
	return "for a private authority give --ca-cert; else install a certificate of a public one"
}

// Milliseconds is a duration as reports show it.
func Milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
