package traefikroute

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	pathpkg "path"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
	"github.com/dify-gate/dify-gate/gate/internal/routing"
	"github.com/dify-gate/dify-gate/gate/internal/yamlbound"
)

const maxFile = 8 << 20

// Options is what loading needs to know besides the files.
type Options struct {
	// Show turns a path into the one that places are given with; nil leaves it.
	Show func(string) string
	// Env are the variables that compose files are rendered with.
	Env map[string]string
	// Port is the port that a container listens on by its image, where no label says it; nil knows none.
	Port func(image string) string
}

// Config is what labels and files say.
type Config struct {
	routers     []*router
	hidden      []*router // those that Traefik leaves out: their containers are not exposed
	services    map[string]*service
	middlewares map[string]*middleware
	secure      []string // entry points that speak TLS by Traefik's own settings
	containers  map[string]containerFacts
	edge        []string // the networks of the compose file's Traefik
	exposes     bool     // containers have to say traefik.enable=true
}

// router sends what fits its rule to a service.
type router struct {
	name        string
	rule        string
	expr        *expr
	pos         routing.Pos // of the rule
	resource    routing.Pos // of the container or of the router
	container   string
	service     string
	middlewares []string
	entryPoints []string
	priority    int
	tls         bool
	doubt       string
	object      bool     // of an IngressRoute
	like        []string // settings that a further router would have too: "tls.certresolver=le"
}

// service is where a router leads.
type service struct {
	name      string
	container string
	scheme    string
	targets   []string // host:port
	pos       routing.Pos
	declared  bool // by a label or a file, so that a router may name it
}

// ErrNone means that nothing of Traefik's is in the files.
var ErrNone = errors.New("no router of Traefik's, want labels like traefik.http.routers.NAME.rule, or an IngressRoute")

// Load reads compose files, files of the file provider and manifests. A text that Traefik
// would refuse is a routing.Errors.
func Load(files []string, opt Options) (*Config, error) {
	c := &Config{services: map[string]*service{}, middlewares: map[string]*middleware{}, containers: map[string]containerFacts{}}
	for _, f := range files {
		shown := filepath.ToSlash(f)
		if opt.Show != nil {
			shown = opt.Show(f)
		}
		data, err := readfile.Text(f, maxFile)
		if err != nil {
			return nil, readfile.At(shown, err)
		}
		if err := c.read(f, shown, data, opt); err != nil {
			return nil, err
		}
	}
	if len(c.routers) == 0 && len(c.hidden) == 0 {
		return nil, ErrNone
	}
	sort.SliceStable(c.routers, func(i, j int) bool { return c.routers[i].rank() > c.routers[j].rank() })
	return c, c.link()
}

var yamlLine = lazyregexp.New(`line (\d+)`)

func (c *Config) read(path, file string, data []byte, opt Options) error {
	r := &reader{c: c, file: file, opt: opt}
	for decoder := yaml.NewDecoder(bytes.NewReader(data)); ; {
		var doc yaml.Node
		err := decoder.Decode(&doc)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			e := routing.SyntaxError{Pos: routing.Pos{File: file, Line: 1, Col: 1}, Msg: err.Error()}
			if m := yamlLine().FindStringSubmatch(err.Error()); m != nil {
				n, _ := strconv.Atoi(m[1])
				e.Pos.Line = max(n, 1)
			}
			return routing.Errors{e}
		}
		if err := yamlbound.Check(&doc); err != nil {
			return routing.Errors{{Pos: routing.Pos{File: file, Line: 1, Col: 1}, Msg: err.Error()}}
		}
		if len(doc.Content) > 0 {
			r.document(doc.Content[0], filepath.Dir(path))
		}
	}
	if len(r.errs) > 0 {
		return r.errs
	}
	return nil
}

// reader collects the labels of one container, or of one file.
type reader struct {
	c      *Config
	file   string
	opt    Options
	static static
	labels []label
	image  string
	ports  []string
	errs   routing.Errors
}

type label struct {
	key, value string
	pos        routing.Pos
}

func (r *reader) at(n *yaml.Node) routing.Pos {
	return routing.Pos{File: r.file, Line: n.Line, Col: n.Column}
}

func (r *reader) fail(pos routing.Pos, format string, args ...any) {
	r.errs = append(r.errs, routing.SyntaxError{Pos: pos, Msg: fmt.Sprintf(format, args...)})
}

