package kinds

import (
	"bytes"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/proxy"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// DifyFiles are the files that are read of a directory with a compose file that
// has an image of Dify's: absolute, with nginx/ as one. Nil for any other.
func DifyFiles(dir string) []string {
	d := difyIn(dir)
	if d == nil {
		return nil
	}
	files := slices.Clone(d.ComposeFiles)
	if d.EnvFile != "" {
		files = append(files, d.EnvFile)
	}
	files = append(files, d.HelmFiles...)
	nginx := filepath.Join(d.Dir, "nginx")
	if there, err := readfile.Taken(nginx); there || err != nil { // what may not be read is the checks' to report
		files = append(files, nginx)
	}
	return files
}

// composeTells are the files of which one makes a directory worth reading.
var composeTells = []string{"compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"}

// difyIn reads a directory that has a compose file with an image of Dify's; nil
// for any other.
func difyIn(dir string) *deployment.Deployment {
	tells := func(name string) bool { there, _ := readfile.Taken(filepath.Join(dir, name)); return there } // the checks report what is there and may not be read
	if !slices.ContainsFunc(composeTells, tells) {
		return nil
	}
	d, err := deployment.Read(dir)
	if err != nil || !slices.ContainsFunc(d.Images, difyImage) {
		return nil
	}
	return d
}

// difyImage reports whether an image is one of Dify's, from whatever registry.
func difyImage(i deployment.Image) bool {
	return strings.HasPrefix(i.Name[strings.LastIndexByte(i.Name, '/')+1:], "dify-")
}

// Foreign reports whether a directory can be read and has nothing of Dify's. What
// cannot be read is for the checks to report.
func Foreign(dir string) bool {
	for _, name := range composeTells {
		if text, err := readfile.Text(filepath.Join(dir, name), readfile.MaxText); err == nil && bytes.Contains(text, []byte("/dify-")) {
			return false // without the work of reading all
		}
	}
	d, err := deployment.Read(dir)
	switch {
	case errors.Is(err, deployment.ErrEmpty):
		return !hasProxy(dir)
	case err != nil || len(d.Problems) > 0 || len(d.HelmFiles) > 0 || d.KustomizeFile != "":
		return false
	case slices.ContainsFunc(d.Images, difyImage) || slices.ContainsFunc(d.Services, difyService):
		return false
	case len(d.ComposeFiles) > 0 && len(d.Services) == 0:
		return false // cut or empty
	}
	if difyVariables(d) || hasProxy(dir) {
		return false
	}
	// An env file with names of its own may be all that somebody has.
	return d.EnvFile == "" || len(d.ComposeFiles) > 0 || DifyBelow(dir) != ""
}

// difyService reports whether a service has one of Dify's names: its image may
// have been built or renamed.
func difyService(s deployment.Service) bool {
	return slices.Contains([]string{"api", "worker", "worker_beat", "web", "plugin_daemon", "sandbox", "ssrf_proxy"}, s.Name)
}

// difyVariables reports whether an env file sets a variable of Dify's, or none at
// all, which is no sign of another program.
func difyVariables(d *deployment.Deployment) bool {
	if d.EnvFile == "" {
		return false
	}
	catalogue, err := dify.Load()
	if err != nil || len(d.File.Entries) == 0 {
		return true
	}
	newest := catalogue.Newest()
	for _, e := range d.File.Entries {
		if _, ok := newest.EnvVar(e.Key); ok {
			return true
		}
	}
	return false
}

// hasProxy reports whether a directory has files of a proxy's, or some that
// cannot be read.
func hasProxy(dir string) bool {
	_, err := (&proxy.Proxy{Routes: []string{"/"}}).Table(&check.Env{Dir: dir, WorkDir: dir})
	return !errors.Is(err, proxy.ErrNoProxyFiles)
}

// How far DifyBelow looks.
const (
	maxBelow = 3    // directories deep
	maxSeen  = 5000 // entries
)

// DifyBelow finds the sub-directory that has Dify's compose file, as a path below
// dir; "" without one.
func DifyBelow(dir string) string {
	found, seen := "", 0
	_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if seen++; err != nil || seen > maxSeen {
			return fs.SkipAll
		}
		rel, _ := filepath.Rel(dir, path)
		switch {
		case !e.IsDir() || rel == ".":
			return nil
		case strings.HasPrefix(e.Name(), ".") || e.Name() == "node_modules":
			return fs.SkipDir
		}
		if difyIn(path) != nil {
			found = rel
			return fs.SkipAll
		}
		if strings.Count(filepath.ToSlash(rel), "/") >= maxBelow-1 {
			return fs.SkipDir
		}
		return nil
	})
	return found
}
