package redis

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
)

// judge compares what was seen with what is demanded.
func (l celeryInspection) judge(seen workersSeen, lengths map[string]queueLength, res *gate.Result) {
	label := l.source.label()
	if l.demand.by == "" {
		res.Evidence["note"] = "no target release is known, so no queue is required"
	}
	if len(seen.consumed) == 0 && len(seen.workers) == 0 {
		switch {
		case seen.err != nil && seen.blocked > 0:
			res.Err = fmt.Errorf("%d clients wait on queues of the broker, but which ones cannot be seen: %w; inspect: true asks the workers themselves", seen.blocked, seen.err)
			return
		case seen.err != nil && seen.blind:
			res.Err = fmt.Errorf("whether a worker waits on the broker cannot be seen: %w, and CLIENT LIST as well; grant one of them to the user, or give inspect: true, which asks the workers themselves", seen.err)
			return
		}
		text := fmt.Sprintf("celery %s: no worker consumes any queue", label)
		if seen.asked {
			text = fmt.Sprintf("celery %s: no worker answers Celery's remote control", label)
		}
		hint := "start the worker (docker compose ps worker; logs worker) and compare its CELERY_BROKER_URL with this broker: same server, same database number"
		if len(seen.other) > 0 {
			hint = fmt.Sprintf("workers wait on these queues in database %s of the server: correct the number at the end of the URL, or of the worker's CELERY_BROKER_URL", strings.Join(slices.Sorted(maps.Keys(seen.other)), ", "))
		}
		f := ruleCeleryNoWorker.Finding(text, hint)
		// No symptom: a failure of the broker's that lets the gate in (a stale key,
		// an old version) is no reason for a worker to be missing.
		f.Subject = label
		res.Findings, res.Retry = append(res.Findings, f), gate.RetrySoon
		return
	}
	// A worker that is busy up to its prefetch limit waits on nothing: what it
	// consumes cannot be seen then.
	busy := len(seen.workers) - len(seen.waiting)
	var unsure []string
	for _, q := range l.demand.queues {
		switch {
		case seen.consumed[q]:
		case seen.err != nil && lengths[q].bound, !seen.asked && busy > 0 && lengths[q].bound:
			unsure = append(unsure, q)
		default:
			res.Findings = append(res.Findings, l.unserved(q, seen, gate.Error))
			res.Retry = gate.RetrySoon
		}
	}
	for _, q := range l.demand.forgotten {
		if !seen.consumed[q] {
			res.Findings = append(res.Findings, l.unserved(q, seen, gate.Warning))
		}
	}
	if unsure != nil {
		why := fmt.Sprintf("%d of %d workers are busy and wait on no queue", busy, len(seen.workers))
		if seen.err != nil {
			why = seen.err.Error()
		}
		res.Err = fmt.Errorf("whether somebody consumes %s cannot be seen: %s; inspect: true asks the workers themselves", strings.Join(unsure, ", "), why)
		res.Retry = gate.RetrySoon
	}
}

// unserved is the finding for a queue without a consumer.
func (l celeryInspection) unserved(queue string, seen workersSeen, severity gate.Severity) gate.Finding {
	label := l.source.label()
	consumed := "nothing"
	if len(seen.consumed) > 0 {
		names := slices.Sorted(maps.Keys(seen.consumed))
		if len(names) > 12 {
			names = append(names[:12], fmt.Sprintf("%d more", len(names)-12))
		}
		consumed = strings.Join(names, ", ")
	}
	by := l.demand.by + " needs"
	if slices.Contains(l.demand.forgotten, queue) {
		by = l.demand.release + " needs and the queues in gate.yaml leave out"
	}
	hint := fmt.Sprintf("add %s to the worker's list (CELERY_QUEUES, or -Q of its command), or leave CELERY_QUEUES empty so that the image's own list applies; then restart the worker", quote.Clip(queue))
	for _, q := range slices.Sorted(maps.Keys(seen.consumed)) {
		if prefix, ok := strings.CutSuffix(q, queue); ok && l.spec.KeyPrefix == "" && !slices.Contains(l.names(), q) {
			hint = fmt.Sprintf("a worker waits on %s: if that is Dify's (REDIS_KEY_PREFIX), set key_prefix: %q", quote.Clip(q), prefix)
		}
	}
	f := ruleCeleryQueueUnserved.Finding(
		fmt.Sprintf("celery %s: no worker consumes queue %s, which %s (consumed: %s)", label, quote.Clip(queue), by, quote.Clip(consumed)), hint)
	f.Severity, f.Subject = severity, label+" "+queue
	return f
}
