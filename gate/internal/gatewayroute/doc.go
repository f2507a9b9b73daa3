// Package gatewayroute answers from manifests of Kubernetes' Gateway API where requests go: Gateway and HTTPRoute, by the
// rules of gateway-api.sigs.k8s.io (HTTPRouteRule, HTTPRouteMatch, HTTPRouteFilter). Other kinds of routes are not read.
//
//	c, err := gatewayroute.Load(files, gatewayroute.Options{})
//	a := c.Route(routing.Request{Host: "dify.example.com", URI: "/v1/parameters?x=1"})
package gatewayroute
