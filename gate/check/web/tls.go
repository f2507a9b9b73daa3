package web

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// TLS checks that a server's certificate is trusted and lasts.
type TLS struct {
	check.Base `yaml:",inline"`
	Address    string `yaml:"address" help:"host:port" required:"true"`
	ServerName string `yaml:"server_name" help:"the name that the certificate must have, by default the address's host"`
	MinDays    *int   `yaml:"min_days" help:"warn when fewer days than this are left, by default 14"`
}

// Kind is tls.
func (t *TLS) Kind() string { return "tls" }

// Rules are those of tls.
func (t *TLS) Rules() []gate.Rule {
	return []gate.Rule{ruleTLSUntrusted, ruleTLSExpiring, ruleTLSExpired}
}

var ruleTLSUntrusted = gate.Rule{
	ID: "tls/untrusted", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "the certificate is not trusted",
	What:    "The handshake failed, or the certificate is for another name, or its chain leads to no known authority.",
	Why:     "Every client that verifies certificates refuses the connection.",
	Fix:     "Install a certificate for the name, with its intermediate certificates; for a private authority use --ca-cert.",
	Example: "tls dify.example.com:443: the certificate is not valid for dify.example.com, it names old.example.com",
}

var ruleTLSExpiring = gate.Rule{
	ID: "tls/expiring", Severity: gate.Warning, Phase: gate.PhasePost,
	Title:   "the certificate expires soon",
	What:    "The first certificate of the chain expires in fewer than min_days days.",
	Why:     "It should have been renewed by now. When it expires, everything stops at once.",
	Fix:     "Check the renewal (certbot, the ingress's issuer), and reload the proxy afterwards.",
	Example: "tls dify.example.com:443: the certificate expires in 5 days, on 2026-11-30, expected at least 14",
}

var ruleTLSExpired = gate.Rule{
	ID: "tls/expired", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "the certificate has expired",
	What:    "A certificate of the chain has expired.",
	Why:     "Browsers and API clients refuse the deployment.",
	Fix:     "Renew the certificate and reload the proxy: it does not read a renewed file automatically.",
	Example: "tls dify.example.com:443: the certificate expired on 2026-11-20 08:00 UTC",
}

// Validate wants host:port and a sensible number of days.
func (t *TLS) Validate() []check.Mistake {
	ms := append(t.Mistakes(), check.HostPortMistake("address", t.Address)...)
	if t.MinDays != nil && (*t.MinDays < 0 || *t.MinDays > 825) {
		ms = append(ms, check.Mistakef("min_days", "min_days %d: want 0 to 825", *t.MinDays))
	}
	return ms
}

// Check makes the check.
func (t *TLS) Check(env *check.Env) gate.Check {
	c := t.NewCheck("tls", "tls "+t.Address, gate.PhasePost, append(t.Rules(), new(TCP).Rules()...))
	c.Probes = []string{"TLS handshake with " + t.Address}
	c.Run = func(ctx context.Context) gate.Result { return t.run(ctx, env, c.Timeout) }
	return c
}

func (t *TLS) run(ctx context.Context, env *check.Env, timeout time.Duration) gate.Result {
	conn, err := env.Network.Dial(ctx, "tcp", t.Address)
	if err != nil {
		return tcpFailure(t.Address, err, timeout)
	}
	defer func() { _ = conn.Close() }()
	name := t.ServerName
	if name == "" {
		name, _, _ = net.SplitHostPort(t.Address)
	}
	in, err := probe.InspectTLS(ctx, env.Network, env.Now, conn, name)
	if err != nil {
		return t.noHandshake(err, timeout)
	}
	res := gate.Result{Evidence: tlsEvidence(in, env.Now)}
	add := func(rule gate.Rule, message, hint string) {
		f := rule.Finding(fmt.Sprintf("tls %s: %s", t.Address, message), hint)
		f.Subject, f.Cause = t.Address, t.cause()
		if f.Severity == gate.Error {
			f.Symptom = gate.SymptomDown
		}
		res.Findings = append(res.Findings, f)
	}
	if in.Expired != "" {
		add(ruleTLSExpired, in.Expired, probe.TLSAdvice(in))
	}
	if in.Untrusted != "" && !env.Network.TLS.InsecureSkipVerify {
		add(ruleTLSUntrusted, in.Untrusted, probe.TLSAdvice(probe.Inspection{Untrusted: in.Untrusted}))
	}
	least := probe.ExpirySoon
	if t.MinDays != nil {
		least = *t.MinDays
	}
	if left := probe.Days(env.Now, in.Until); in.Expired == "" && left < least {
		add(ruleTLSExpiring,
			fmt.Sprintf("the certificate expires in %d days, on %s, expected at least %d", left, in.Until.UTC().Format("2006-01-02"), least),
			"check the renewal, and reload the proxy afterwards")
	}
	return res
}

// noHandshake is the result when the handshake failed.
func (t *TLS) noHandshake(err error, timeout time.Duration) gate.Result {
	tr := probe.Classify(err)
	if tr.Class == probe.FailTimeout {
		tr.Text = fmt.Sprintf("nothing answered the handshake within %s", timeout)
	}
	f := ruleTLSUntrusted.Finding(fmt.Sprintf("tls %s: %s", t.Address, tr.Text),
		"check that the port is the https one and that the server speaks TLS 1.2 or newer")
	f.Subject, f.Symptom, f.Cause = t.Address, gate.SymptomDown, t.cause()
	return gate.Result{Findings: []gate.Finding{f}, Retry: tr.Retry(), Evidence: map[string]any{"error": tr.Text}}
}

// cause is the key of every request to the address that fails for its TLS.
func (t *TLS) cause() string { return "tls " + strings.ToLower(t.Address) }

func tlsEvidence(in probe.Inspection, now time.Time) map[string]any {
	e := map[string]any{"version": in.Version, "cipher": in.Cipher, "protocol": in.ALPN, "handshake_ms": probe.Milliseconds(in.Took)}
	if len(in.Certificates) > 0 {
		leaf := in.Certificates[0]
		e["names"], e["issuer"], e["until"] = probe.CertNames(leaf), quote.Clip(leaf.Issuer.String()), in.Until.UTC().Format(time.RFC3339)
		e["days_left"] = probe.Days(now, in.Until)
	}
	if in.Untrusted != "" {
		e["untrusted"] = in.Untrusted
	}
	return e
}

// tcpFailure is the result when an address gives no connection.
func tcpFailure(address string, err error, timeout time.Duration) gate.Result {
	tr := probe.Classify(err)
	rule, got, hint := ruleTCPRefused, tr.Text, "start the service, and check the port and the address that it listens on"
	want := "an open port"
	switch tr.Class {
	case probe.FailDNS:
		rule, want, hint = ruleTCPDNS, "an address", "run the gate inside the network that knows the name, or use --resolve"
	case probe.FailUnreachable:
		rule, hint = ruleTCPTimeout, "check the route to the host, and that the gate runs in a network that reaches it"
	case probe.FailTimeout:
		rule, got, hint = ruleTCPTimeout, fmt.Sprintf("no answer within %s", timeout), "check firewalls, security groups and the route to the host"
	}
	f := rule.Finding(fmt.Sprintf("%s: %s, expected %s", address, got, want), hint)
	f.Subject, f.Symptom = address, gate.SymptomDown
	switch tr.Class {
	case probe.FailDNS, probe.FailRefused, probe.FailUnreachable:
		f.Cause = causeOfAddress(&url.URL{Host: address}, tr)
	}
	return gate.Result{Findings: []gate.Finding{f}, Retry: tr.Retry(), Evidence: map[string]any{"error": tr.Text}}
}
