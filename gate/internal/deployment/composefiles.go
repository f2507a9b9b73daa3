package deployment

import (
	"path/filepath"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// composeFiles finds the files that `docker compose` would read. A name of theirs
// that is there and is no file is a Problem, and then there are none: half of the
// files say something else than all of them.
func (d *Deployment) composeFiles() []string {
	if v, ok := d.Env["COMPOSE_FILE"]; ok && v.Text != "" {
		return d.namedFiles(v)
	}
	base, ok := d.first(composeNames)
	if !ok {
		return nil
	}
	override, ok := d.first(overrideNames)
	switch {
	case !ok:
		return nil
	case base == "" && override == "":
		return nil
	case base == "":
		d.problem(override, "an override without the compose file that it overrides, want one of "+strings.Join(composeNames, ", ")+" beside it")
		return nil
	case override == "":
		return []string{base}
	}
	return []string{base, override}
}

// namedFiles are those of COMPOSE_FILE.
func (d *Deployment) namedFiles(v Value) []string {
	separator := d.Lookup("COMPOSE_PATH_SEPARATOR")
	if separator == "" {
		separator = ":"
	}
	var out []string
	for _, f := range strings.Split(v.Text, separator) {
		if f = strings.TrimSpace(f); f != "" {
			out = append(out, d.path(f))
		}
	}
	if len(out) == 0 {
		d.Problems = append(d.Problems, Problem{Place: v.Place, Text: "COMPOSE_FILE names no file, want a compose file's path, or no such line"})
	}
	return out
}

// first is the first file of these names that is there, "" for none; false when
// what is there is no file.
func (d *Deployment) first(names []string) (string, bool) {
	for _, name := range names {
		path := filepath.Join(d.Dir, name)
		there, err := readfile.Exists(path)
		if err != nil {
			d.problem(path, readfile.Reason(err))
			return "", false
		}
		if there {
			return path, true
		}
	}
	return "", true
}

func (d *Deployment) problem(path, text string) {
	d.Problems = append(d.Problems, problemIn(path, text))
}

func (d *Deployment) path(file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(d.Dir, file)
}
