package explain

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/dify-gate/dify-gate/gate/internal/responder"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// Reach is how an upstream answers from where the gate runs.
type Reach int

// The ways in which an upstream answers.
const (
	ReachUnknown Reach = iota // not tried, or a name that is none here
	ReachRefused              // nobody listens
	ReachReset                // it accepts connections and closes them
	ReachTimeout              // no connection, or no answer, in time
	ReachPlain                // it accepts connections and does not speak TLS
	ReachTLS                  // it wants TLS
	ReachAnswers              // it answers as the proxy asks
)

// reach tries an upstream as the proxy asks it: a handshake for https, a HEAD
// request for http. text is for people.
func reach(ctx context.Context, n *probe.Network, address, protocol string) (r Reach, text string) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	conn, err := n.Dial(ctx, "tcp", address)
	if err != nil {
		return reachOf(err)
	}
	defer func() { _ = conn.Close() }()
	deadline, _ := ctx.Deadline()
	_ = conn.SetDeadline(deadline)
	if protocol == "https" {
		config := n.TLS.Clone()
		config.InsecureSkipVerify = true // nginx does not verify it either; nothing is sent over it
		err := tls.Client(conn, config).HandshakeContext(ctx)
		var record tls.RecordHeaderError
		switch {
		case err == nil:
			return ReachAnswers, "speaks TLS"
		case errors.As(err, &record):
			return ReachPlain, "accepts connections but does not speak TLS"
		}
		return reachOf(err)
	}
	if _, err := fmt.Fprintf(conn, "HEAD / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", address); err != nil {
		return reachOf(err)
	}
	head := make([]byte, 512)
	size, err := conn.Read(head)
	said := string(head[:size])
	switch {
	case strings.HasPrefix(said, "HTTP/") && !strings.Contains(said, " 400 "):
		return ReachAnswers, "accepts connections and answers HTTP"
	case strings.HasPrefix(said, "HTTP/"), strings.HasPrefix(said, "\x15\x03"):
		return ReachTLS, "accepts connections and rejects plain HTTP: it requires TLS"
	case size > 0:
		return ReachUnknown, "accepts connections and does not speak HTTP"
	}
	return reachOf(err)
}

func reachOf(err error) (Reach, string) {
	t := probe.Classify(err)
	switch t.Class {
	case probe.FailRefused:
		return ReachRefused, t.Text
	case probe.FailReset:
		return ReachReset, "accepts connections and closes them without an answer"
	case probe.FailTimeout, probe.FailUnreachable:
		return ReachTimeout, t.Text
	case probe.FailDNS: // a name of the compose network says nothing outside of it
		return ReachUnknown, ""
	}
	return ReachUnknown, t.Text
}

// upstream explains 502, 503 and 504 of whatever proxy.
func (q question) upstream() Cause {
	service := cmp.Or(q.public.Service, "web")
	if q.Files != nil && q.Files.Upstream != "" {
		service = cmp.Or(q.Files.Service, q.Files.Upstream)
	}
	c := Cause{ID: CauseUpstreamDown, Key: CauseUpstreamDown + " " + service, Place: q.place()}
	if q.Answer.Kind == responder.UpstreamSlow || q.Status == 504 {
		return q.slow(c, service)
	}
	address := service
	if q.Files != nil && q.Files.Upstream != "" && q.Files.Upstream != service {
		address += " at " + q.Files.Upstream
	}
	c.Text = fmt.Sprintf("%s got no answer from its upstream, %s: it refuses connections, does not resolve, or closed them", q.Answer.Name, address)
	c.Fix = fmt.Sprintf("check that %s is up and has finished its migration (docker compose ps, logs %s); if it has, restart the proxy, which may still use the container's old address", service, service)
	if underPrefix(q.path, "/socket.io") {
		c.Fix = "start api_websocket (COMPOSE_PROFILES with collaboration), or set NGINX_SOCKET_IO_UPSTREAM to a service that runs"
	}
	if q.Files != nil && q.Files.Upstream != "" {
		q.tellApart(&c, service)
	}
	return c
}

