package dify

import "strings"

// Component is a part of Dify, or what it brings along, that answers HTTP.
type Component struct {
	Service string // as Dify's compose file calls it
	Image   string // the last part of its image's name
	Port    string // what it listens on in its container
}

// components are the parts by the names and ports of Dify's own compose files
// (docker/docker-compose.yaml, 0.15.0 to 1.16.0). The first of several with the
// same image or port is the one that both stand for.
var components = []Component{
	{"api", "dify-api", "5001"},
	{"api_websocket", "dify-api", "5001"},
	{"web", "dify-web", "3000"},
	{"plugin_daemon", "dify-plugin-daemon", "5002"},
	{"sandbox", "dify-sandbox", "8194"},
	{"nginx", "nginx", "80"},
	{"nginx", "openresty", "80"},
}

// ComponentNamed finds a part by the name of its compose service.
func ComponentNamed(service string) (Component, bool) {
	return findComponent(func(c Component) bool { return c.Service == service })
}

// ComponentOfImage finds a part by its image, whatever registry and tag it has.
func ComponentOfImage(image string) (Component, bool) {
	name := image[strings.LastIndexByte(image, '/')+1:]
	name, _, _ = strings.Cut(name, "@")
	name, _, _ = strings.Cut(name, ":")
	return findComponent(func(c Component) bool { return c.Image == name })
}

// ComponentAt finds a part of Dify's own by the port that it listens on; port 80
// may be anybody's.
func ComponentAt(port string) (Component, bool) {
	return findComponent(func(c Component) bool { return c.Port == port && c.Service != "nginx" })
}

func findComponent(is func(Component) bool) (Component, bool) {
	for _, c := range components {
		if is(c) {
			return c, true
		}
	}
	return Component{}, false
}
