// Package redis holds the kinds redis and celery: Redis itself, and the workers
// that wait on its queues.
//
// Both name their server by [RedisAccess], which source.go resolves: a URL, the
// master that sentinels name, or the seeds of a cluster. client.go connects
// with go-redis, and guard.go refuses every command that is not on the list of
// those that only read.
//
// The kind redis (redis.go) asks for INFO; judge.go compares the answer with
// the entry, and stale.go scans for keys of an older release.
//
// The kind celery (celery.go) learns what the workers consume from MONITOR
// (celery_watch.go) or, with inspect, from the workers themselves
// (celery_inspect.go); celery_judge.go compares that with the queues that the
// release demands.
package redis
