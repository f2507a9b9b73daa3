// Package traefikroute answers where Traefik sends a request, from the labels of compose files and from files of its
// file provider: routers with their rules and priorities (rule.go, route.go), services, and the middlewares that change
// a path (middleware.go). Rules are read in the grammar of versions 2 and 3; a matcher or a middleware that acts on what
// is not in the files makes the answer unknown. Traefik's static configuration (its command line) is not read: what
// entry points listen on and redirect by themselves is not known.
package traefikroute
