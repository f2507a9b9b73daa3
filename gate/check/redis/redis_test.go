package redis

import (
	"context"
	"fmt"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
	"github.com/dify-gate/dify-gate/gate/probe"
)

func redisSpec(url string) *Redis {
	return &Redis{RedisAccess: RedisAccess{URL: gate.NewSecret(url)}}
}

func TestRedisPasses(t *testing.T) {
	t.Parallel()
	r := testserver.StartRedis(t, testserver.RedisOptions{Password: "sesame-1"})
	spec := redisSpec("redis://:sesame-1@" + r.Address + "/0")
	spec.MinVersion, spec.StaleKeys = "6.0", check.Strings{"old:*"}
	res := checktest.Want(t, checktest.Env(t, probe.NetworkOptions{}), spec, "")
	if res.Evidence["role"] != "master" || res.Evidence["version"] == "" {
		t.Errorf("evidence %v: want role and version", res.Evidence)
	}
}

func TestRedisAuth(t *testing.T) {
	t.Parallel()
	r := testserver.StartRedis(t, testserver.RedisOptions{
		Password: "sesame-1",
		Config:   []string{"user dify on >sesame-2 ~* +@all", "user blind on >sesame-3 ~* +ping +hello"},
	})
	env := checktest.Env(t, probe.NetworkOptions{})
	tests := []struct{ url, rules, words string }{
		{"redis://dify:sesame-2@" + r.Address, "", ""},
		{"redis://" + r.Address, "redis/auth", "a password is required and none was sent"},
		{"redis://:sesame-x@" + r.Address, "redis/auth", `the password of user "default" was refused`},
		{"redis://dify:sesame-x@" + r.Address, "redis/auth", `the password of user "dify" was refused`},
		{"redis://blind:sesame-3@" + r.Address, "redis/auth", "lacks a permission"},
	}
	for _, tt := range tests {
		res := checktest.Want(t, env, redisSpec(tt.url), tt.rules)
		if tt.words != "" && (len(res.Findings) == 0 || !strings.Contains(res.Findings[0].Message, tt.words)) {
			t.Errorf("%s: got %+v, want %q", gate.RedactURL(tt.url), res.Findings, tt.words)
		}
	}
}

func TestRedisUnreachable(t *testing.T) {
	t.Parallel()
	env := checktest.Env(t, probe.NetworkOptions{})
	plain := testserver.StartRedis(t, testserver.RedisOptions{})
	cert := testserver.NewCertificate(t)
	secure := testserver.StartRedis(t, testserver.RedisOptions{TLS: &cert})
	tests := []struct{ name, url, message, hint string }{
		{"name", "redis://no-such-host.invalid:6379", "does not resolve", "--resolve"},
		{"refused", "redis://" + checktest.Closed(t), "the connection was refused", "start the service"},
		{"silent", "redis://" + checktest.Deaf(t), "nothing was answered within 300ms", "another one stands behind the port"},
		{"http", "redis://" + checktest.HTTPServer(t), "speaks HTTP, not Redis", "another server"},
		{"tls demanded", "redis://" + secure.Address, "the port speaks TLS", "rediss://"},
		{"tls not there", "rediss://" + plain.Address, "nothing answered the TLS handshake", "without TLS"},
		{"authority", "rediss://" + secure.Address, "unknown authority", "--ca-cert"},
		{"database", "redis://" + plain.Address + "/99", "/99: the database number", "correct the number"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			spec := redisSpec(tt.url)
			spec.Base = checktest.Short()
			checktest.Want(t, env, spec, "redis/unreachable", tt.message, tt.hint)
		})
	}
	t.Run("tls with authority", func(t *testing.T) {
		checktest.Want(t, checktest.Env(t, probe.NetworkOptions{CACert: cert.CA}), redisSpec("rediss://"+secure.Address), "")
	})
	t.Run("tls unchecked", func(t *testing.T) {
		checktest.Want(t, env, redisSpec("rediss://"+secure.Address+"?ssl_cert_reqs=CERT_NONE"), "")
	})
	t.Run("client certificate", func(t *testing.T) {
		own := secure.Do("CONFIG", "SET", "tls-auth-clients", "yes")
		checktest.Want(t, checktest.Env(t, probe.NetworkOptions{CACert: cert.CA}), redisSpec("rediss://"+secure.Address), "redis/unreachable", "requires a client certificate", "--client-cert")
		if own != "OK" {
			t.Errorf("CONFIG SET: %s", own)
		}
	})
	// go-redis loses what a server says before it hangs up.
	t.Run("turned away", func(t *testing.T) {
		plain.Do("CONFIG", "SET", "maxclients", "1")
		held, err := net.Dial("tcp", plain.Address)
		if err != nil {
			t.Fatal(err)
		}
		checktest.WaitFor(t, func() bool {
			return checktest.Rules(checktest.Run(t, env, redisSpec("redis://"+plain.Address))) == "redis/unreachable"
		})
		checktest.Want(t, env, redisSpec("redis://"+plain.Address), "redis/unreachable", "/0: the server accepts no more clients", "maxclients")
		_ = held.Close()
		checktest.WaitFor(t, func() bool { return strings.HasPrefix(plain.Do("CONFIG", "SET", "maxclients", "100"), "OK") })
	})
	t.Run("interrupted", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, cancel)
		start := time.Now()
		redisSpec("redis://" + checktest.Deaf(t)).Check(env).Run(ctx)
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("took %s: want the end at the interruption", took)
		}
	})
	t.Run("resolve", func(t *testing.T) {
		env := checktest.Env(t, probe.NetworkOptions{Resolve: []string{fmt.Sprintf("redis:%d:127.0.0.1", plain.Port)}})
		checktest.Want(t, env, redisSpec(fmt.Sprintf("redis://redis:%d", plain.Port)), "")
	})
}

