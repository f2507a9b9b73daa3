package check

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
)

// Redis looks at a redis-server, at the master behind sentinels, or at every
// master of a cluster. It never writes: see [readOnlyHook].
type Redis struct {
	Base           `yaml:",inline"`
	RedisAccess    `yaml:",inline"`
	MinVersion     string   `yaml:"min_version" help:"the oldest version that will do; by default what the target release wants"`
	StaleKeys      Strings  `yaml:"stale_keys" help:"patterns of keys that the new release cannot read, as for SCAN MATCH"`
	StaleAfter     Duration `yaml:"stale_after" help:"count only stale_keys that nobody has touched for this long"`
	MaxMemoryRatio *Percent `yaml:"max_memory_ratio" help:"used memory against maxmemory, by default 0.9"`
}

// DefaultMaxMemoryRatio leaves a tenth for what the next minutes bring.
const DefaultMaxMemoryRatio = 0.9

// Kind is redis.
func (r *Redis) Kind() string { return "redis" }

// Validate checks the URL and the numbers.
func (r *Redis) Validate() []Mistake {
	ms := append(r.validate(), r.mistakes()...)
	ms = append(ms, versionMistake("min_version", r.MinVersion)...)
	if r.StaleAfter.Of() < 0 {
		ms = append(ms, mistake("stale_after", "stale_after %s: want a positive duration", r.StaleAfter))
	}
	if r.StaleAfter.Of() > 0 && len(r.StaleKeys) == 0 {
		ms = append(ms, mistake("stale_after", "stale_after without stale_keys: say which keys it speaks of"))
	}
	for _, p := range r.StaleKeys {
		if strings.Trim(p, "*") == "" {
			ms = append(ms, mistake("stale_keys", "stale_keys %q: matches every key, want a narrower pattern", p))
		}
	}
	return ms
}

// Check makes the check.
func (r *Redis) Check(env *Env) gate.Check {
	source, err := r.source()
	if err != nil {
		return r.broken("redis", redisRules(), err)
	}
	c := r.check("redis", "redis "+source.label(), gate.PhasePost, redisRules())
	c.Component, c.Secrets = "redis", r.secrets(source)
	c.Probes = []string{"redis " + source.label() + ": PING, INFO"}
	if len(r.StaleKeys) > 0 {
		c.Probes = append(c.Probes, "redis "+source.label()+": SCAN MATCH "+strings.Join(r.StaleKeys, ", "))
	}
	look := redisLook{spec: r, source: source, network: env.Network, timeout: c.Timeout, want: env.minimum("redis", r.MinVersion)}
	c.Run = look.run
	return c
}

// broken is the check of an entry whose url cannot be read; Validate says the
// same before it comes to that.
func (b *Base) broken(kind string, rules []gate.Rule, err error) gate.Check {
	c := b.check(kind, kind, gate.PhasePost, rules)
	c.Probes = []string{kind}
	c.Run = func(context.Context) gate.Result { return gate.Undecided(errors.New("url: " + err.Error())) }
	return c
}

// redisLook is one run over all the servers of a spec.
type redisLook struct {
	spec    *Redis
	source  redisSource
	network *Network
	timeout time.Duration
	want    minimum
}

// redisReads are the commands that the kind needs.
func redisReads() []string {
	return []string{"info", "scan", "ttl", "object idletime", "config get", "cluster info", "cluster nodes"}
}

func (l redisLook) connect(ctx context.Context, address string, timeout time.Duration) *redisPeer {
	return newRedisPeer(ctx, l.network, address, l.source.target, l.source.login(), l.source.target.DB, timeout, redisReads())
}

// turn is how long one of several servers may take that stand for each other,
// so that a silent one leaves time for the next, and for the look itself.
func turn(timeout time.Duration, servers int) time.Duration {
	if servers < 2 {
		return timeout
	}
	return timeout / time.Duration(servers+1)
}

