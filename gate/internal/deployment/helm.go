package deployment

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/dify-gate/dify-gate/gate/internal/readfile"
	"github.com/dify-gate/dify-gate/gate/internal/yamlbound"
)

// helmNames are where a chart's values are looked for.
var helmNames = []string{"values.yaml", "values.yml"}

// readHelm takes the images of Helm values: any mapping with repository and
// tag, and any `image: name:tag`. Charts for Dify differ in their layout, all
// use one of the two.
func (d *Deployment) readHelm() {
	for _, name := range helmNames {
		path := filepath.Join(d.Dir, name)
		src, err := readfile.Text(path, composeLimit)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			d.problem(path, readfile.Reason(err))
			continue
		}
		if readfile.Blank(src) {
			d.problem(path, "the file is empty, want Helm values; restore it, or delete it")
			continue
		}
		var root yaml.Node
		if err := yaml.Unmarshal(src, &root); err != nil {
			d.Problems = append(d.Problems, problemIn(path, "is not YAML"))
			continue
		}
		if err := yamlbound.Check(&root); err != nil {
			d.Problems = append(d.Problems, problemIn(path, err.Error()))
			continue
		}
		d.HelmFiles = append(d.HelmFiles, path)
		if len(root.Content) > 0 {
			d.helmImages(path, root.Content[0], nil, globalTag(root.Content[0]))
			d.helmParts(path, root.Content[0])
		}
	}
}

// globalTag is global.image.tag, which some charts let stand for all.
func globalTag(root *yaml.Node) string {
	n := root
	for _, key := range []string{"global", "image", "tag"} {
		n = child(n, key)
		if n == nil {
			return ""
		}
	}
	return n.Value
}

func child(n *yaml.Node, key string) *yaml.Node {
	for _, p := range pairs(n) {
		if p.key.Value == key {
			return p.value
		}
	}
	return nil
}

func (d *Deployment) helmImages(file string, n *yaml.Node, path []string, fallback string) {
	if len(path) > 16 {
		return
	}
	repository, tag := child(n, "repository"), child(n, "tag")
	if repository != nil && repository.Kind == yaml.ScalarNode && repository.Value != "" {
		image := Image{Service: helmName(path), Name: repository.Value, Tag: fallback, Active: true, Place: Place{file, repository.Line}}
		if tag != nil && tag.Value != "" {
			image.Tag, image.Place = tag.Value, Place{file, tag.Line}
		}
		d.Images = append(d.Images, image)
	}
	for _, p := range pairs(n) {
		if p.key.Value == "image" && p.value.Kind == yaml.ScalarNode && p.value.Value != "" {
			name, tag := SplitImage(p.value.Value)
			d.Images = append(d.Images, Image{Service: helmName(path), Name: name, Tag: tag, Active: true, Place: Place{file, p.value.Line}})
			continue
		}
		if p.value.Kind == yaml.MappingNode {
			d.helmImages(file, p.value, append(path, p.key.Value), fallback)
		}
	}
}

// helmName names the part of a chart without the words that all share.
func helmName(path []string) string {
	var words []string
	for _, p := range path {
		if p != "image" && p != "images" && p != "global" {
			words = append(words, p)
		}
	}
	return strings.Join(words, ".")
}