func TestRedisVersion(t *testing.T) {
	t.Parallel()
	r := testserver.StartRedis(t, testserver.RedisOptions{})
	spec := redisSpec("redis://" + r.Address)
	spec.MinVersion = "99.1"
	checktest.Want(t, checktest.Env(t, probe.NetworkOptions{}), spec, "redis/version", "expected 99.1 or newer")
}

func TestRedisStaleKeys(t *testing.T) {
	t.Parallel()
	r := testserver.StartRedis(t, testserver.RedisOptions{})
	for i := range 2500 {
		if i < 5 {
			r.Do("SET", fmt.Sprintf("old:%d", i), "x")
		}
	}
	r.Do("SET", "old:brief", "x", "EX", "1000")
	r.Do("EVAL", "for i=1,3000 do redis.call('SET', 'new:'..i, i) end", "0")
	r.Do("-n", "1", "LPUSH", "dataset", "task")
	env := checktest.Env(t, probe.NetworkOptions{})

	spec := redisSpec("redis://" + r.Address + "/0")
	spec.StaleKeys = check.Strings{"old:*", "older:*"}
	res := checktest.Want(t, env, spec, "redis/stale-cache", `6 keys match "old:*"`, "5 of 6 checked keys never expire",
		"--scan --pattern 'old:*'", "Not FLUSHALL", "db1: 1 keys")
	if len(res.Findings) == 1 && strings.Contains(res.Findings[0].Message, "new:") {
		t.Errorf("names keys of another pattern: %s", res.Findings[0].Message)
	}
	spec.StaleAfter = check.Duration(time.Hour)
	checktest.Want(t, env, spec, "")
	time.Sleep(2100 * time.Millisecond) // idle times are kept in whole seconds
	r.Do("GET", "old:1")
	spec.StaleAfter = check.Duration(2 * time.Second)
	checktest.Want(t, env, spec, "redis/stale-cache", `5 keys match "old:*" and were not used for 2s`)
	spec.URL = gate.NewSecret("redis://" + r.Address + "/1")
	checktest.Want(t, env, spec, "")
}

func TestRedisStaleAgeUnknown(t *testing.T) {
	t.Parallel()
	r := testserver.StartRedis(t, testserver.RedisOptions{Config: []string{"maxmemory-policy volatile-lfu"}})
	r.Do("SET", "old:1", "x")
	spec := redisSpec("redis://" + r.Address)
	spec.StaleKeys, spec.StaleAfter = check.Strings{"old:*"}, check.Duration(time.Hour)
	// LFU policies keep no idle times: the key counts rather than hides.
	checktest.Want(t, checktest.Env(t, probe.NetworkOptions{}), spec, "redis/stale-cache", "1 keys match")
}

