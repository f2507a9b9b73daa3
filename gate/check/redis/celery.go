package redis

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/celerywire"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// Celery checks the workers and their queues through the broker alone.
//
// What a worker consumes is only said by the command that it waits in: the
// check watches the broker's MONITOR until every demanded queue was seen, for
// a second mostly (workers renew their BRPOP every second) and for
// celeryWatch at most. Bindings prove nothing: senders make them too.
type Celery struct {
	check.Base  `yaml:",inline"`
	RedisAccess `yaml:",inline"`
	Queues      check.Strings `yaml:"queues" help:"queues that have to be consumed; auto (default): those of the target release"`
	MaxBacklog  *int          `yaml:"max_backlog" help:"messages that may wait in one queue, by default 1000"`
	Inspect     bool          `yaml:"inspect" help:"ask the workers by Celery's own remote control; this writes a list of replies to the broker and removes it again"`
	KeyPrefix   string        `yaml:"key_prefix" help:"global_keyprefix of the broker's transport (REDIS_KEY_PREFIX)"`
}

// DefaultMaxBacklog is a queue's length that an idle deployment never reaches.
const DefaultMaxBacklog = 1000

// celeryWatch is how long the broker is watched when not all demanded queues
// were seen: it covers a worker's BRPOP (1 s) and its heartbeat (2 s).
const celeryWatch = 2500 * time.Millisecond

// Kind is celery.
func (c *Celery) Kind() string { return "celery" }

// Rules are those of celery.
func (c *Celery) Rules() []gate.Rule { return celeryRules() }

// Validate checks the URL and the numbers.
func (c *Celery) Validate() []check.Mistake {
	ms := append(c.Mistakes(), c.AccessMistakes()...)
	if c.MaxBacklog != nil && *c.MaxBacklog < 0 {
		ms = append(ms, check.Mistakef("max_backlog", "max_backlog %d: want 0 or more", *c.MaxBacklog))
	}
	if slices.Contains(c.Queues, "auto") && len(c.Queues) > 1 {
		ms = append(ms, check.Mistakef("queues", "queues: auto stands alone; name the queues, or leave it at auto"))
	}
	return ms
}

// Check makes the check.
func (c *Celery) Check(env *check.Env) gate.Check {
	rules := append(celeryRules(), brokerRules()...)
	source, err := c.Resolve()
	if err != nil {
		return c.broken(&c.Base, "celery", rules, err)
	}
	made := c.NewCheck("celery", "celery "+source.label(), gate.PhasePost, rules)
	made.Component, made.Secrets = "celery", c.secrets(source)
	made.Probes = []string{"celery " + source.label() + ": CLIENT LIST, MONITOR for up to " + celeryWatch.String() + ", LLEN"}
	if c.Inspect {
		made.Probes = append(made.Probes, "celery "+source.label()+": remote control active_queues")
	}
	inspection := celeryInspection{spec: c, source: source, network: env.Network, timeout: made.Timeout, demand: c.demand(env), now: time.Now}
	made.Run = inspection.run
	return made
}

// demand is the queues that have to be consumed, and who says so.
type demand struct {
	queues []string
	by     string // "Dify 1.13.2", "gate.yaml", "" for nobody
	// forgotten are queues that the release demands and gate.yaml leaves out.
	forgotten []string
	release   string
}

func (c *Celery) demand(env *check.Env) demand {
	var released []string
	r, ok := env.Release()
	if ok {
		for _, q := range r.Queues(nil) {
			released = append(released, q.Name)
		}
	}
	given := slices.DeleteFunc(slices.Clone(c.Queues), func(q string) bool { return q == "auto" || q == "" })
	if len(given) == 0 {
		d := demand{queues: released}
		if ok {
			d.by = "Dify " + env.To
		}
		return d
	}
	d := demand{queues: given, by: "gate.yaml", release: "Dify " + env.To}
	for _, q := range released {
		if !slices.Contains(given, q) {
			d.forgotten = append(d.forgotten, q)
		}
	}
	return d
}

// celeryInspection is one run of a spec.
type celeryInspection struct {
	spec    *Celery
	source  source
	network *probe.Network
	timeout time.Duration
	demand  demand
	now     func() time.Time
}

// celeryReads are the commands that the check needs without inspect.
func celeryReads() []string {
	return []string{"client list", "llen", "lindex", "scard", "object idletime", "zcard", "zrange"}
}

// brokerWanted says what the broker is expected to be.
const brokerWanted = "a broker that answers"