func get(n *yaml.Node, keys ...string) *yaml.Node {
	for _, k := range keys {
		if n == nil || n.Kind != yaml.MappingNode {
			return nil
		}
		var next *yaml.Node
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == k {
				next = n.Content[i+1]
			}
		}
		n = next
	}
	if n != nil && n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// compose reads the services of a compose file.
func (r *reader) compose(services *yaml.Node) {
	if services == nil || services.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(services.Content); i += 2 {
		name, body := services.Content[i], services.Content[i+1]
		r.labels, r.ports, r.image = nil, nil, ""
		if image := get(body, "image"); image != nil {
			r.image = r.expand(image.Value)
		}
		for _, key := range []string{"expose", "ports"} {
			if list := get(body, key); list != nil && list.Kind == yaml.SequenceNode {
				for _, p := range list.Content {
					r.ports = append(r.ports, containerPort(r.expand(p.Value)))
				}
			}
		}
		r.labelsOf(get(body, "labels"))
		r.labelsOf(get(body, "deploy", "labels"))
		r.facts(name.Value, networksOf(get(body, "networks")))
		if image, _, _ := strings.Cut(pathpkg.Base(r.image), ":"); image == "traefik" {
			r.c.edge = networksOf(get(body, "networks"))
		}
		r.container(name.Value, r.at(name))
	}
}

// networksOf are the names of a service's networks, in the short and the long form.
func networksOf(n *yaml.Node) []string {
	var out []string
	switch {
	case n == nil:
	case n.Kind == yaml.SequenceNode:
		for _, item := range n.Content {
			out = append(out, item.Value)
		}
	case n.Kind == yaml.MappingNode:
		for i := 0; i < len(n.Content); i += 2 {
			out = append(out, n.Content[i].Value)
		}
	}
	return out
}

// containerPort is the last number of a port's mapping.
func containerPort(mapping string) string {
	mapping, _, _ = strings.Cut(mapping, "/")
	return mapping[strings.LastIndexByte(mapping, ':')+1:]
}

// labelsOf reads a mapping or a list of KEY=VALUE.
func (r *reader) labelsOf(n *yaml.Node) {
	if n == nil {
		return
	}
	add := func(at *yaml.Node, key, value string) {
		if key = r.expand(key); strings.HasPrefix(strings.ToLower(key), "traefik.") {
			r.labels = append(r.labels, label{lower(key), r.expand(value), r.at(at)})
		}
	}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			add(n.Content[i], n.Content[i].Value, n.Content[i+1].Value)
		}
	case yaml.SequenceNode:
		for _, item := range n.Content {
			key, value, _ := strings.Cut(item.Value, "=")
			add(item, key, value)
		}
	}
}

// lower folds a label's key and leaves the name of a router alone, which
// another label may refer to in the same letters.
func lower(key string) string {
	parts := strings.Split(key, ".")
	for i := range parts {
		if i != 3 {
			parts[i] = strings.ToLower(parts[i])
		}
	}
	return strings.Join(parts, ".")
}

var variable = lazyregexp.New(`\$\$|\$\{([A-Za-z_]\w*)(?::?[-?]([^}]*))?\}|\$([A-Za-z_]\w*)`)

// expand puts variables in as Compose does.
func (r *reader) expand(text string) string {
	return variable().ReplaceAllStringFunc(text, func(s string) string {
		if s == "$$" {
			return "$"
		}
		m := variable().FindStringSubmatch(s)
		if v := r.opt.Env[m[1]+m[3]]; v != "" {
			return v
		}
		return m[2]
	})
}

// flatten turns the mapping of a file into labels.
func (r *reader) flatten(prefix string, n *yaml.Node, depth int) {
	if depth > 12 {
		return
	}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if depth != 1 {
				key = strings.ToLower(key)
			}
			r.flatten(prefix+"."+key, n.Content[i+1], depth+1)
		}
		if len(n.Content) == 0 {
			r.labels = append(r.labels, label{"traefik.http" + prefix, "true", r.at(n)})
		}
	case yaml.SequenceNode:
		for i, item := range n.Content {
			r.flatten(fmt.Sprintf("%s[%d]", prefix, i), item, depth+1)
		}
	case yaml.ScalarNode:
		r.labels = append(r.labels, label{"traefik.http" + prefix, n.Value, r.at(n)})
	}
}

var errTooMany = errors.New("more than one service is declared here, want the router's .service to name one")
