package web

import "github.com/dify-gate/dify-gate/gate"

var ruleAppFailed = gate.Rule{
	ID: "app/failed", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "an app run failed",
	What:    "The service API refused the run, or the run ended with an error: of the model, of a node, of the application.",
	Why:     "This is what users of the app see. A stream answers with status 200 and tells of its failure inside.",
	Fix:     "Read the error named; for a node open it in the app, for a model check its provider's credentials and the plugin daemon.",
	Example: `workflow: node "LLM" (llm) failed: PluginInvokeError, want the run to succeed`,
}

var ruleAppSlow = gate.Rule{
	ID: "app/slow", Severity: gate.Warning, Phase: gate.PhasePost,
	Title:   "an app run is slow",
	What:    "The first piece or the end of the answer came later than wanted.",
	Why:     "Slowness right after an upgrade points to workers that are too few, a cold plugin, or a queue that nobody reads.",
	Fix:     "Compare with a run before the upgrade; look at workers and the model provider.",
	Example: "chat: the first piece came after 7.2s, want 5s",
}

var ruleAppStreamBroken = gate.Rule{
	ID: "app/stream-broken", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "the stream of an app run is broken",
	What:    "The answer is no event stream, ends before its last event, stops in the middle, or its events come out of order.",
	Why:     "Clients wait for an end that never comes.",
	Fix:     "Look for a proxy with short read time-outs, and for workers that died; since 1.13.0 streams pass through Redis and Celery.",
	Example: "chat: the stream ended after 12 events without message_end",
}

var ruleAppBuffered = gate.Rule{
	ID: "app/buffered", Severity: gate.Warning, Phase: gate.PhasePost,
	Title:   "a proxy holds the stream back",
	What:    "All events arrived at once at the end, though the application sent them one by one.",
	Why:     "Users stare at an empty page until the whole answer is there; long answers run into time-outs.",
	Fix:     "In nginx set proxy_http_version 1.1 and proxy_buffering off, and take text/event-stream out of gzip_types.",
	Example: "chat: 40 events arrived within 3 ms after 6.1s of silence",
}