func (l celeryInspection) run(ctx context.Context) gate.Result {
	address, note, fail := l.source.resolve(ctx, l.network, l.timeout)
	if fail != nil {
		return unusable(*fail, l.source.label(), brokerWanted)
	}
	allowed := celeryReads()
	if l.spec.Inspect {
		allowed = append(allowed, celeryInspectCommands()...)
	}
	broker := newClient(ctx, clientOptions{
		network: l.network, address: address, target: l.source.Target, login: l.source.login(), db: l.source.Target.DB,
		timeout: l.timeout, allowed: allowed,
	})
	defer broker.Close()
	if err := broker.client.Ping(ctx).Err(); err != nil {
		return unusable(broker.failure(ctx, err).After(note), l.source.label(), brokerWanted)
	}
	res := gate.Result{Evidence: map[string]any{"broker": l.source.label(), "demanded": l.demand.queues, "demanded_by": l.demand.by}}
	lengths, err := l.lengths(ctx, broker)
	if err != nil {
		return unusable(broker.failure(ctx, err), l.source.label(), brokerWanted)
	}
	seen := l.watch(ctx, broker, lengths)
	seen.evidence(res.Evidence)
	l.judge(seen, lengths, &res)
	l.backlog(ctx, broker, lengths, seen, &res)
	return res
}

// queueLength is how many messages wait in a queue, over all priorities.
type queueLength struct {
	waiting int
	bound   bool          // a worker or a sender declared it
	idle    time.Duration // since anybody put or took a message
}

// names are the queues that are checked.
func (l celeryInspection) names() []string {
	out := append(slices.Clone(l.demand.queues), l.demand.forgotten...)
	if !slices.Contains(out, "celery") {
		out = append(out, "celery") // Celery's own default queue
	}
	return out
}

// lengths asks for the queues in one round trip. The idle time comes first,
// for asking the length resets it.
func (l celeryInspection) lengths(ctx context.Context, broker *client) (map[string]queueLength, error) {
	names := l.names()
	prefix := l.spec.KeyPrefix
	idle, bound := map[string][]*redis.DurationCmd{}, map[string]*redis.IntCmd{}
	waiting := map[string][]*redis.IntCmd{}
	_, err := broker.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, q := range names {
			for _, list := range celerywire.Lists(q) {
				idle[q] = append(idle[q], p.ObjectIdleTime(ctx, prefix+list))
			}
			for _, list := range celerywire.Lists(q) {
				waiting[q] = append(waiting[q], p.LLen(ctx, prefix+list))
			}
			bound[q] = p.SCard(ctx, prefix+celerywire.BindingPrefix+q)
		}
		return nil
	})
	out := map[string]queueLength{}
	for _, q := range names {
		n := queueLength{bound: bound[q].Val() > 0, idle: -1}
		for i, list := range waiting[q] {
			if e := list.Err(); e != nil && !strings.HasPrefix(e.Error(), "WRONGTYPE") {
				return nil, e
			}
			n.waiting += int(list.Val())
			if idle[q][i].Err() == nil && (n.idle < 0 || idle[q][i].Val() < n.idle) {
				n.idle = idle[q][i].Val()
			}
		}
		out[q] = n
	}
	if len(out) == 0 {
		return nil, err
	}
	return out, nil
}

// backlog warns of queues that hold more than they may.
func (l celeryInspection) backlog(ctx context.Context, broker *client, lengths map[string]queueLength, seen workersSeen, res *gate.Result) {
	most := DefaultMaxBacklog
	if l.spec.MaxBacklog != nil {
		most = *l.spec.MaxBacklog
	}
	waiting := map[string]any{}
	for _, q := range l.names() {
		n := lengths[q]
		if n.waiting == 0 {
			continue
		}
		waiting[q] = n.waiting
		if n.waiting <= most {
			continue
		}
		f := ruleCeleryBacklog.Finding(
			fmt.Sprintf("celery %s: %d messages wait in queue %s%s, expected at most %d", l.source.label(), n.waiting, quote.Clip(q), l.oldest(ctx, broker, q, n), most),
			"add workers for the queue, or find out what slows them down; messages from before the upgrade have the format of the older release")
		f.Subject = l.source.label() + " " + q
		res.Findings = append(res.Findings, f)
	}
	res.Evidence["waiting"] = waiting
	if n, err := broker.client.ZCard(ctx, l.spec.KeyPrefix+celerywire.UnackedIndex).Result(); err == nil && n > 0 {
		res.Evidence["unacknowledged"] = n
		if first, err := broker.client.ZRangeWithScores(ctx, l.spec.KeyPrefix+celerywire.UnackedIndex, 0, 0).Result(); err == nil && len(first) == 1 {
			res.Evidence["unacknowledged_oldest_s"] = int(l.now().Sub(time.UnixMilli(int64(first[0].Score * 1000))).Seconds())
		}
	}
}

// oldest says what is known of the message that waits longest.
func (l celeryInspection) oldest(ctx context.Context, broker *client, queue string, n queueLength) string {
	var parts []string
	for _, list := range celerywire.Lists(queue) {
		message, err := broker.client.LIndex(ctx, l.spec.KeyPrefix+list, -1).Result()
		if err != nil {
			continue
		}
		if task, ok := celerywire.ParseTask(message); ok {
			if task.Name != "" {
				parts = append(parts, "the oldest is "+quote.Clip(task.Name))
			}
			if !task.Sent.IsZero() {
				parts = append(parts, "sent "+l.now().Sub(task.Sent).Round(time.Second).String()+" ago")
			}
		}
		break
	}
	if n.idle >= time.Second {
		parts = append(parts, "nothing was put or taken for "+n.idle.String())
	}
	if parts == nil {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}
