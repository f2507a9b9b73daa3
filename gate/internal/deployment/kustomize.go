package deployment

import (
	"errors"
	"io/fs"
	"path/filepath"

	"go.yaml.in/yaml/v4"

	"github.com/dify-gate/dify-gate/gate/internal/readfile"
	"github.com/dify-gate/dify-gate/gate/internal/yamlbound"
)

// kustomizeNames are the names that kustomize takes, in its order.
var kustomizeNames = []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}

// readKustomize takes the images that a kustomization sets: its key images, with
// name, newName, newTag and digest. Resources are not followed.
func (d *Deployment) readKustomize() {
	for _, name := range kustomizeNames {
		path := filepath.Join(d.Dir, name)
		src, err := readfile.Text(path, composeLimit)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			d.problem(path, readfile.Reason(err))
			return
		}
		var root yaml.Node
		if err := yaml.Unmarshal(src, &root); err != nil {
			d.Problems = append(d.Problems, problemIn(path, "is not YAML"))
			return
		}
		if err := yamlbound.Check(&root); err != nil {
			d.problem(path, err.Error())
			return
		}
		d.KustomizeFile = path
		if len(root.Content) > 0 {
			d.kustomizeImages(path, child(root.Content[0], "images"))
		}
		return // kustomize refuses a second one
	}
}

func (d *Deployment) kustomizeImages(file string, images *yaml.Node) {
	if images == nil || images.Kind != yaml.SequenceNode {
		return
	}
	for _, n := range images.Content {
		name, renamed, tag := child(n, "name"), child(n, "newName"), child(n, "newTag")
		if name == nil || name.Value == "" {
			continue
		}
		image := Image{Service: name.Value, Name: name.Value, Active: true, Place: Place{file, name.Line}}
		if renamed != nil && renamed.Value != "" {
			image.Name = renamed.Value
		}
		if tag != nil && tag.Value != "" {
			image.Tag, image.Place = tag.Value, Place{file, tag.Line}
		}
		d.Images = append(d.Images, image)
	}
}

// Names are the files that a directory is known by: whoever has only some of its
// files wants these first.
func Names() []string {
	var out []string
	for _, names := range [][]string{envNames, composeNames, overrideNames, helmNames, kustomizeNames} {
		out = append(out, names...)
	}
	return out
}
