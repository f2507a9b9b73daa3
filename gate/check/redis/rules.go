package redis

import (
	"github.com/dify-gate/dify-gate/gate"
)

func redisRules() []gate.Rule {
	rule := func(id string, severity gate.Severity, title, what, why, fix, example string) gate.Rule {
		return gate.Rule{ID: id, Severity: severity, Phase: gate.PhasePost, Title: title, What: what, Why: why, Fix: fix, Example: example}
	}
	return []gate.Rule{
		rule("redis/unreachable", gate.Error, "Redis does not answer",
			"The name did not resolve, the connection failed, something else listens there, or the server answers every command with an error.",
			"Dify keeps sessions, locks, caches and its task queue in Redis; without it logins and every background task fail.",
			"Start the server; check host, port, TLS and, with Sentinel, the master's name.",
			"redis:6379/0: the connection was refused, want a Redis that answers PING"),
		rule("redis/auth", gate.Error, "Redis refuses the login",
			"The password or ACL user was refused, is missing, or lacks a permission.",
			"Dify has the password twice, in REDIS_PASSWORD and inside CELERY_BROKER_URL; one that was changed alone stops the workers.",
			"Make both agree with the server's requirepass or ACL.",
			`redis:6379/0: the password of user "default" was refused, want a Redis that answers PING`),
		rule("redis/version", gate.Error, "Redis is too old",
			"The server's version is older than min_version, or than what the target release wants.",
			"The client library speaks a newer protocol than the server knows.",
			"Upgrade the server before Dify.",
			"redis redis:6379: version 5.0.7, want 6.0 or newer (for Dify 1.13.2)"),
		rule("redis/stale-cache", gate.Error, "keys of an older release are still there",
			"Keys match one of stale_keys (and were not touched for stale_after, where that is given).",
			"Values that an older release wrote may be in a form that the new code cannot read; the requests that meet them fail until they expire.",
			"Delete them by pattern, as the hint shows. FLUSHALL would empty the task queue as well when that lives on the same server.",
			`redis redis:6379/0: 12 keys match "model_cache:*", such as model_cache:1 (the oldest untouched for 3h0m0s), want none that an older release wrote`),
		rule("redis/memory", gate.Warning, "memory is nearly full",
			"The used memory is above max_memory_ratio of maxmemory or, when that is not set, of the machine's memory.",
			"At the limit Redis refuses writes or drops keys, as its policy says.",
			"Raise maxmemory, or find what fills it.",
			"redis redis:6379: 97 % of maxmemory is used (249 MiB of 256 MiB), want at most 90 %"),
		rule("redis/evicting", gate.Warning, "Redis drops keys",
			"Keys were evicted since the server started, or the policy allows any key to be once memory is full.",
			"A key that is dropped may be a queued task: it is then never carried out, and nothing says so.",
			"Set maxmemory-policy to noeviction or a volatile- one, and give Redis the memory that it needs.",
			"redis redis:6379: policy allkeys-lru may drop queued tasks once memory is full, want noeviction or volatile-…"),
		rule("redis/read-only", gate.Error, "Redis takes no writes",
			"The server is a read-only replica, or refuses writes because it could not save to disk or has fewer replicas than min-replicas-to-write.",
			"Dify reads fine from it and fails at the first write, which is the login.",
			"Point the URL at the master or at the sentinels; free the disk, or start the replicas.",
			"redis redis:6379: it is a read-only replica of 10.0.0.5:6379, want one that takes writes"),
	}
}
