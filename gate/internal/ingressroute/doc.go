// Package ingressroute answers, from Kubernetes Ingress manifests alone, where a request goes. It speaks the words of
// package routing, as nginxroute and apacheroute do.
//
// The flow: read.go takes the Ingress documents of YAML files (as they are applied: a Helm chart has to be rendered
// first) and makes a rule of each path; Route picks the host's rules, an exact path before the longest prefix, as the
// Ingress specification orders them. Of ingress-nginx it knows use-regex and rewrite-target; a snippet or a middleware
// that may change the path gives Kind Unknown.
package ingressroute
