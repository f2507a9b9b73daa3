package slo

import (
	"github.com/dify-gate/dify-gate/gate"
)

var ruleP99 = gate.Rule{
	ID: "slo/p99", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "the 99th percentile is too slow",
	What:    "One request in a hundred, or more, took as long as the limit or longer. Latency counts from the instant when a request was due, so that waiting for a stalled server is part of it.",
	Why:     "The slowest hundredth is what users notice; after an upgrade it grows first when an index is missing, a cache is cold or a pool is too small.",
	Fix:     "Look at the slowest requests and their phases in the evidence, and at the routes; then at the database and the workers.",
	Example: "p99 is 812 ms over 200 requests, want less than 500 ms",
}

var rule4xx = gate.Rule{
	ID: "slo/4xx", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "too many 4xx answers",
	What:    "The share of answers with a status from 400 to 498 reached the limit. 499, a client that left, does not count; nor does what ignore_status names.",
	Why:     "A jump of 404 or 401 after an upgrade means that routes or keys that clients rely on are gone.",
	Fix:     "See which routes and statuses the evidence names; gate diagnose URL says who answered and why.",
	Example: "4xx rate is 2.5 % (5 of 200), want less than 0.5 %",
}

var rule5xx = gate.Rule{
	ID: "slo/5xx", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "too many 5xx answers",
	What:    "The share of answers with a status of 500 or more reached the limit. A request without any answer counts as one.",
	Why:     "A 5xx is a request that the deployment lost.",
	Fix:     "Read the api's log at that time; a 502 or 504 comes from the proxy, and its upstream is down or slow.",
	Example: "5xx rate is 0.5 % (1 of 200), want 0 %",
}

var ruleLatencyOutlier = gate.Rule{
	ID: "slo/latency-outlier", Severity: gate.Notice, Phase: gate.PhasePost,
	Title:   "single requests were far slower than the rest",
	What:    "The objective for p99 is met, but a request took longer than the limit and more than ten times the median.",
	Why:     "It may be a cold start, or the first sign of a stall.",
	Fix:     "Look at the request's phases: connect points to the network, first_byte to the server.",
	Example: "GET /v1/parameters took 2310 ms, 77 times the median of 30 ms",
}