func TestRedisMemory(t *testing.T) {
	t.Parallel()
	r := testserver.StartRedis(t, testserver.RedisOptions{Config: []string{"maxmemory 4mb"}})
	env := checktest.Env(t, probe.NetworkOptions{})
	full, roomy := check.Percent(0.01), check.Percent(1)
	spec := redisSpec("redis://" + r.Address)
	spec.MaxMemoryRatio = &roomy
	checktest.Want(t, env, spec, "")
	spec.MaxMemoryRatio = &full
	checktest.Want(t, env, spec, "redis/memory", "of maxmemory is used", "expected at most 1 %")
}

func TestRedisEvicting(t *testing.T) {
	t.Parallel()
	env := checktest.Env(t, probe.NetworkOptions{})
	policy := testserver.StartRedis(t, testserver.RedisOptions{Config: []string{"maxmemory 1gb", "maxmemory-policy allkeys-lru"}})
	checktest.Want(t, env, redisSpec("redis://"+policy.Address), "redis/evicting", "allkeys-lru may drop queued tasks")
	kind := testserver.StartRedis(t, testserver.RedisOptions{Config: []string{"maxmemory 1gb", "maxmemory-policy volatile-lru"}})
	checktest.Want(t, env, redisSpec("redis://"+kind.Address), "")
	full := testserver.StartRedis(t, testserver.RedisOptions{Config: []string{"maxmemory 3mb", "maxmemory-policy volatile-lru"}})
	full.Do("EVAL", "for i=1,6000 do redis.call('SET', 'k'..i, string.rep('x', 500), 'EX', 1000) end", "0")
	spec := redisSpec("redis://" + full.Address)
	all := check.Percent(1)
	spec.MaxMemoryRatio = &all
	res := checktest.Run(t, env, spec)
	if !strings.Contains(checktest.Rules(res), "redis/evicting") || !regexp.MustCompile(`has evicted \d+ keys`).MatchString(res.Findings[len(res.Findings)-1].Message) {
		t.Errorf("got %+v, want redis/evicting with a count", res.Findings)
	}
}

func TestRedisReadOnly(t *testing.T) {
	t.Parallel()
	env := checktest.Env(t, probe.NetworkOptions{})
	master := testserver.StartRedis(t, testserver.RedisOptions{})
	replica := testserver.StartRedis(t, testserver.RedisOptions{ReplicaOf: master.Address})
	checktest.Want(t, env, redisSpec("redis://"+master.Address), "")
	checktest.Want(t, env, redisSpec("redis://"+replica.Address), "redis/read-only", "read-only replica of "+master.Address)
	writable := testserver.StartRedis(t, testserver.RedisOptions{ReplicaOf: master.Address, Config: []string{"replica-read-only no"}})
	checktest.Want(t, env, redisSpec("redis://"+writable.Address), "")
}

