package redis

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/celerywire"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
)

// workersSeen is what was seen of the workers.
type workersSeen struct {
	consumed map[string]bool // queues that somebody waits on
	waiting  map[string]bool // clients that wait on queues
	workers  map[string]int  // name: tasks that it carries out
	blocked  int             // clients that CLIENT LIST shows waiting
	blind    bool            // CLIENT LIST was refused, too
	other    map[string]bool // databases of the broker where a worker waits on a demanded queue
	asked    bool            // the workers answered for themselves
	err      error           // why no more could be seen
}

// evidence adds what was seen to a result's evidence.
func (s workersSeen) evidence(e map[string]any) {
	e["consumed"], e["waiting_clients"], e["workers"] = check.KeyList(s.consumed), max(len(s.waiting), s.blocked), check.KeyList(s.workers)
	e["seen_by"] = "MONITOR"
	if s.asked {
		e["seen_by"] = "remote control"
	}
	if s.err != nil {
		e["not_seen"] = s.err.Error()
	}
}

// watch finds out who consumes what.
func (l celeryInspection) watch(ctx context.Context, broker *client, lengths map[string]queueLength) workersSeen {
	seen := workersSeen{consumed: map[string]bool{}, waiting: map[string]bool{}, workers: map[string]int{}, other: map[string]bool{}}
	if l.spec.Inspect {
		l.ask(ctx, broker, &seen)
		return seen
	}
	if seen.err = l.monitor(ctx, broker, &seen, func() bool {
		for _, q := range append(slices.Clone(l.demand.queues), l.demand.forgotten...) {
			// A queue that nobody ever declared has no consumer: no need to wait.
			if lengths[q].bound && !seen.consumed[q] {
				return false
			}
		}
		return len(seen.consumed) > 0
	}); ctx.Err() != nil && seen.err == nil {
		seen.err = errors.New("the timeout ended before the broker had been watched for long enough")
	}
	if seen.err != nil {
		seen.blocked, seen.blind = l.blocked(ctx, broker)
	}
	return seen
}

// blocked counts the clients that wait on queues, where MONITOR cannot show
// which ones. Between two waits of a worker there is a moment without one.
// blind: nothing could be seen that way either.
func (l celeryInspection) blocked(ctx context.Context, broker *client) (n int, blind bool) {
	for deadline := l.now().Add(celeryWatch); l.now().Before(deadline); {
		list, err := broker.client.ClientList(ctx).Result()
		if n := blockedClients(list, l.source.Target.DB); err != nil || n > 0 {
			return n, err != nil
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return 0, true
		}
	}
	return 0, false
}

// blockedClients counts the clients of a database that wait in a BRPOP.
func blockedClients(list string, db int) int {
	n := 0
	for line := range strings.Lines(list) {
		if strings.Contains(line, fmt.Sprintf(" db=%d ", db)) && strings.Contains(line, " cmd=brpop ") && strings.Contains(line, " flags=b") {
			n++
		}
	}
	return n
}

// The bounds of what is read of MONITOR.
const (
	monitorLine  = 64 << 10 // of a longer command the rest is skipped
	monitorBytes = 64 << 20
)

// monitor watches the broker on a connection of its own until done or the
// time is up. An error says why nothing could be watched.
func (l celeryInspection) monitor(ctx context.Context, broker *client, seen *workersSeen, done func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, celeryWatch)
	defer cancel()
	conn, err := broker.Dial(ctx, "tcp", broker.Address)
	if err != nil {
		return errors.New(broker.Unreachable(ctx, err, l.timeout).Text)
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	r := bufio.NewReaderSize(io.LimitReader(conn, monitorBytes), monitorLine)
	if err := startMonitor(conn, r, l.source.login()); err != nil {
		return err
	}
	for {
		line, err := r.ReadSlice('\n')
		for cut := err; errors.Is(cut, bufio.ErrBufferFull); {
			_, cut = r.ReadSlice('\n')
			err = cut
		}
		if err != nil && len(line) == 0 {
			return nil // the time is up, or there was more than the bound allows
		}
		if c, ok := celerywire.ParseMonitor(string(line)); ok {
			l.note(c, seen)
			if done() {
				return nil
			}
		}
		if err != nil {
			return nil
		}
	}
}

// note adds what a command shows of a worker.
func (l celeryInspection) note(c celerywire.Command, seen *workersSeen) {
	if c.DB != l.source.Target.DB {
		for _, q := range c.Consumed(l.spec.KeyPrefix) {
			if slices.Contains(l.demand.queues, q) {
				seen.other[strconv.Itoa(c.DB)] = true
			}
		}
		return
	}
	for _, q := range c.Consumed(l.spec.KeyPrefix) {
		seen.consumed[q], seen.waiting[c.Client] = true, true
	}
	if channel, message, ok := c.Published(); ok {
		if h, ok := celerywire.ParseHeartbeat(c.DB, channel, message); ok {
			seen.workers[h.Worker] = h.Active
		}
	}
}

// startMonitor logs in and asks for the stream.
func startMonitor(conn net.Conn, r *bufio.Reader, login login) error {
	send := func(args ...string) error {
		var b strings.Builder
		b.WriteString("*" + strconv.Itoa(len(args)) + "\r\n")
		for _, a := range args {
			b.WriteString("$" + strconv.Itoa(len(a)) + "\r\n" + a + "\r\n")
		}
		if _, err := io.WriteString(conn, b.String()); err != nil {
			return errors.New("the connection broke off")
		}
		line, err := r.ReadString('\n')
		if err != nil {
			return errors.New("the connection broke off")
		}
		if !strings.HasPrefix(line, "+OK") {
			return fmt.Errorf("the broker refuses %s: %s", args[0], quote.Clip(strings.TrimPrefix(line, "-")))
		}
		return nil
	}
	switch {
	case login.password != "" && login.user != "":
		if err := send("AUTH", login.user, login.password); err != nil {
			return err
		}
	case login.password != "":
		if err := send("AUTH", login.password); err != nil {
			return err
		}
	}
	return send("MONITOR")
}