const redisWanted = "a Redis that answers PING"

func (l redisLook) run(ctx context.Context) gate.Result {
	address, note, fail := l.source.resolve(ctx, l.network, l.timeout)
	if fail != nil {
		return fail.result("redis", l.source.label(), redisRules(), redisWanted)
	}
	node, res := l.first(ctx, address, note)
	if note != "" {
		res.Evidence["sentinel"] = note
	}
	if node == nil {
		return res
	}
	defer node.Close()
	info, err := node.info(ctx)
	if err != nil {
		return node.failure(ctx, err).result("redis", node.address, redisRules(), redisWanted)
	}
	if info["redis_mode"] == "cluster" {
		return l.cluster(ctx, node)
	}
	l.judge(ctx, node, info, &res)
	return res
}

// first connects to the address, or to the next of the URL's when it is a
// seed of a cluster. The peer is nil when none answered.
func (l redisLook) first(ctx context.Context, address, note string) (*redisPeer, gate.Result) {
	addresses := []string{address}
	if !l.source.target.Sentinel {
		addresses = l.source.target.Addresses
	}
	var res gate.Result
	var silent []string
	for _, a := range addresses {
		node := l.connect(ctx, a, turn(l.timeout, len(addresses)))
		err := node.client.Ping(ctx).Err()
		if err == nil {
			res = gate.Result{Evidence: map[string]any{"address": a}}
			if silent != nil {
				res.Evidence["silent"] = silent
			}
			return node, res
		}
		f := node.failure(ctx, err).after(note)
		node.Close()
		res = f.result("redis", fmt.Sprintf("%s/%d", a, l.source.target.DB), redisRules(), redisWanted)
		if res.Evidence == nil {
			res.Evidence = map[string]any{}
		}
		silent = append(silent, a+": "+f.text)
	}
	return nil, res
}

// cluster looks at every master. The seed that was asked may be a replica:
// that is how a cluster is meant to be used, and no finding.
func (l redisLook) cluster(ctx context.Context, seed *redisPeer) gate.Result {
	res := gate.Result{Evidence: map[string]any{"address": seed.address, "mode": "cluster"}}
	state, err := seed.client.ClusterInfo(ctx).Result()
	if err != nil {
		return seed.failure(ctx, err).result("redis", seed.address, redisRules(), redisWanted)
	}
	fields := infoFields(state)
	res.Evidence["cluster_state"], res.Evidence["slots_ok"] = fields["cluster_state"], fields["cluster_slots_ok"]
	if fields["cluster_state"] != "ok" {
		res.Findings = append(res.Findings, l.found("redis/unreachable", seed.address,
			fmt.Sprintf("the cluster's state is %s with %s of 16384 slots served, want ok", quote.Clip(fields["cluster_state"]), quote.Clip(fields["cluster_slots_ok"])),
			"see which nodes are down: redis-cli cluster nodes"))
	}
	nodes, err := seed.client.ClusterNodes(ctx).Result()
	if err != nil {
		return seed.failure(ctx, err).result("redis", seed.address, redisRules(), redisWanted)
	}
	host, _, _ := net.SplitHostPort(seed.address)
	masters := clusterMasters(nodes, host)
	res.Evidence["masters"] = masters
	for _, address := range masters {
		l.master(ctx, address, &res)
	}
	return res
}

// master judges one master of a cluster.
func (l redisLook) master(ctx context.Context, address string, res *gate.Result) {
	node := l.connect(ctx, address, l.timeout)
	defer node.Close()
	info, err := node.info(ctx)
	if err != nil {
		one := node.failure(ctx, err).result("redis", address, redisRules(), "a master of the cluster that answers")
		res.Findings = append(res.Findings, one.Findings...)
		res.Err, res.Retry = errors.Join(res.Err, one.Err), max(res.Retry, one.Retry)
		return
	}
	l.judge(ctx, node, info, res)
}
