package deployment

import (
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/dify-gate/dify-gate/gate/internal/readfile"
	"github.com/dify-gate/dify-gate/gate/internal/yamlbound"
)

// placed maps the keys of a YAML file, joined with NUL, to lines, and those of
// environments to the text that stands there, with ${…} unreplaced.
type placed struct {
	file  string
	lines map[string]int
	raw   map[string]string
	// extends are the services that services of the file extend.
	extends map[string]extended
}

// extended is a service to extend; file is "" for one of the same file.
type extended struct{ file, service string }

const separator = "\x00"

// placesOf notes where the services' keys stand. compose-go, which reads the
// values, keeps no places. A file that is not YAML yields none, and compose-go
// says why; an error means that compose-go must not see it.
func placesOf(file string, src []byte) (placed, error) {
	p := placed{file: file, lines: map[string]int{}, raw: map[string]string{}, extends: map[string]extended{}}
	var root yaml.Node
	if err := yaml.Unmarshal(src, &root); err != nil || len(root.Content) == 0 {
		return p, nil
	}
	if err := yamlbound.Check(&root); err != nil {
		return p, err
	}
	for _, section := range pairs(root.Content[0]) {
		if section.key.Value != "services" {
			continue
		}
		for _, service := range pairs(section.value) {
			p.addService(service)
		}
	}
	return p, nil
}

// pair is an entry of a mapping.
type pair struct{ key, value *yaml.Node }

// pairs are the entries of a mapping; none of what is no mapping, or is not there.
func pairs(n *yaml.Node) []pair {
	if n == nil {
		return nil
	}
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		n = n.Alias
	}
	if n.Kind != yaml.MappingNode {
		return nil
	}
	var out []pair
	for i := 0; i+1 < len(n.Content); i += 2 {
		out = append(out, pair{n.Content[i], n.Content[i+1]})
	}
	return out
}

func (p placed) set(line int, keys ...string) { p.lines[strings.Join(keys, separator)] = line }

// setVariable notes a variable of a service's environment.
func (p placed) setVariable(service, name, raw string, line int) {
	keys := []string{"services", service, "environment", name}
	p.set(line, keys...)
	p.raw[strings.Join(keys, separator)] = raw
}

func (p placed) addService(service pair) {
	name := service.key.Value
	p.set(service.key.Line, "services", name)
	for _, field := range pairs(service.value) {
		key := field.key.Value
		p.set(field.key.Line, "services", name, key)
		switch key {
		case "environment":
			p.addEnvironment(name, field.value, 0)
		case "extends":
			base := extended{service: field.value.Value}
			for _, f := range pairs(field.value) {
				switch f.key.Value {
				case "file":
					base.file = f.value.Value
				case "service":
					base.service = f.value.Value
				}
			}
			p.extends[name] = base
		case "volumes":
			for _, item := range field.value.Content {
				source, _, _ := strings.Cut(item.Value, ":")
				for _, f := range pairs(item) { // the long form
					if f.key.Value == "source" {
						source = f.value.Value
					}
				}
				p.set(item.Line, "services", name, "volumes", source)
			}
		}
	}
}

// extendedPlaces are the places of what the services of a file get from those that
// they extend, under their own names: the nearest last, as [find] looks.
func extendedPlaces(p placed, depth int) []placed {
	var out []placed
	for name, base := range p.extends {
		of := p
		if base.file != "" {
			file := base.file
			if !filepath.IsAbs(file) {
				file = filepath.Join(filepath.Dir(p.file), file)
			}
			src, err := readfile.Text(file, composeLimit)
			if err != nil {
				continue // compose-go says so
			}
			if of, err = placesOf(file, src); err != nil {
				continue
			}
		}
		if next, more := of.extends[base.service]; more && depth < maxMerge {
			of.extends = map[string]extended{base.service: next}
			for _, far := range extendedPlaces(of, depth+1) {
				out = append(out, far.renamed(base.service, name))
			}
		}
		out = append(out, of.renamed(base.service, name))
	}
	return out
}

// renamed are the places of one service, under another name.
func (p placed) renamed(from, to string) placed {
	out := placed{file: p.file, lines: map[string]int{}, raw: map[string]string{}}
	old, prefix := strings.Join([]string{"services", from}, separator), strings.Join([]string{"services", to}, separator)
	for key, line := range p.lines {
		if rest, ok := strings.CutPrefix(key, old+separator); ok {
			out.lines[prefix+separator+rest] = line
		}
	}
	for key, raw := range p.raw {
		if rest, ok := strings.CutPrefix(key, old+separator); ok {
			out.raw[prefix+separator+rest] = raw
		}
	}
	return out
}

// maxMerge bounds how deep merged anchors (<<) are followed: one may hold
// itself.
const maxMerge = 8

// addEnvironment notes both forms: a mapping, and a list of NAME=value. What an
// anchor brings in keeps the line of the anchor's own text.
func (p placed) addEnvironment(service string, n *yaml.Node, depth int) {
	if depth > maxMerge {
		return
	}
	if n.Kind == yaml.SequenceNode {
		for _, item := range n.Content {
			key, raw, _ := strings.Cut(item.Value, "=")
			p.setVariable(service, key, raw, item.Line)
		}
		return
	}
	for _, e := range pairs(n) {
		if e.key.Value != "<<" {
			continue
		}
		merged := []*yaml.Node{e.value}
		if e.value.Kind == yaml.SequenceNode {
			merged = e.value.Content
		}
		for _, m := range merged[:min(len(merged), maxMerge)] {
			p.addEnvironment(service, m, depth+1)
		}
	}
	for _, e := range pairs(n) {
		p.setVariable(service, e.key.Value, scalar(e.value), e.key.Line)
	}
}

// scalar is a node's text, through an alias.
func scalar(n *yaml.Node) string {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		n = n.Alias
	}
	return n.Value
}

// rawOf returns the text of a service's variable in the last file that has it.
func rawOf(files []placed, service, name string) (string, bool) {
	key := strings.Join([]string{"services", service, "environment", name}, separator)
	for i := len(files) - 1; i >= 0; i-- {
		if raw, ok := files[i].raw[key]; ok {
			return raw, true
		}
	}
	return "", false
}

// find returns the place of a key in the last file that has it, else of the
// nearest key above it.
func find(files []placed, keys ...string) Place {
	for n := len(keys); n >= 2; n-- {
		key := strings.Join(keys[:n], separator)
		for i := len(files) - 1; i >= 0; i-- {
			if line, ok := files[i].lines[key]; ok {
				return Place{files[i].file, line}
			}
		}
	}
	if len(files) > 0 {
		return Place{files[0].file, 0}
	}
	return Place{}
}
