package main

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// connections bounds how many are open at a time. When there are too many, the
// oldest one that shows no token is closed: whoever opens many and says nothing
// shuts out himself, and nobody else.
type connections struct {
	mu   sync.Mutex
	open map[net.Conn]*connection
}

// connection is what is known of an open one.
type connection struct {
	since time.Time
	// trusted: a request with the token is being answered on it.
	trusted bool
	all     *connections
}

type connectionKey struct{}

// named is for http.Server.ConnContext: a request's handler finds its connection.
func (c *connections) named(ctx context.Context, conn net.Conn) context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	return context.WithValue(ctx, connectionKey{}, c.entry(conn))
}

// entry is the connection's, made at the first call. mu is held.
func (c *connections) entry(conn net.Conn) *connection {
	if c.open == nil {
		c.open = map[net.Conn]*connection{}
	}
	e := c.open[conn]
	if e == nil {
		e = &connection{since: time.Now(), all: c}
		c.open[conn] = e
	}
	return e
}

// changed is for http.Server.ConnState.
func (c *connections) changed(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateClosed, http.StateHijacked:
		delete(c.open, conn)
		return
	case http.StateNew:
		c.entry(conn)
	}
	if len(c.open) <= maxConnection {
		return
	}
	var oldest net.Conn
	for other, e := range c.open {
		if other != conn && !e.trusted && (oldest == nil || e.since.Before(c.open[oldest].since)) {
			oldest = other
		}
	}
	if oldest == nil {
		oldest = conn
	}
	delete(c.open, oldest)
	_ = oldest.Close()
}

// trust marks the request's connection as one that showed the token; the result
// takes that back.
func trust(ctx context.Context) func() {
	e, ok := ctx.Value(connectionKey{}).(*connection)
	if !ok {
		return func() {}
	}
	set := func(trusted bool) {
		e.all.mu.Lock()
		defer e.all.mu.Unlock()
		e.trusted, e.since = trusted, time.Now()
	}
	set(true)
	return func() { set(false) }
}
