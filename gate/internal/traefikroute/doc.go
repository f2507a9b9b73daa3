// Package traefikroute answers where Traefik sends a request, from the labels of compose files and from files of its
// file provider: routers with their rules and priorities (rule.go, route.go), services, and the middlewares that change
// a path (middleware.go). Rules are read in the grammar of versions 2 and 3; a matcher or a middleware that acts on what
// is not in the files makes the answer unknown. Of Traefik's static configuration (static.go) two things count: whether
// containers are exposed by default, and which entry points speak TLS. What they listen on and redirect is not read.
package traefikroute
