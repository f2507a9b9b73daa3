package redis

import (
	"context"
	"fmt"
	"net"
	"sort"
	"strconv"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
)

// info asks for the server's figures.
func (p *client) info(ctx context.Context) (map[string]string, error) {
	text, err := p.client.Info(ctx).Result()
	if err != nil {
		return nil, err
	}
	return infoFields(text), nil
}

// infoFields reads the lines key:value of INFO and CLUSTER INFO.
func infoFields(text string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), ":"); ok {
			out[key] = value
		}
	}
	return out
}

func infoNumber(info map[string]string, key string) float64 {
	n, _ := strconv.ParseFloat(info[key], 64)
	return n
}

// found is a finding of a rule about a server.
func (l inspection) found(rule gate.Rule, address, seen, hint string) gate.Finding {
	f := rule.Finding("redis "+address+": "+seen, hint)
	f.Subject = address
	if f.Severity == gate.Error {
		f.Symptom = gate.SymptomDown
	}
	return f
}

// judge compares what a server says of itself with the spec.
func (l inspection) judge(ctx context.Context, node *client, info map[string]string, res *gate.Result) {
	add := func(f gate.Finding) { res.Findings = append(res.Findings, f) }
	evidence := map[string]any{
		"version": info["redis_version"], "role": info["role"], "used_memory": info["used_memory_human"],
		"maxmemory": info["maxmemory_human"], "policy": info["maxmemory_policy"], "evicted_keys": info["evicted_keys"],
		"clients": info["connected_clients"], "databases": databases(info), "persistence": persistence(info),
	}
	for k, v := range evidence {
		if res.Evidence["mode"] == "cluster" {
			k = node.Address + " " + k
		}
		res.Evidence[k] = v
	}
	if v := info["redis_version"]; l.want.Version != "" && check.OlderThan(v, l.want.Version) {
		add(l.found(ruleRedisVersion, node.Address, fmt.Sprintf("version %s, expected %s", quote.Clip(v), l.want),
			"upgrade the server first; a dump of an older version loads into a newer one"))
	}
	if seen, hint := l.unwritable(ctx, node, info); seen != "" {
		add(l.found(ruleRedisReadOnly, node.Address, seen+"; it accepts no writes", hint))
	}
	if f, ok := l.memory(node, info); ok {
		add(f)
	}
	if f, ok := l.evicting(node, info); ok {
		add(f)
	}
	l.stale(ctx, node, info, res)
}

// unwritable says why a write would be refused, without trying one.
func (l inspection) unwritable(ctx context.Context, node *client, info map[string]string) (seen, hint string) {
	if info["role"] == "slave" && info["slave_read_only"] != "0" {
		master := info["master_host"] + ":" + info["master_port"]
		return "it is a read-only replica of " + quote.Clip(master), "point REDIS_HOST and CELERY_BROKER_URL at the master, or at the sentinels"
	}
	if info["aof_enabled"] == "1" && info["aof_last_write_status"] == "err" {
		return "the last write to the append-only file failed, so that writes are refused (MISCONF)", saveFailedHint
	}
	if info["rdb_last_bgsave_status"] == "err" {
		stop, err := node.client.ConfigGet(ctx, "stop-writes-on-bgsave-error").Result()
		if err != nil || stop["stop-writes-on-bgsave-error"] == "yes" {
			return saveFailed, saveFailedHint
		}
	}
	// The field is there only where min-replicas-to-write is set.
	if good, set := info["min_slaves_good_slaves"]; set {
		want, err := node.client.ConfigGet(ctx, "min-replicas-to-write").Result()
		if n, _ := strconv.Atoi(want["min-replicas-to-write"]); err == nil && int(infoNumber(info, "min_slaves_good_slaves")) < n {
			return fmt.Sprintf("writes are refused (NOREPLICAS): %s replicas keep up, and min-replicas-to-write is %d", quote.Clip(good), n),
				"start the replicas, or lower min-replicas-to-write"
		}
	}
	return "", ""
}

