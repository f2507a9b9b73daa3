package web

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
	"github.com/dify-gate/dify-gate/gate/probe"
)

func TestTLSRules(t *testing.T) {
	cert := testserver.NewCertificate(t, "dify.example.com")
	pair, err := tls.LoadX509KeyPair(cert.Cert, cert.Key)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	s.StartTLS()
	defer s.Close()
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	old.StartTLS()
	defer old.Close()
	closed := httptest.NewServer(nil)
	closed.Close()

	at := "dify.example.com:" + port
	resolve := []string{at + ":127.0.0.1", "other.example.com:" + port + ":127.0.0.1"}
	trusting := probe.NetworkOptions{CACert: cert.CA, Resolve: resolve}
	untrusting := probe.NetworkOptions{Resolve: resolve}
	zero, two := 0, 2
	// The test certificate is valid for 24 hours.
	for _, tt := range []struct {
		what  string
		spec  TLS
		opts  probe.NetworkOptions
		after time.Duration
		rules string
		says  string
	}{
		{"good", TLS{Address: at, MinDays: &zero}, trusting, 0, "", ""},
		{"runs out soon", TLS{Address: at}, trusting, 0, "tls/expiring", "expires in 0 days"},
		{"runs out soon by its own limit", TLS{Address: at, MinDays: &two}, trusting, 0, "tls/expiring", "expected at least 2"},
		{"unknown authority", TLS{Address: at, MinDays: &zero}, untrusting, 0, "tls/untrusted", "the authority CN=gate test authority is unknown"},
		{"unknown authority, accepted", TLS{Address: at, MinDays: &zero}, probe.NetworkOptions{Resolve: resolve, Insecure: true}, 0, "", ""},
		{"another name", TLS{Address: "other.example.com:" + port, MinDays: &zero}, trusting, 0, "tls/untrusted", "not valid for other.example.com, it names localhost, dify.example.com"},
		{"another name, given", TLS{Address: "127.0.0.1:" + port, ServerName: "dify.example.com", MinDays: &zero}, trusting, 0, "", ""},
		{"expired", TLS{Address: at}, trusting, 48 * time.Hour, "tls/expired", "expired on"},
		{"expired and unknown", TLS{Address: at}, untrusting, 48 * time.Hour, "tls/expired tls/untrusted", ""},
		{"not yet valid", TLS{Address: at, MinDays: &zero}, trusting, -48 * time.Hour, "tls/untrusted", "not valid before"},
		{"no TLS there", TLS{Address: plain.Listener.Addr().String()}, trusting, 0, "tls/untrusted", "does not speak TLS"},
		{"too old a version", TLS{Address: old.Listener.Addr().String()}, trusting, 0, "tls/untrusted", "tls: protocol version not supported"},
		{"nothing listens", TLS{Address: closed.Listener.Addr().String()}, trusting, 0, "tcp/refused", ""},
		{"no such name", TLS{Address: "no-such-name.invalid:443"}, trusting, 0, "tcp/dns", ""},
		{"silence", TLS{Base: check.Base{Timeout: check.Duration(200 * time.Millisecond)}, Address: strings.TrimPrefix(checktest.Raw(t, "", func(net.Conn) { time.Sleep(time.Second) }), "http://")}, trusting, 0, "tls/untrusted", "within 200ms"},
	} {
		env := checktest.Env(t, tt.opts)
		env.Now = time.Now().Add(tt.after)
		res := checktest.Run(t, env, &tt.spec)
		if got := checktest.Rules(res); got != tt.rules || res.Err != nil {
			t.Errorf("%s: %q (%v), want %q: %v", tt.what, got, res.Err, tt.rules, res.Findings)
			continue
		}
		if tt.says != "" && !strings.Contains(res.Findings[0].Message, tt.says) {
			t.Errorf("%s: %q, want %q in it", tt.what, res.Findings[0].Message, tt.says)
		}
	}
	less := -1
	if ms := (&TLS{Address: "dify.example.com", MinDays: &less}).Validate(); len(ms) != 2 {
		t.Errorf("mistakes %v, want two", ms)
	}
}

// An authority that was renewed after the server's certificate had run out is no
// second finding.
func TestTLSExpiredUnderAYoungAuthority(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	make := func(serial int64, from, until time.Duration, parent *x509.Certificate) *x509.Certificate {
		c := &x509.Certificate{
			SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: fmt.Sprint("c", serial)}, DNSNames: []string{"a.example"},
			NotBefore: time.Now().Add(from), NotAfter: time.Now().Add(until), IsCA: parent == nil, BasicConstraintsValid: true,
		}
		if parent == nil {
			parent = c
		}
		der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, key)
		if err != nil {
			t.Fatal(err)
		}
		c, err = x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	ca := make(1, -time.Hour, time.Hour, nil)
	roots := x509.NewCertPool()
	roots.AddCert(ca)
	in := probe.Inspection{Certificates: []*x509.Certificate{make(2, -72*time.Hour, -48*time.Hour, ca)}}
	in.Judge(roots, "a.example", time.Now())
	if in.Expired == "" || in.Untrusted != "" {
		t.Errorf("expired %q, untrusted %q, want expired alone", in.Expired, in.Untrusted)
	}
}

// A chain of which the server sends only its own part.
func TestTLSSaysThatTheIntermediateIsMissing(t *testing.T) {
	in := probe.Inspection{Untrusted: "the authority CN=x is unknown, and the server sends no intermediate certificate"}
	if advice := probe.TLSAdvice(in); !strings.Contains(advice, "fullchain") {
		t.Errorf("advice %q, want the whole chain", advice)
	}
}

func TestDays(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for after, want := range map[time.Duration]int{0: 0, 23 * time.Hour: 0, 25 * time.Hour: 1, 14 * 24 * time.Hour: 14, -time.Minute: -1, -25 * time.Hour: -2} {
		if got := probe.Days(now, now.Add(after)); got != want {
			t.Errorf("%s: %d days, want %d", after, got, want)
		}
	}
}
