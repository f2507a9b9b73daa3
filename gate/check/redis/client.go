package redis

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
	"github.com/dify-gate/dify-gate/gate/internal/redisurl"
	"github.com/dify-gate/dify-gate/gate/internal/wire"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// login is who the gate is for a server.
type login struct{ user, password string }

// client is a redis-server that the gate is connected to.
type client struct {
	*probe.Peer
	client  *redis.Client
	timeout time.Duration
	release func() bool // ends the watch for an interruption
}

// quietRedis silences go-redis, which logs to stderr what it also returns.
var quietRedis = sync.OnceFunc(func() { redis.SetLogger(silence{}) })

type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}

// clientOptions say which server to connect to, as whom, and what to send.
type clientOptions struct {
	network *probe.Network
	address string          // host:port
	target  redisurl.Target // for TLS
	login   login
	db      int
	timeout time.Duration // of every step: dial, read, write
	allowed []string      // commands, in lower case; all others are refused
}

// newClient prepares a client that sends nothing but what the options allow.
// Nothing is connected yet. Close it. go-redis respects a deadline while it
// reads, but no interruption: that closes the connection.
func newClient(ctx context.Context, o clientOptions) *client {
	quietRedis()
	p := &client{Peer: &probe.Peer{Product: wire.Redis, Address: o.address, Network: o.network}, timeout: o.timeout}
	if o.target.TLS {
		p.TLS = tlsOption(o.network.TLS, o.target)
	}
	p.client = redis.NewClient(&redis.Options{
		Addr: o.address, Dialer: p.Dial, Username: o.login.user, Password: o.login.password, DB: o.db,
		// RESP2, and none of the extras: the handshake stays one HELLO.
		Protocol: 2, DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
		MaxRetries:               -1, DialerRetries: 1, PoolSize: 1, PipelinePoolSize: -1,
		ContextTimeoutEnabled: true, DialTimeout: o.timeout, ReadTimeout: o.timeout, WriteTimeout: o.timeout, PoolTimeout: o.timeout,
	})
	p.client.AddHook(newReadOnlyHook(o.allowed))
	p.release = context.AfterFunc(ctx, func() {
		if errors.Is(ctx.Err(), context.Canceled) {
			p.End()
		}
	})
	return p
}

func tlsOption(base *tls.Config, t redisurl.Target) *tls.Config {
	config := base.Clone()
	if t.SkipVerify {
		config.InsecureSkipVerify = true //nolint:gosec // the operator's URL says ssl_cert_reqs=none, as Dify's does
	}
	return config
}

// What a server that could not save its data does with writes, and even with
// PING (redis/src/server.c, processCommand).
const (
	saveFailed     = "the last save to disk failed, so Redis refuses writes (MISCONF)"
	saveFailedHint = "read the server's log: usually the disk is full or the directory is not writable"
)

// Close ends the connection.
func (p *client) Close() {
	p.release()
	_ = p.client.Close()
}

// failure sorts an error of a command.
func (p *client) failure(ctx context.Context, err error) probe.PeerFailure {
	var reply redis.Error
	if errors.As(err, &reply) && !errors.Is(err, redis.Nil) {
		return replyFailure(reply.Error(), p.client.Options().Username)
	}
	var refused *refusedCommand
	if errors.As(err, &refused) {
		return probe.PeerFailure{Err: refused}
	}
	if s := err.Error(); strings.Contains(s, "redis: can't parse") || strings.Contains(s, "redis: invalid reply") {
		if p.Speaks() == "" || p.Speaks() == wire.Redis {
			return probe.PeerFailure{Reason: probe.ReasonUnreachable, Text: "the server on this port does not speak Redis", Hint: "check host and port: another server listens there"}
		}
	}
	if reply := turnedAway(p.Head()); reply != "" {
		return replyFailure(reply, p.client.Options().Username)
	}
	return p.Unreachable(ctx, err, p.timeout)
}

// turnedAway is the reply of a server that refuses every client and closes the
// connection: go-redis has dropped it by the time that it sees the close.
func turnedAway(head []byte) string {
	line, _, _ := strings.Cut(string(head), "\r\n")
	if reply, ok := strings.CutPrefix(line, "-"); ok && (strings.HasPrefix(reply, "DENIED") || strings.Contains(reply, "max number of clients")) {
		return reply
	}
	return ""
}

// replyFailure words the error replies that keep the gate from reading
// (redis/src/server.c, createSharedObjects, and acl.c).
func replyFailure(reply, user string) probe.PeerFailure {
	if user == "" {
		user = "default"
	}
	code, _, _ := strings.Cut(reply, " ")
	down := func(text, hint string, retry gate.Retry) probe.PeerFailure {
		return probe.PeerFailure{Reason: probe.ReasonUnreachable, Text: text, Hint: hint, Retry: retry}
	}
	auth := func(text, hint string) probe.PeerFailure {
		return probe.PeerFailure{Reason: probe.ReasonAuth, Text: text, Hint: hint}
	}
	switch {
	case code == "NOAUTH":
		return auth("a password is required and none was sent", "add it to the URL (redis://:PASSWORD@…); Dify has it in REDIS_PASSWORD and again in CELERY_BROKER_URL")
	case code == "WRONGPASS", strings.Contains(reply, "invalid password"), strings.Contains(reply, "invalid username-password"):
		return auth(fmt.Sprintf("the password of user %q was refused", user), "compare REDIS_PASSWORD, the password in CELERY_BROKER_URL and the server's requirepass or ACL")
	case strings.Contains(reply, "without any password configured"):
		return auth("a password was sent but the server has none", "set requirepass, or remove the password from REDIS_PASSWORD and CELERY_BROKER_URL")
	case code == "NOPERM":
		return auth(fmt.Sprintf("user %q lacks a permission (%s)", user, quote.Clip(reply)), "grant the user what the reply names, e.g. ACL SETUSER … +@read +info +ping")
	case code == "LOADING":
		return down("the server is loading its data", "wait until it is done; --wait keeps retrying", gate.RetrySoon)
	case code == "DENIED":
		return down("the server is in protected mode", "set a password, or set bind and protected-mode to fit the network", gate.RetryNever)
	case strings.Contains(reply, "max number of clients"):
		return down("the server accepts no more clients", "raise maxclients, or find out who uses the connections: CLIENT LIST", gate.RetrySoon)
	case code == "MISCONF":
		return probe.PeerFailure{Reason: probe.ReasonReadOnly, Text: saveFailed, Hint: saveFailedHint}
	case code == "MASTERDOWN":
		return probe.PeerFailure{Reason: probe.ReasonReadOnly, Text: "it is a replica that has lost its master", Hint: "start the master, or point the URL at the one that serves writes", Retry: gate.RetrySoon}
	case code == "BUSY":
		return down("a script keeps the server busy", "end it with redis-cli SCRIPT KILL, which works if it has not written", gate.RetrySoon)
	case strings.Contains(reply, "DB index is out of range"), strings.Contains(reply, "SELECT is not allowed in cluster mode"):
		return down("the database number does not exist on this server ("+quote.Clip(reply)+")", "correct the number at the end of the URL; a cluster has only database 0", gate.RetryNever)
	}
	return down("the server answered "+quote.Clip(reply), "look up the reply in the server's documentation, and read its log", gate.RetryNever)
}
