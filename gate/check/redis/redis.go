package redis

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// Redis checks a redis-server, the master behind sentinels, or every master of
// a cluster. It never writes: see [readOnlyHook].
type Redis struct {
	check.Base     `yaml:",inline"`
	RedisAccess    `yaml:",inline"`
	MinVersion     string         `yaml:"min_version" help:"the oldest version that is accepted; by default what the target release requires"`
	StaleKeys      check.Strings  `yaml:"stale_keys" help:"patterns of keys that the new release cannot read, as for SCAN MATCH"`
	StaleAfter     check.Duration `yaml:"stale_after" help:"count only stale_keys that were not used for this long"`
	MaxMemoryRatio *check.Percent `yaml:"max_memory_ratio" help:"used memory against maxmemory, by default 0.9"`
}

// DefaultMaxMemoryRatio leaves a tenth for what the next minutes bring.
const DefaultMaxMemoryRatio = 0.9

// Kind is redis.
func (r *Redis) Kind() string { return "redis" }

// Rules are those of redis.
func (r *Redis) Rules() []gate.Rule { return redisRules() }

// Validate checks the URL and the numbers.
func (r *Redis) Validate() []check.Mistake {
	ms := append(r.Mistakes(), r.AccessMistakes()...)
	ms = append(ms, check.VersionMistake("min_version", r.MinVersion)...)
	if r.StaleAfter.Of() < 0 {
		ms = append(ms, check.Mistakef("stale_after", "stale_after %s: want a positive duration", r.StaleAfter))
	}
	if r.StaleAfter.Of() > 0 && len(r.StaleKeys) == 0 {
		ms = append(ms, check.Mistakef("stale_after", "stale_after without stale_keys: set the keys that it applies to"))
	}
	for _, p := range r.StaleKeys {
		if strings.Trim(p, "*") == "" {
			ms = append(ms, check.Mistakef("stale_keys", "stale_keys %q: matches every key, want a narrower pattern", p))
		}
	}
	return ms
}

// Check makes the check.
func (r *Redis) Check(env *check.Env) gate.Check {
	source, err := r.Resolve()
	if err != nil {
		return r.broken(&r.Base, "redis", redisRules(), err)
	}
	c := r.NewCheck("redis", "redis "+source.label(), gate.PhasePost, redisRules())
	c.Component, c.Secrets = "redis", r.secrets(source)
	c.Probes = []string{"redis " + source.label() + ": PING, INFO"}
	if len(r.StaleKeys) > 0 {
		c.Probes = append(c.Probes, "redis "+source.label()+": SCAN MATCH "+strings.Join(r.StaleKeys, ", "))
	}
	inspection := inspection{spec: r, source: source, network: env.Network, timeout: c.Timeout, want: env.Minimum("redis", r.MinVersion)}
	c.Run = inspection.run
	return c
}

// inspection is one run over all the servers of a spec.
type inspection struct {
	spec    *Redis
	source  source
	network *probe.Network
	timeout time.Duration
	want    check.Minimum
}

// readCommands are the commands that the kind redis needs.
func readCommands() []string {
	return []string{"info", "scan", "ttl", "object idletime", "config get", "cluster info", "cluster nodes"}
}

func (l inspection) connect(ctx context.Context, address string, timeout time.Duration) *client {
	return newClient(ctx, clientOptions{
		network: l.network, address: address, target: l.source.Target, login: l.source.login(), db: l.source.Target.DB,
		timeout: timeout, allowed: readCommands(),
	})
}

// turn is how long one of several equal servers may take, so that a silent one
// leaves time for the next, and for the check itself.
func turn(timeout time.Duration, servers int) time.Duration {
	if servers < 2 {
		return timeout
	}
	return timeout / time.Duration(servers+1)
}

// wanted says what a server is expected to be.
const wanted = "a Redis that answers PING"

// unusable is the result for a server that could not be asked.
func unusable(f probe.PeerFailure, subject, want string) gate.Result {
	return check.Result(f, ruleOf(f.Reason), subject, want)
}

func (l inspection) run(ctx context.Context) gate.Result {
	address, note, fail := l.source.resolve(ctx, l.network, l.timeout)
	if fail != nil {
		return unusable(*fail, l.source.label(), wanted)
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
		return unusable(node.failure(ctx, err), node.Address, wanted)
	}
	if info["redis_mode"] == "cluster" {
		return l.cluster(ctx, node)
	}
	l.judge(ctx, node, info, &res)
	return res
}

// first connects to the address, or to the next of the URL's when it is a
// seed of a cluster. The peer is nil when none answered.
func (l inspection) first(ctx context.Context, address, note string) (*client, gate.Result) {
	addresses := []string{address}
	if !l.source.Target.Sentinel {
		addresses = l.source.Target.Addresses
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
		f := node.failure(ctx, err).After(note)
		node.Close()
		res = unusable(f, fmt.Sprintf("%s/%d", a, l.source.Target.DB), wanted)
		if res.Evidence == nil {
			res.Evidence = map[string]any{}
		}
		silent = append(silent, a+": "+f.Text)
	}
	return nil, res
}

// cluster checks every master. The seed that was asked may be a replica:
// that is how a cluster is meant to be used, and no finding.
func (l inspection) cluster(ctx context.Context, seed *client) gate.Result {
	res := gate.Result{Evidence: map[string]any{"address": seed.Address, "mode": "cluster"}}
	state, err := seed.client.ClusterInfo(ctx).Result()
	if err != nil {
		return unusable(seed.failure(ctx, err), seed.Address, wanted)
	}
	fields := infoFields(state)
	res.Evidence["cluster_state"], res.Evidence["slots_ok"] = fields["cluster_state"], fields["cluster_slots_ok"]
	if fields["cluster_state"] != "ok" {
		res.Findings = append(res.Findings, l.found(ruleRedisUnreachable, seed.Address,
			fmt.Sprintf("the cluster's state is %s with %s of 16384 slots served, expected ok", quote.Clip(fields["cluster_state"]), quote.Clip(fields["cluster_slots_ok"])),
			"see which nodes are down: redis-cli cluster nodes"))
	}
	nodes, err := seed.client.ClusterNodes(ctx).Result()
	if err != nil {
		return unusable(seed.failure(ctx, err), seed.Address, wanted)
	}
	host, _, _ := net.SplitHostPort(seed.Address)
	masters := clusterMasters(nodes, host)
	res.Evidence["masters"] = masters
	for _, address := range masters {
		l.master(ctx, address, &res)
	}
	return res
}

// master judges one master of a cluster.
func (l inspection) master(ctx context.Context, address string, res *gate.Result) {
	node := l.connect(ctx, address, l.timeout)
	defer node.Close()
	info, err := node.info(ctx)
	if err != nil {
		one := unusable(node.failure(ctx, err), address, "a master of the cluster that answers")
		res.Findings = append(res.Findings, one.Findings...)
		res.Err, res.Retry = errors.Join(res.Err, one.Err), max(res.Retry, one.Retry)
		return
	}
	l.judge(ctx, node, info, res)
}
