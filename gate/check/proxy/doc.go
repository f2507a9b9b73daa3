// Package proxy is the kind proxy, and the only reader of proxy files: nginx,
// Apache, Caddy, Ingress and Gateway API manifests, and Traefik's labels and objects.
//
//	Proxy ──findFiles──> files ──load──> router          find.go, files.go
//	release ──> demands, the paths that it publishes      demand.go
//	router + demands ──> groups of servers, roles         groups.go, roles.go
//	                └──trace──> verdicts ──> findings     trace.go, report.go
//	                                     └─> blocks to paste   blocks.go
//
// gate routes prints the rows of a [Trace]. The explanation of an answer asks the
// same trace where the files send a request (asked.go).
package proxy