func TestRedisThatCannotSave(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := testserver.StartRedis(t, testserver.RedisOptions{Config: []string{"save 3600 1", "rdbcompression no", "dir " + dir}})
	r.Do("SET", "k", "v")
	// A directory in the place of the dump file makes the save fail, for root too.
	if err := os.Mkdir(dir+"/dump.rdb", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/dump.rdb/x", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r.Do("BGSAVE")
	r.Wait(func() error {
		if info := r.Do("INFO", "persistence"); !strings.Contains(info, "rdb_last_bgsave_status:err") {
			return fmt.Errorf("%s", info)
		}
		return nil
	})
	checktest.Want(t, checktest.Env(t, probe.NetworkOptions{}), redisSpec("redis://"+r.Address), "redis/read-only", "MISCONF")
}

func TestRedisSentinel(t *testing.T) {
	t.Parallel()
	env := checktest.Env(t, probe.NetworkOptions{})
	master := testserver.StartRedis(t, testserver.RedisOptions{Password: "sesame-1"})
	sentinel := testserver.StartRedis(t, testserver.RedisOptions{Sentinel: true, Config: []string{
		fmt.Sprintf("sentinel monitor dify-master 127.0.0.1 %d 1", master.Port), "sentinel auth-pass dify-master sesame-1",
		"requirepass sesame-9",
	}})
	spec := redisSpec("redis+sentinel://:sesame-1@" + checktest.Closed(t) + "," + sentinel.Address + "/dify-master/0")
	spec.SentinelPassword = gate.NewSecret("sesame-9")
	res := checktest.Want(t, env, spec, "")
	if got := fmt.Sprint(res.Evidence["sentinel"]); !strings.Contains(got, sentinel.Address) || res.Evidence["address"] != master.Address {
		t.Errorf("evidence %v: want the sentinel that answered and the master's address", res.Evidence)
	}

	// A silent sentinel leaves time for the next.
	deaf := redisSpec("redis+sentinel://:sesame-1@" + checktest.Deaf(t) + "," + sentinel.Address + "/dify-master/0")
	deaf.SentinelPassword, deaf.Timeout = spec.SentinelPassword, check.Duration(1500*time.Millisecond)
	checktest.Want(t, env, deaf, "")

	fields := redisSpec("redis://:sesame-1@/0")
	fields.Sentinels, fields.Master, fields.SentinelPassword = check.Strings{sentinel.Address}, "dify-master", gate.NewSecret("sesame-9")
	checktest.Want(t, env, fields, "")

	fields.Master = "mymaster"
	checktest.Want(t, env, fields, "redis/unreachable", `knows no master "mymaster" (it knows dify-master)`, "REDIS_SENTINEL_SERVICE_NAME")
	fields.SentinelPassword = gate.Secret{}
	res = checktest.Want(t, env, fields, "redis/auth", "no sentinel names the master", "CELERY_SENTINEL_PASSWORD for the workers", "that of Redis itself")
	if strings.Contains(res.Findings[0].Hint, "put it into the URL") {
		t.Errorf("the hint names the URL's password: %s", res.Findings[0].Hint)
	}
	fields.Sentinels, fields.SentinelPassword = check.Strings{master.Address}, gate.NewSecret("sesame-1")
	checktest.Want(t, env, fields, "redis/unreachable", "this is a server, not a sentinel", "26379")

	master.Kill()
	checktest.Want(t, env, spec, "redis/unreachable", "refused", "the master dify-master is "+master.Address+" according to sentinel")
}

func TestRedisCluster(t *testing.T) {
	t.Parallel()
	env := checktest.Env(t, probe.NetworkOptions{})
	nodes := testserver.StartRedisCluster(t, 3)
	for i := range 30 {
		nodes[0].Do("-c", "SET", fmt.Sprintf("old:%d", i), "x")
	}
	spec := redisSpec("redis://" + checktest.Closed(t) + "," + nodes[1].Address)
	res := checktest.Want(t, env, spec, "")
	if masters, _ := res.Evidence["masters"].([]string); len(masters) != 3 {
		t.Errorf("evidence %v: want three masters", res.Evidence)
	}
	spec.StaleKeys = check.Strings{"old:*"}
	res = checktest.Run(t, env, spec)
	total := 0
	for _, f := range res.Findings {
		var n int
		if _, err := fmt.Sscanf(f.Message[strings.Index(f.Message, "/0: ")+4:], "%d keys", &n); err != nil {
			t.Errorf("%s: %v", f.Message, err)
		}
		total += n
	}
	if len(res.Findings) != 3 || total != 30 || !strings.Contains(res.Findings[0].Hint, "every master") {
		t.Errorf("got %d findings over %d keys, want 3 over 30\n%+v", len(res.Findings), total, res.Findings)
	}
	nodes[2].Kill()
	res = checktest.Run(t, env, redisSpec("redis://"+nodes[0].Address))
	if !strings.Contains(checktest.Rules(res), "redis/unreachable") || !strings.Contains(fmt.Sprint(res.Findings), nodes[2].Address) {
		t.Errorf("a master was killed: got %+v, want redis/unreachable with its address", res.Findings)
	}
}

// A full disk under the append-only file: no server here can be brought to it.
func TestRedisUnwritable(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]string{"err": "append-only file", "ok": ""} {
		seen, _ := inspection{}.unwritable(t.Context(), nil, map[string]string{"aof_enabled": "1", "aof_last_write_status": status})
		if !strings.Contains(seen, want) || (seen == "") != (want == "") {
			t.Errorf("%s: got %q, want %q", status, seen, want)
		}
	}
	r := testserver.StartRedis(t, testserver.RedisOptions{Config: []string{"min-replicas-to-write 2"}})
	checktest.Want(t, checktest.Env(t, probe.NetworkOptions{}), redisSpec("redis://"+r.Address), "redis/read-only", "0 replicas keep up, and min-replicas-to-write is 2", "start the replicas")
}

