package slo

import (
	"github.com/dify-gate/dify-gate/gate"
)

var ruleP99 = gate.Rule{
	ID: "slo/p99", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "the 99th percentile is too slow",
	What:    "At least one request in a hundred took as long as the limit or longer. Latency counts from the time when a request was due, so waiting for a stalled server is included.",
	Why:     "Users notice the slowest requests. After an upgrade they get slower first, when an index is missing, a cache is cold or a pool is too small.",
	Fix:     "Look at the slowest requests and their phases in the evidence, and at the routes; then at the database and the workers.",
	Example: "p99 is 812 ms over 200 requests, expected less than 500 ms",
}

var rule4xx = gate.Rule{
	ID: "slo/4xx", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "too many 4xx answers",
	What:    "The share of answers with a status from 400 to 498 reached the limit. 499 (the client left) and the statuses in ignore_status do not count.",
	Why:     "More 404 or 401 after an upgrade means that routes or keys that clients rely on no longer work.",
	Fix:     "Look at the routes and statuses in the evidence; gate diagnose URL shows who answered and why.",
	Example: "4xx rate is 2.5 % (5 of 200), expected less than 0.5 %",
}

var rule5xx = gate.Rule{
	ID: "slo/5xx", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "too many 5xx answers",
	What:    "The share of answers with a status of 500 or more reached the limit. A request without any answer counts as one.",
	Why:     "Each 5xx is a request that the deployment failed to serve.",
	Fix:     "Read the api's log at that time; a 502 or 504 comes from the proxy, and its upstream is down or slow.",
	Example: "5xx rate is 0.5 % (1 of 200), expected 0 %",
}

var ruleLatencyOutlier = gate.Rule{
	ID: "slo/latency-outlier", Severity: gate.Notice, Phase: gate.PhasePost,
	Title:   "single requests were far slower than the rest",
	What:    "The p99 objective is met, but a request took longer than the limit and more than ten times the median.",
	Why:     "It may be a cold start, or the first sign of a stall.",
	Fix:     "Look at the request's phases: a long connect points to the network, a long first_byte to the server.",
	Example: "GET /v1/parameters took 2310 ms, 77 times the median of 30 ms",
}
