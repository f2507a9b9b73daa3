package redis

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
)

// The bounds of a scan for stale keys, over all patterns of a server.
const (
	scanPage   = 1000      // keys that the server looks at in one step
	scanPages  = 5000      // steps: five million keys
	scanSample = 200       // keys of a page whose age is asked
	staleShown = 3         // keys that a finding names
	staleMax   = 1_000_000 // matches after which the count stops
)

// staleKeys is what was seen of the keys of a pattern.
type staleKeys struct {
	count, forever int
	sampled        int
	oldest         time.Duration
	ageless        bool // the server does not keep idle times (LFU policies)
	names          []string
	cut            bool // there were more keys than the bounds allow to read
}

// stale finds keys that the new release cannot read.
func (l inspection) stale(ctx context.Context, node *client, info map[string]string, res *gate.Result) {
	for _, pattern := range l.spec.StaleKeys {
		seen, err := l.scan(ctx, node, pattern)
		switch {
		case err != nil && seen.count == 0:
			f := node.failure(ctx, err)
			res.Err, res.Retry = fmt.Errorf("stale_keys %q: the keys could not be read: %s", pattern, f.Text), f.Retry
			return
		case seen.count == 0 && seen.cut:
			res.Err = fmt.Errorf("stale_keys %q: none among the first %d keys; the rest was not read", pattern, scanPage*scanPages)
		case seen.count > 0:
			f := l.found(ruleRedisStaleCache, fmt.Sprintf("%s/%d", node.Address, l.source.Target.DB), seen.text(pattern, l.spec.StaleAfter.Of(), err != nil), l.staleHint(pattern, info))
			f.Subject += " " + pattern
			res.Findings = append(res.Findings, f)
		}
	}
}

// text words what was seen. broken: the scan ended early.
func (s staleKeys) text(pattern string, after time.Duration, broken bool) string {
	atLeast := ""
	if s.cut || broken {
		atLeast = "at least "
	}
	var more []string
	if s.sampled > 0 && !s.ageless {
		more = append(more, "the oldest unused for "+s.oldest.String())
	}
	if s.forever > 0 {
		more = append(more, fmt.Sprintf("%d of %d checked keys never expire", s.forever, s.sampled))
	}
	text := fmt.Sprintf("%s%d keys match %q, such as %s", atLeast, s.count, pattern, strings.Join(s.names, ", "))
	if after > 0 {
		text = fmt.Sprintf("%s%d keys match %q and were not used for %s, such as %s", atLeast, s.count, pattern, after, strings.Join(s.names, ", "))
	}
	if more != nil {
		text += " (" + strings.Join(more, "; ") + ")"
	}
	return text
}

// staleHint names the way to delete by pattern, and why not to flush.
func (l inspection) staleHint(pattern string, info map[string]string) string {
	cli := fmt.Sprintf("redis-cli -n %d", l.source.Target.DB)
	hint := fmt.Sprintf("check the list, then delete by pattern: %s --scan --pattern %s | xargs -r -n 100 %s unlink. "+
		"Not FLUSHALL: it deletes every database of the server, and Dify's queue (CELERY_BROKER_URL, usually db 1) may be in another one",
		cli, shellQuote(pattern), cli)
	if info["redis_mode"] == "cluster" {
		hint = fmt.Sprintf("delete by pattern on every master: redis-cli -c --scan --pattern %s | xargs -r -n 1 redis-cli -c unlink. "+
			"Not FLUSHALL: Dify's queue may be in the same cluster", shellQuote(pattern))
	}
	var others []string
	for _, db := range databases(info) {
		if !strings.HasPrefix(db, fmt.Sprintf("db%d:", l.source.Target.DB)) {
			others = append(others, db)
		}
	}
	if others != nil {
		hint += " (here: " + strings.Join(others, ", ") + ")"
	}
	return hint
}

// scan counts the keys of a pattern and asks the age of a sample of them.
// SCAN, TTL and OBJECT IDLETIME leave a key's own idle time as it is.
func (l inspection) scan(ctx context.Context, node *client, pattern string) (staleKeys, error) {
	var s staleKeys
	var cursor uint64
	for range scanPages {
		keys, next, err := node.client.Scan(ctx, cursor, pattern, scanPage).Result()
		if err != nil {
			return s, err
		}
		if err := s.page(ctx, node, keys, l.spec.StaleAfter.Of()); err != nil {
			return s, err
		}
		if next == 0 {
			return s, nil
		}
		if cursor = next; s.count >= staleMax {
			break
		}
	}
	s.cut = true
	return s, nil
}

// page adds one page of keys.
func (s *staleKeys) page(ctx context.Context, node *client, keys []string, after time.Duration) error {
	if after == 0 {
		s.count += len(keys)
		for _, k := range keys[:min(len(keys), staleShown-len(s.names))] {
			s.names = append(s.names, quote.Clip(k))
		}
		keys = keys[:min(len(keys), max(0, scanSample-s.sampled))]
	}
	if len(keys) == 0 {
		return nil
	}
	idle := make([]*redis.DurationCmd, len(keys))
	ttl := make([]*redis.DurationCmd, len(keys))
	_, err := node.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, k := range keys {
			idle[i], ttl[i] = p.ObjectIdleTime(ctx, k), p.TTL(ctx, k)
		}
		return nil
	})
	for i, k := range keys {
		if idle[i].Err() == redis.Nil || ttl[i].Val() == -2 {
			continue // it has expired meanwhile
		}
		if e := idle[i].Err(); e != nil {
			if !strings.Contains(e.Error(), "LFU") {
				return e
			}
			s.ageless, err = true, nil
		}
		s.sampled++
		if ttl[i].Val() == -1 {
			s.forever++
		}
		s.oldest = max(s.oldest, idle[i].Val())
		// Where idle times are not kept, every match counts: rather one too many.
		if after > 0 && (s.ageless || idle[i].Val() >= after) {
			if s.count++; len(s.names) < staleShown {
				s.names = append(s.names, quote.Clip(k))
			}
		}
	}
	if err == redis.Nil {
		err = nil
	}
	return err
}

// shellQuote makes a word of a POSIX shell.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
