package web

import "github.com/dify-gate/dify-gate/gate"

var ruleAppFailed = gate.Rule{
	ID: "app/failed", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "an app run failed",
	What:    "The service API refused the run, or the run ended with an error of the model, a node or the application.",
	Why:     "Users of the app see the same. A stream has status 200 and reports its failure in its events.",
	Fix:     "Read the error. For a node, open it in the app; for a model, check its provider's credentials and the plugin daemon.",
	Example: `workflow: node "LLM" (llm) failed: PluginInvokeError`,
}

var ruleAppSlow = gate.Rule{
	ID: "app/slow", Severity: gate.Warning, Phase: gate.PhasePost,
	Title:   "an app run is slow",
	What:    "The first part or the end of the answer came later than the limit.",
	Why:     "Slowness right after an upgrade points to too few workers, a cold plugin, or a queue that no worker reads.",
	Fix:     "Compare with a run before the upgrade; look at workers and the model provider.",
	Example: "chat: the first part came after 7.2s, expected 5s",
}

var ruleAppStreamBroken = gate.Rule{
	ID: "app/stream-broken", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "the stream of an app run is broken",
	What:    "The answer is not an event stream, ends before its last event, stops in the middle, or has its events out of order.",
	Why:     "Clients wait forever for the end.",
	Fix:     "Look for a proxy with a short read timeout, and for workers that died; since 1.13.0 streams pass through Redis and Celery.",
	Example: "chat: the stream ended after 12 events without message_end",
}

var ruleAppBuffered = gate.Rule{
	ID: "app/buffered", Severity: gate.Warning, Phase: gate.PhasePost,
	Title:   "a proxy buffers the stream",
	What:    "All events arrived at once at the end, although the application sent them one by one.",
	Why:     "Users see an empty page until the whole answer is complete; long answers run into timeouts.",
	Fix:     "In nginx set proxy_http_version 1.1 and proxy_buffering off, and remove text/event-stream from gzip_types.",
	Example: "chat: 40 events arrived within 3 ms after 6.1s of silence",
}
