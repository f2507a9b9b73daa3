package traefikroute

import (
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/dify-gate/dify-gate/gate/internal/readfile"
	"github.com/dify-gate/dify-gate/gate/internal/routing"
	"github.com/dify-gate/dify-gate/gate/internal/yamlbound"
)

// static are settings of Traefik's own, lower case and dotted as its flags are: providers.docker.exposedbydefault.
type static map[string]string

// readStatic reads the settings of the compose file's Traefik: its flags, or its environment, or else a file that is
// mounted where Traefik looks for one. Traefik takes one of the three only; all of them are taken together here.
func (r *reader) readStatic(services *yaml.Node, dir string) static {
	out := static{}
	if services == nil || services.Kind != yaml.MappingNode {
		return out
	}
	for i := 0; i+1 < len(services.Content); i += 2 {
		body := services.Content[i+1]
		image := get(body, "image")
		if image == nil {
			continue
		}
		name, _, _ := strings.Cut(path.Base(r.expand(image.Value)), ":")
		if name != "traefik" {
			continue
		}
		for _, mount := range r.texts(get(body, "volumes")) {
			source, target, _ := strings.Cut(mount, ":")
			target, _, _ = strings.Cut(target, ":")
			if base := path.Base(target); (base == "traefik.yml" || base == "traefik.yaml") && !filepath.IsAbs(source) {
				if err := out.file(filepath.Join(dir, source)); err != nil {
					r.fail(r.at(get(body, "volumes")), "%s: %s", source, readfile.Reason(err))
				}
			}
		}
		for _, v := range r.texts(get(body, "environment")) {
			if key, value, ok := strings.Cut(v, "="); ok && strings.HasPrefix(strings.ToUpper(key), "TRAEFIK_") {
				out[strings.ReplaceAll(strings.ToLower(key[len("TRAEFIK_"):]), "_", ".")] = value
			}
		}
		for _, flag := range r.texts(get(body, "command")) {
			if key, ok := strings.CutPrefix(flag, "--"); ok {
				key, value, has := strings.Cut(key, "=")
				if !has {
					value = "true"
				}
				out[strings.ToLower(key)] = value
			}
		}
	}
	return out
}

// texts are a list, the words of a text, or a mapping as KEY=VALUE.
func (r *reader) texts(n *yaml.Node) []string {
	var out []string
	switch {
	case n == nil:
	case n.Kind == yaml.ScalarNode:
		out = strings.Fields(r.expand(n.Value))
	case n.Kind == yaml.SequenceNode:
		for _, item := range n.Content {
			out = append(out, r.expand(item.Value))
		}
	case n.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			out = append(out, n.Content[i].Value+"="+r.expand(n.Content[i+1].Value))
		}
	}
	return out
}

// file adds a static configuration file's settings. One that is not at hand says nothing; one that is and cannot be
// read is an error.
func (s static) file(name string) error {
	data, err := readfile.Text(name, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var doc yaml.Node
	if err == nil {
		err = yaml.Unmarshal(data, &doc)
	}
	if err == nil {
		err = yamlbound.Check(&doc)
	}
	if err == nil && len(doc.Content) > 0 {
		s.add("", doc.Content[0], 0)
	}
	return err
}

func (s static) add(prefix string, n *yaml.Node, depth int) {
	if depth > 12 {
		return
	}
	switch n.Kind {
	case yaml.ScalarNode:
		s[prefix] = n.Value
	case yaml.MappingNode:
		if len(n.Content) == 0 {
			s[prefix] = "true" // tls: {}
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			s.add(strings.TrimPrefix(prefix+"."+strings.ToLower(n.Content[i].Value), "."), n.Content[i+1], depth+1)
		}
	}
}

// hides reports whether containers without traefik.enable=true are left out.
func (s static) hides() bool {
	return strings.EqualFold(s["providers.docker.exposedbydefault"], "false") || strings.EqualFold(s["providers.swarm.exposedbydefault"], "false")
}

// secure are the entry points that speak TLS for all their routers.
func (s static) secure() []string {
	var out []string
	for key, value := range s {
		rest, ok := strings.CutPrefix(key, "entrypoints.")
		name, rest, _ := strings.Cut(rest, ".")
		if ok && (rest == "http.tls" && !strings.EqualFold(value, "false") || strings.HasPrefix(rest, "http.tls.")) {
			out = append(out, name)
		}
	}
	return out
}

// LeftOut names a container whose router takes the path, and which Traefik leaves out for want of traefik.enable=true.
func (c *Config) LeftOut(uri string) (container string, ok bool) {
	for _, ro := range c.hidden {
		host := ""
		if hosts := ro.expr.collect("host", nil); len(hosts) > 0 {
			host = hosts[0]
		}
		if ro.expr.hasPath() && ro.holds(routing.Request{Host: host, URI: uri}) == yes {
			return ro.container, true
		}
	}
	return "", false
}
