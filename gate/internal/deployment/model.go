package deployment

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/interpolation"
	"github.com/compose-spec/compose-go/v2/override"
	"github.com/compose-spec/compose-go/v2/paths"
	"github.com/compose-spec/compose-go/v2/template"
	"github.com/compose-spec/compose-go/v2/transform"
	"go.yaml.in/yaml/v4"

	"github.com/dify-gate/dify-gate/gate/internal/dotenv"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
	"github.com/dify-gate/dify-gate/gate/internal/yamlbound"
)

// model is what compose files say together, in canonical form. Interpolation,
// merging and the short forms are compose-go's. What stands here is the order
// in which its loader applies them; that loader itself compiles the drafts of
// JSON Schema whenever a program that holds it starts, a third of the gate's
// start-up.
type model struct {
	dir  string            // relative paths start here
	env  map[string]string // what ${NAME} stands for
	tree map[string]any
	// alone: there are no files beside this one.
	alone bool
	// services of other files that services extend, by path.
	files map[string]map[string]any
	// What the files have grown to so far: bytes of interpolated text, nodes of
	// copied services.
	text, copied int
}

func newModel(dir string) *model {
	return &model{dir: dir, env: map[string]string{}, tree: map[string]any{}, files: map[string]map[string]any{}}
}

// The bounds of interpolation, in bytes: of a text that holds variables, and of all
// texts together once they are replaced. Compose's own bound is the memory.
const (
	maxText = 64 << 10
	maxGrow = 32 << 20
	maxNest = 20 // ${A:-${B:-…}}
)

var errGrows = errors.New("its variables grow to more than any compose file needs")

// substitute replaces the variables of a text.
func (m *model) substitute(text string, lookup template.Mapping) (string, error) {
	if !strings.Contains(text, "$") {
		return text, nil
	}
	if len(text) > maxText || strings.Count(text, "$") > dotenv.MaxReferences {
		return "", errGrows
	}
	size, depth := dotenv.Growth(text, lookup)
	if m.text += size; depth > maxNest || m.text > maxGrow {
		return "", errGrows
	}
	return template.SubstituteWithOptions(text, lookup, template.WithoutLogging)
}

// maxExtends bounds a chain of services that extend each other.
const maxExtends = 20

// add lays a file over those before it, and over those that it includes, which
// include adds.
func (m *model) add(file string, src []byte, include func(string) error) error {
	return m.documents(src, func(doc map[string]any, tags tagged) error {
		if err := m.ownPaths(doc, file); err != nil {
			return err
		}
		for _, path := range included(doc) {
			if err := include(filepath.Join(filepath.Dir(file), path)); err != nil {
				return err
			}
		}
		delete(doc, "include")
		tags.remove(m.tree)
		services, _ := doc["services"].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(services)) {
			extended, err := m.extend(services, name, file, tags, 0)
			if err != nil {
				return err
			}
			services[name] = extended
		}
		merged, err := override.Merge(m.tree, doc)
		if err != nil {
			return err
		}
		m.tree, err = canonical(merged)
		return err
	})
}

func canonical(tree map[string]any) (map[string]any, error) {
	tree, err := override.EnforceUnicity(tree)
	if err != nil {
		return nil, err
	}
	if tree, err = transform.Canonical(tree, false); err != nil {
		return nil, err
	}
	return override.EnforceUnicity(tree) // a range of ports shows its members only now
}

// documents hands on each YAML document of a file, interpolated.
func (m *model) documents(src []byte, each func(map[string]any, tagged) error) error {
	decoder := yaml.NewDecoder(bytes.NewReader(src))
	for {
		var root yaml.Node
		if err := decoder.Decode(&root); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := yamlbound.Check(&root); err != nil {
			return err
		}
		tags := tagged{}
		tags.collect(&root, nil)
		doc := map[string]any{}
		if err := root.Decode(&doc); err != nil {
			return err
		}
		doc, err := interpolation.Interpolate(doc, interpolation.Options{
			LookupValue: func(name string) (string, bool) { v, ok := m.env[name]; return v, ok },
			Substitute:  m.substitute,
		})
		if err != nil {
			return err
		}
		if err := each(doc, tags); err != nil {
			return err
		}
	}
}

// extend gives a service with those that it extends merged in.
func (m *model) extend(services map[string]any, name, file string, tags tagged, depth int) (any, error) {
	service, _ := services[name].(map[string]any)
	of, ok := service["extends"]
	if !ok {
		return services[name], nil
	}
	if depth > maxExtends {
		return nil, fmt.Errorf("services.%s: extends in a circle", name)
	}
	base, from := "", ""
	switch of := of.(type) {
	case string:
		base = of
	case map[string]any:
		base, _ = of["service"].(string)
		from, _ = of["file"].(string)
	}
	among, where := services, file
	if from != "" {
		where = filepath.Join(filepath.Dir(file), from)
		var err error
		if among, err = m.servicesOf(where); err != nil {
			return nil, fmt.Errorf("services.%s: extends %s: %w", name, from, err)
		}
	}
	if _, ok := among[base]; !ok {
		return nil, fmt.Errorf("services.%s: extends %q, want a service of %s", name, base, filepath.Base(where))
	}
	extended, err := m.extend(among, base, where, tags, depth+1)
	if err != nil {
		return nil, err
	}
	if m.copied += nodes(extended); m.copied > 4*yamlbound.MaxNodes {
		return nil, fmt.Errorf("services.%s: %w", name, yamlbound.ErrLarge)
	}
	parent, _ := clone(extended).(map[string]any)
	if parent == nil {
		return service, nil
	}
	tags.remove(map[string]any{"services": map[string]any{name: parent}})
	merged, err := override.ExtendService(parent, service)
	delete(merged, "extends")
	return merged, err
}

// servicesOf reads the services of another file, whose paths are its own.
func (m *model) servicesOf(file string) (map[string]any, error) {
	if m.alone {
		return nil, errAlone
	}
	if known, ok := m.files[file]; ok {
		return known, nil
	}
	src, err := readfile.Text(file, composeLimit)
	if err != nil {
		return nil, readfile.At("", err)
	}
	if len(m.files) >= maxComposeFiles {
		return nil, fmt.Errorf("more than %d files are extended", maxComposeFiles)
	}
	services := map[string]any{}
	m.files[file] = services
	err = m.documents(src, func(doc map[string]any, _ tagged) error {
		if err := m.ownPaths(doc, file); err != nil {
			return err
		}
		own, _ := doc["services"].(map[string]any)
		maps.Copy(services, own)
		return nil
	})
	return services, err
}

// ownPaths makes the paths of a file in another directory absolute.
func (m *model) ownPaths(doc map[string]any, file string) error {
	dir := filepath.Dir(file)
	if dir == m.dir {
		return nil
	}
	full, err := transform.Canonical(doc, false)
	if err != nil {
		return err
	}
	maps.Copy(doc, full)
	return paths.ResolveRelativePaths(doc, dir, nil)
}

// included lists the files under include, in the short and the long form.
func included(doc map[string]any) []string {
	var out []string
	for _, entry := range node(doc).list("include") {
		if long, ok := entry.(map[string]any); ok {
			out = append(out, node(long).texts("path")...)
		} else {
			out = append(out, fmt.Sprint(entry))
		}
	}
	return out
}

// nodes counts the values of a tree.
func nodes(v any) int {
	n := 1
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			n += nodes(e)
		}
	case []any:
		for _, e := range v {
			n += nodes(e)
		}
	}
	return n
}

func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = clone(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = clone(e)
		}
		return out
	}
	return v
}