// tellApart finds which of the reasons for a 502 it is, by the files and by how
// the upstream answers from here.
func (q question) tellApart(c *Cause, service string) {
	f := q.Files
	switch {
	case f.Protocol == "https" && (q.Reached == ReachPlain || q.Reached == ReachUnknown && f.Plain):
		c.ID = CauseUpstreamScheme
		c.Text = fmt.Sprintf("the proxy sends https to %s, which speaks plain HTTP", f.Upstream)
		if q.Reached == ReachPlain {
			c.Text = fmt.Sprintf("the proxy sends https to %s, which accepts connections but does not speak TLS", f.Upstream)
		}
		c.Fix = "use plain HTTP: " + passLine(f, "http")
	case f.Protocol == "http" && q.Reached == ReachTLS:
		c.ID = CauseUpstreamScheme
		c.Text = fmt.Sprintf("the proxy sends plain HTTP to %s, which requires TLS", f.Upstream)
		c.Fix = "use https: " + passLine(f, "https")
	case f.Nameless:
		c.Text = fmt.Sprintf("the proxy's upstream %s has a name that no service of the compose files has", f.Upstream)
		c.Fix = "use the name of the right service, and reload the proxy"
	case q.Reached == ReachRefused:
		c.Text = fmt.Sprintf("the upstream %s refuses connections: nothing listens there, so %s answered instead", f.Upstream, q.Answer.Name)
		c.Fix = fmt.Sprintf("start %s (docker compose ps, logs %s), and check that the port is the one that it listens on or publishes", service, service)
	case q.Reached == ReachReset:
		c.Text = fmt.Sprintf("the upstream %s accepts connections and closes them without an answer", f.Upstream)
		c.Fix = fmt.Sprintf("read the log of %s: it crashes on the request or is not up yet, or it is not an HTTP service", service)
	case q.Reached == ReachTimeout:
		c.Text = fmt.Sprintf("the upstream %s cannot be reached from here either: packets are lost or nothing answers", f.Upstream)
		c.Fix = "check the address, the firewall and the network between the proxy and " + service
	case q.Reached == ReachAnswers && literal(f.Upstream):
		c.Text = fmt.Sprintf("%s got no answer from its upstream %s, which answers when asked from here", q.Answer.Name, f.Upstream)
		c.Fix = "try again, as it may have been starting; if the 502 stays, the proxy is in another network (a container's 127.0.0.1 is the container itself): use the service's name instead of the address"
	case literal(f.Upstream):
		c.Fix = fmt.Sprintf("check that %s is up (docker compose ps, logs %s) and that %s is still its address: a recreated container gets a new one, so use the service's name instead", service, service, f.Upstream)
	}
}

// literal reports whether an upstream is an address and no name.
func literal(upstream string) bool {
	host, _, err := net.SplitHostPort(upstream)
	if err != nil {
		return false
	}
	_, err = netip.ParseAddr(host)
	return err == nil
}

// passLine is the line that asks an upstream by a scheme.
func passLine(f *Routed, scheme string) string {
	url := scheme + "://" + f.Upstream
	switch f.Server {
	case "", "nginx":
		return "proxy_pass " + url + ";"
	case "caddy":
		return "reverse_proxy " + url
	}
	return url
}

// slow explains a 504, with the time-out that ran out.
func (q question) slow(c Cause, service string) Cause {
	c.ID, c.Key = CauseUpstreamSlow, CauseUpstreamSlow+" "+service
	c.Text = fmt.Sprintf("%s timed out waiting for its upstream, %s", q.Answer.Name, service)
	c.Fix = "check what the service is busy with, its database and its workers; raise the proxy's read timeout only for answers that may take that long, and stream long runs (response_mode streaming): each event restarts the timeout"
	if q.Files == nil || q.Files.ReadTimeout.Name == "" {
		return c
	}
	s := q.Files.ReadTimeout
	if s.Value == "" {
		c.Text += ", after nginx's default of 60 seconds (no proxy_read_timeout is set)"
		return c
	}
	c.Text += fmt.Sprintf(", after %s (%s)", s.Value, s.Name)
	c.Place = s.At
	c.Evidence = append(c.Evidence, fmt.Sprintf("%s %s; in %s:%d", s.Name, s.Value, s.At.File, s.At.Line))
	return c
}

// tooLarge explains a 413, against what Dify itself takes.
func (q question) tooLarge() Cause {
	c := Cause{ID: CauseBodyLimit, Text: "nginx refuses a body of this size", Fix: "raise NGINX_CLIENT_MAX_BODY_SIZE (100M since 1.6.0), also in every proxy in front", Place: q.place()}
	if q.Files == nil || q.Files.BodyLimit.Name == "" {
		return c
	}
	s := q.Files.BodyLimit
	limit := ""
	if q.Getenv != nil {
		limit = q.Getenv("UPLOAD_FILE_SIZE_LIMIT")
	}
	value := cmp.Or(s.Value, "1m")
	c.Text = "nginx refuses a body of this size: client_max_body_size is " + value
	if s.Value == "" {
		c.Text += ", nginx's default"
	} else {
		c.Place = s.At
		c.Evidence = append(c.Evidence, fmt.Sprintf("client_max_body_size %s; in %s:%d", s.Value, s.At.File, s.At.Line))
	}
	c.Fix = "set client_max_body_size to more than the largest file that Dify accepts, in every proxy in front"
	if limit != "" {
		c.Text += ", and Dify accepts files of up to " + limit + " MB (UPLOAD_FILE_SIZE_LIMIT)"
		c.Fix = fmt.Sprintf("set client_max_body_size to more than UPLOAD_FILE_SIZE_LIMIT, which is %s MB, also in every proxy in front", limit)
	}
	return c
}

// schemeLost explains a redirect by the API from https to http. Werkzeug
// redirects for a slash alone; one to the very path that was asked for shows that
// the API saw it with a doubled one.
func (q question) schemeLost(samePath bool) Cause {
	c := Cause{
		ID: CauseSchemeLost, Text: "the API redirects from https to http: it does not know that TLS ends in front of it, and clients drop the body or refuse the redirect",
		Fix: "let the proxy that ends TLS send X-Forwarded-Proto $scheme, and every proxy behind it forward that value ($http_x_forwarded_proto) instead of its own $scheme", Place: q.place(),
	}
	if samePath {
		c.Text += "; the path is the one that was requested, so it arrived with a double slash"
		c.Fix += "; and use proxy_pass without a path in the location for " + orSlash(q.prefix)
		c.Lines = q.block(q.public)
	}
	return c
}
