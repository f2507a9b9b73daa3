package deployment

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// maxIncludes bounds how deep files include each other, maxComposeFiles how many
// there are.
const (
	maxIncludes     = 10
	maxComposeFiles = 200
)

// errReported: a file cannot be understood, and a Problem says so already.
var errReported = errors.New("reported already")

func (d *Deployment) readCompose() {
	m := newModel(d.Dir)
	for _, e := range d.File.Entries {
		m.env[e.Key] = e.Value
	}
	files := d.composeFiles()
	d.Given = files
	var places []placed
	for _, path := range files {
		if err := d.addCompose(m, path, &places, nil); err != nil {
			return
		}
	}
	services := node(m.tree).below("services")
	if len(files) > 0 && len(services) == 0 {
		d.problem(files[0], "declares no service, want the key services with a service below it: is the file cut off?")
	}
	networks := node(m.tree).below("networks")
	for name := range networks {
		d.External = d.External || truthy(networks.below(name).text("external"))
	}
	for name := range services {
		d.Services = append(d.Services, d.service(name, services.below(name), places))
	}
	sort.Slice(d.Services, func(i, j int) bool { return d.Services[i].Name < d.Services[j].Name })
	if err := d.serviceEnvs(services, places); err != nil {
		d.problem(files[0], err.Error())
		d.Services = nil
		return
	}
	for _, s := range d.Services {
		if s.Image == "" {
			continue
		}
		name, tag := SplitImage(s.Image)
		d.Images = append(d.Images, Image{Service: s.Name, Name: name, Tag: tag, Active: s.Active, Place: s.ImageAt})
	}
}

// addCompose lays a file over the model, after those that it includes; chain are
// the files that include it. The error is errReported, for a file that cannot be
// understood, or is another one's.
func (d *Deployment) addCompose(m *model, path string, places *[]placed, chain []string) error {
	told := func(text string) error {
		d.problem(path, text)
		return errReported
	}
	if slices.Contains(chain, path) {
		return told("include cycle: " + d.names(append(chain, path)))
	}
	if slices.Contains(d.ComposeFiles, path) {
		return nil
	}
	if len(d.ComposeFiles) >= maxComposeFiles {
		return told(fmt.Sprintf("more than %d compose files", maxComposeFiles))
	}
	src, err := readfile.Text(path, composeLimit)
	if err != nil {
		return told(readfile.Reason(err))
	}
	if readfile.Blank(src) {
		return told("the file is empty, want a compose file; restore it, or delete it")
	}
	d.ComposeFiles = append(d.ComposeFiles, path)
	where, err := placesOf(path, src)
	if err != nil {
		return told(err.Error())
	}
	if err := d.addRefs(path, string(src)); err != nil {
		return err
	}
	chain = append(slices.Clone(chain), path)
	err = guarded(func() error {
		return m.add(path, src, func(included string) error {
			if len(chain) > maxIncludes {
				return fmt.Errorf("files include each other more than %d deep", maxIncludes)
			}
			return d.addCompose(m, included, places, chain)
		})
	})
	if err != nil {
		if errors.Is(err, errReported) {
			return err
		}
		return told(strings.ReplaceAll(err.Error(), d.Dir+string(filepath.Separator), ""))
	}
	*places = append(append(extendedPlaces(where, 0), *places...), where)
	return nil
}

// names shows files of an include cycle.
func (d *Deployment) names(files []string) string {
	var out []string
	for _, f := range files {
		if rel, err := filepath.Rel(d.Dir, f); err == nil {
			f = filepath.ToSlash(rel)
		}
		out = append(out, f)
	}
	return strings.Join(out, " includes ")
}

// guarded runs what is handed hostile files: compose-go has panicked on some.
func guarded(read func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("cannot be read as a compose file")
		}
	}()
	return read()
}