func (l inspection) memory(node *client, info map[string]string) (gate.Finding, bool) {
	used, limit, of := infoNumber(info, "used_memory"), infoNumber(info, "maxmemory"), "maxmemory"
	if limit == 0 {
		limit, of = infoNumber(info, "total_system_memory"), "the machine's memory, maxmemory is not set"
	}
	most := DefaultMaxMemoryRatio
	if l.spec.MaxMemoryRatio != nil {
		most = float64(*l.spec.MaxMemoryRatio)
	}
	if limit == 0 || used/limit <= most {
		return gate.Finding{}, false
	}
	refused := ""
	if of == "maxmemory" && used >= limit && info["maxmemory_policy"] == "noeviction" {
		refused = ", writes are refused (OOM)"
	}
	return l.found(ruleRedisMemory, node.Address,
		fmt.Sprintf("%.0f %% of %s is used (%s of %s)%s, expected at most %.0f %%", 100*used/limit, of, size(used), size(limit), refused, 100*most),
		"raise maxmemory, or find out what fills it: redis-cli --bigkeys"), true
}

// evicting warns when the server drops keys, or may drop any of them: what it
// drops may be a queued task or a session.
func (l inspection) evicting(node *client, info map[string]string) (gate.Finding, bool) {
	policy, evicted := info["maxmemory_policy"], infoNumber(info, "evicted_keys")
	hint := "set maxmemory-policy to noeviction (or volatile-lru, which spares keys without expiry) and maxmemory to what Dify needs"
	switch {
	case evicted > 0:
		return l.found(ruleRedisEvicting, node.Address, fmt.Sprintf("has evicted %.0f keys since it started (policy %s)", evicted, quote.Clip(policy)), hint), true
	case strings.HasPrefix(policy, "allkeys-") && infoNumber(info, "maxmemory") > 0:
		return l.found(ruleRedisEvicting, node.Address, fmt.Sprintf("policy %s may drop queued tasks once memory is full", quote.Clip(policy)), hint), true
	}
	return gate.Finding{}, false
}

// databases lists the databases that hold keys: "db0: 3 keys".
func databases(info map[string]string) []string {
	var out []string
	for key, value := range info {
		if n, ok := strings.CutPrefix(key, "db"); ok && n != "" && strings.Trim(n, "0123456789") == "" {
			keys, _, _ := strings.Cut(strings.TrimPrefix(value, "keys="), ",")
			out = append(out, fmt.Sprintf("%s: %s keys", key, quote.Clip(keys)))
		}
	}
	sort.Strings(out)
	return out
}

// persistence says what outlives a restart.
func persistence(info map[string]string) string {
	switch {
	case info["aof_enabled"] == "1":
		return "append-only file"
	case infoNumber(info, "rdb_last_save_time") > infoNumber(info, "server_time_usec")/1e6-infoNumber(info, "uptime_in_seconds")+1:
		return "snapshots"
	}
	return "no snapshot since the start and no append-only file: queued tasks may not outlive a restart"
}

// size writes a number of bytes.
func size(bytes float64) string {
	for _, unit := range []string{"B", "KiB", "MiB", "GiB"} {
		if bytes < 1024 {
			return fmt.Sprintf("%.4g %s", bytes, unit)
		}
		bytes /= 1024
	}
	return fmt.Sprintf("%.4g TiB", bytes)
}

// clusterMasters reads the lines of CLUSTER NODES: the addresses of the
// masters that serve. A node that does not know its own address leaves the
// host empty: it is the one that was asked.
func clusterMasters(nodes, asked string) []string {
	const most = 256
	var out []string
	for line := range strings.Lines(nodes) {
		f := strings.Fields(line)
		if len(f) < 8 || !strings.Contains(f[2], "master") || strings.Contains(f[2], "noaddr") || strings.Contains(f[2], "handshake") {
			continue
		}
		address, _, _ := strings.Cut(f[1], "@")
		at := strings.LastIndexByte(address, ':')
		if at < 0 || len(f) == 8 {
			continue // without slots it serves nothing
		}
		host, port := strings.Trim(address[:at], "[]"), address[at+1:]
		if host == "" {
			host = asked
		}
		if out = append(out, net.JoinHostPort(host, port)); len(out) == most {
			break
		}
	}
	return out
}
