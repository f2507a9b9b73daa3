package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/dify-gate/dify-gate/gate"
)

// FailureClass sorts the ways in which a connection fails.
type FailureClass int

// The classes of failures.
const (
	FailOther FailureClass = iota
	FailDNS
	FailRefused
	FailReset
	FailTimeout
	FailUnreachable
	FailTLS
)

// Failure is a network error in an operator's words.
type Failure struct {
	Class FailureClass
	Text  string
}

// Classify sorts an error of a dial, a handshake or an exchange.
func Classify(err error) Failure {
	var dns *net.DNSError
	var netErr net.Error
	var through *proxiedError
	switch {
	case errors.Is(err, context.Canceled):
		return Failure{FailOther, "interrupted"}
	case errors.As(err, &through):
		t := Classify(through.err)
		t.Text += ", asked through the proxy " + through.proxy + " of the environment"
		return t
	case errors.As(err, &dns):
		if dns.IsTimeout {
			return Failure{FailDNS, "the name server did not answer for " + dns.Name}
		}
		return Failure{FailDNS, "the name " + dns.Name + " does not resolve"}
	case isTLS(err):
		return Failure{FailTLS, tlsText(err)}
	case errors.Is(err, syscall.ECONNREFUSED):
		return Failure{FailRefused, "the connection was refused"}
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return Failure{FailReset, "the connection was reset"}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return Failure{FailReset, "the connection was closed without an answer"}
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return Failure{FailUnreachable, "there is no route to the host"}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &netErr) && netErr.Timeout():
		return Failure{FailTimeout, "no answer in time"}
	}
	return Failure{FailOther, LastPart(err)}
}

// proxiedError is an error of a request that went through HTTP(S)_PROXY: what
// failed may be the proxy, and no error of net/http says so.
type proxiedError struct {
	proxy string // redacted
	err   error
}

func (e *proxiedError) Error() string { return e.err.Error() }
func (e *proxiedError) Unwrap() error { return e.err }

// Retry says whether another try may help.
func (f Failure) Retry() gate.Retry {
	switch f.Class {
	case FailRefused, FailReset:
		return gate.RetrySoon
	case FailTimeout:
		return gate.RetryTimeout
	}
	return gate.RetryNever
}

func isTLS(err error) bool {
	var (
		verify *tls.CertificateVerificationError
		record tls.RecordHeaderError
		alert  tls.AlertError
		host   x509.HostnameError
		ca     x509.UnknownAuthorityError
		cert   x509.CertificateInvalidError
	)
	return errors.As(err, &verify) || errors.As(err, &record) || errors.As(err, &alert) ||
		errors.As(err, &host) || errors.As(err, &ca) || errors.As(err, &cert) ||
		strings.Contains(err.Error(), "tls: ") || strings.Contains(err.Error(), "server gave HTTP response to HTTPS client")
}

// tlsText words the usual TLS errors.
func tlsText(err error) string {
	var (
		record tls.RecordHeaderError
		host   x509.HostnameError
		ca     x509.UnknownAuthorityError
		cert   x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &host) && host.Certificate != nil:
		return fmt.Sprintf("the certificate is not valid for %s, it names %s", host.Host, CertNames(host.Certificate))
	case errors.As(err, &ca):
		return "the certificate was signed by an unknown authority"
	case errors.As(err, &cert) && cert.Reason == x509.Expired:
		return "the certificate has expired or is not yet valid"
	case errors.As(err, &record), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return "the server does not speak TLS on this port"
	case wantsClientCertificate(err):
		return "the server requires a client certificate and got none that it accepts"
	}
	return LastPart(err)
}

// wantsClientCertificate reports whether an error is one of the alerts of a
// server that demands a client's certificate: certificate_required, and bad_certificate before TLS 1.3.
func wantsClientCertificate(err error) bool {
	if err == nil {
		return false
	}
	text := err.Error()
	return strings.Contains(text, "tls: certificate required") || strings.Contains(text, "remote error: tls: bad certificate")
}

// LastPart is the innermost error's text: the outer ones repeat the URL, and
// with it what may be secret.
func LastPart(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}
