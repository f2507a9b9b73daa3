package redis

import (
	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/probe"
)

var ruleRedisUnreachable = gate.Rule{
	ID: "redis/unreachable", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "Redis does not answer",
	What:    "The name did not resolve, the connection failed, something else listens there, or the server returns an error for every command.",
	Why:     "Dify keeps sessions, locks, caches and its task queue in Redis; without it logins and every background task fail.",
	Fix:     "Start the server; check host, port, TLS and, with Sentinel, the master's name.",
	Example: "redis:6379/0: the connection was refused, expected a Redis that answers PING",
}

var ruleRedisAuth = gate.Rule{
	ID: "redis/auth", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "Redis refuses the login",
	What:    "The password or ACL user was refused, is missing, or lacks a permission.",
	Why:     "Dify has the password twice, in REDIS_PASSWORD and in CELERY_BROKER_URL; changing only one stops the workers.",
	Fix:     "Make both agree with the server's requirepass or ACL.",
	Example: `redis:6379/0: the password of user "default" was refused, expected a Redis that answers PING`,
}

var ruleRedisVersion = gate.Rule{
	ID: "redis/version", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "Redis is too old",
	What:    "The server's version is older than min_version, or older than what the target release requires.",
	Why:     "The client library uses a newer protocol than the server supports.",
	Fix:     "Upgrade the server before Dify.",
	Example: "redis redis:6379: version 5.0.7, expected 6.0 or newer (for Dify 1.13.2)",
}

var ruleRedisStaleCache = gate.Rule{
	ID: "redis/stale-cache", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "keys of an older release still exist",
	What:    "Keys match one of stale_keys (and were not used for stale_after, if that is set).",
	Why:     "Values that an older release wrote may have a format that the new code cannot read; requests that read them fail until they expire.",
	Fix:     "Delete them by pattern, as the hint shows. FLUSHALL would also delete the task queue if it is on the same server.",
	Example: `redis redis:6379/0: 12 keys match "model_cache:*", such as model_cache:1 (the oldest unused for 3h0m0s)`,
}

var ruleRedisMemory = gate.Rule{
	ID: "redis/memory", Severity: gate.Warning, Phase: gate.PhasePost,
	Title:   "memory is nearly full",
	What:    "The used memory is above max_memory_ratio of maxmemory or, when that is not set, of the machine's memory.",
	Why:     "At the limit Redis refuses writes or drops keys, depending on its policy.",
	Fix:     "Raise maxmemory, or find out what fills it.",
	Example: "redis redis:6379: 97 % of maxmemory is used (249 MiB of 256 MiB), expected at most 90 %",
}

var ruleRedisEvicting = gate.Rule{
	ID: "redis/evicting", Severity: gate.Warning, Phase: gate.PhasePost,
	Title:   "Redis drops keys",
	What:    "Keys were evicted since the server started, or the policy allows any key to be once memory is full.",
	Why:     "A dropped key may be a queued task: it is never carried out, and nothing reports it.",
	Fix:     "Set maxmemory-policy to noeviction or a volatile- policy, and give Redis the memory that it needs.",
	Example: "redis redis:6379: policy allkeys-lru may drop queued tasks once memory is full",
}

var ruleRedisReadOnly = gate.Rule{
	ID: "redis/read-only", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "Redis accepts no writes",
	What:    "The server is a read-only replica, or refuses writes because it could not save to disk or has fewer replicas than min-replicas-to-write.",
	Why:     "Dify can read from it and fails on the first write, which is the login.",
	Fix:     "Point the URL at the master or at the sentinels; free the disk, or start the replicas.",
	Example: "redis redis:6379: it is a read-only replica of 10.0.0.5:6379; it accepts no writes",
}

// redisRules are the rules of the kind redis.
func redisRules() []gate.Rule {
	return []gate.Rule{
		ruleRedisUnreachable, ruleRedisAuth, ruleRedisVersion, ruleRedisStaleCache, ruleRedisMemory, ruleRedisEvicting, ruleRedisReadOnly,
	}
}

// ruleOf is the rule of a server that could not be used.
func ruleOf(r probe.Reason) gate.Rule {
	switch r {
	case probe.ReasonAuth:
		return ruleRedisAuth
	case probe.ReasonReadOnly:
		return ruleRedisReadOnly
	}
	return ruleRedisUnreachable
}

// brokerRules are those of the broker itself: without it nothing is known of
// the workers.
func brokerRules() []gate.Rule {
	return []gate.Rule{ruleRedisUnreachable, ruleRedisAuth, ruleRedisReadOnly}
}