// TestRedisWritesNothing reads the server's own record of what it was sent.
func TestRedisWritesNothing(t *testing.T) {
	t.Parallel()
	r := testserver.StartRedis(t, testserver.RedisOptions{})
	r.Do("SET", "old:1", "x")
	lines := r.Monitor()
	spec := redisSpec("redis://" + r.Address)
	spec.StaleKeys = check.Strings{"old:*"}
	checktest.Run(t, checktest.Env(t, probe.NetworkOptions{}), spec)
	allowed := regexp.MustCompile(`(?i)^"(hello|ping|info|scan|ttl|object|config)"`)
	seen := 0
	for _, line := range lines() {
		_, command, _ := strings.Cut(line, "] ")
		if seen++; !allowed.MatchString(command) {
			t.Errorf("the server was sent %s", command)
		}
	}
	if seen < 4 {
		t.Errorf("%d commands recorded, want the whole look", seen)
	}
}

func TestRedisGuard(t *testing.T) {
	t.Parallel()
	r := testserver.StartRedis(t, testserver.RedisOptions{})
	source, _ := redisSpec("redis://" + r.Address).Resolve()
	p := newClient(t.Context(), clientOptions{
		network: checktest.Env(t, probe.NetworkOptions{}).Network, address: r.Address, target: source.Target, login: source.login(),
		timeout: time.Second, allowed: readCommands(),
	})
	defer p.Close()
	lines := r.Monitor()
	if err := p.client.Set(t.Context(), "k", "v", 0).Err(); err == nil || !strings.Contains(err.Error(), "not on the list") {
		t.Errorf("SET: got %v, want it refused", err)
	}
	if err := p.client.ConfigSet(t.Context(), "maxmemory", "1").Err(); err == nil {
		t.Error("CONFIG SET: want it refused")
	}
	pipe := p.client.Pipeline()
	pipe.Get(t.Context(), "k")
	pipe.FlushAll(t.Context())
	if _, err := pipe.Exec(t.Context()); err == nil {
		t.Error("FLUSHALL in a pipeline: want it refused")
	}
	if got := lines(); len(got) > 0 {
		t.Errorf("the server was sent %v", got)
	}
}

func TestRedisMistakes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		spec Redis
		want string
	}{
		{Redis{}, "url is required"},
		{*redisSpec("http://:sesame@h"), "want redis"},
		{*redisSpec("redis+sentinel://h:26379"), "master is required"},
		{Redis{RedisAccess: RedisAccess{URL: gate.NewSecret("redis://h")}, MinVersion: "six"}, `like "6.0"`},
		{Redis{RedisAccess: RedisAccess{URL: gate.NewSecret("redis://h")}, StaleKeys: check.Strings{"*"}}, "matches every key"},
		{Redis{RedisAccess: RedisAccess{URL: gate.NewSecret("redis://h")}, StaleAfter: check.Duration(time.Hour)}, "without stale_keys"},
		{Redis{RedisAccess: RedisAccess{URL: gate.NewSecret("redis://h"), Nodes: check.Strings{"h"}}}, "host:port"},
	}
	for _, tt := range tests {
		if got := fmt.Sprint(tt.spec.Validate()); !strings.Contains(got, tt.want) || strings.Contains(got, "sesame") {
			t.Errorf("got %s, want %q", got, tt.want)
		}
	}
}

func TestOlderThan(t *testing.T) {
	tests := []struct {
		have, want string
		older      bool
	}{
		{"7.0.15", "6.0", false}, {"5.0.7", "6.0", true}, {"6", "6.0.0", false}, {"6.0", "6.0.1", true},
		{"15.4 (Debian 15.4-1)", "13", false}, {"9.6.24", "13", true}, {"10.11.19-MariaDB-0+deb12u1", "10.4", false},
		{"v1.27.0", "1.27", false}, {"", "6", false}, {"unknown", "6", false},
	}
	for _, tt := range tests {
		if got := check.OlderThan(tt.have, tt.want); got != tt.older {
			t.Errorf("olderThan(%q, %q): got %v, want %v", tt.have, tt.want, got, tt.older)
		}
	}
}
