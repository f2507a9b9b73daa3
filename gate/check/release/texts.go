package release

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/deployment"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// textSort is what a file of the operator is for.
type textSort int

const (
	composeText textSort = iota + 1
	envText
	yamlText  // Helm values and other YAML
	proxyText // of nginx, Caddy, Apache …
	plainText // scripts and other configuration
)

// operatorText is a file of the operator, in lines.
type operatorText struct {
	file  string
	sort  textSort
	lines []string
}

// operatorTexts are the files in which a name may be used.
type operatorTexts struct {
	list    []operatorText
	proxies bool // there are files of a proxy
	cut     bool // some were not read: what is not found may be there
}

// How much is read of a directory.
const (
	maxTextDepth = 4
	maxTexts     = 500
	maxTextSize  = 1 << 20
)

// readTexts reads the compose files, env files and values of a deployment, and
// the proxies' files, scripts and settings below its directory. Data volumes and
// examples are left out.
func readTexts(d *deployment.Deployment) operatorTexts {
	var out operatorTexts
	seen := map[string]bool{}
	add := func(file string, sort textSort) {
		if file == "" || seen[file] {
			return
		}
		seen[file] = true
		if len(out.list) == maxTexts {
			out.cut = true
			return
		}
		text, err := readfile.Text(file, maxTextSize)
		if err != nil {
			out.cut = true
			return
		}
		out.proxies = out.proxies || sort == proxyText
		out.list = append(out.list, operatorText{file, sort, strings.Split(string(text), "\n")})
	}
	for _, file := range d.ComposeFiles {
		add(file, composeText)
	}
	if !d.Standin {
		add(d.EnvFile, envText)
	}
	for _, file := range d.HelmFiles {
		add(file, yamlText)
	}
	out.cut = !walk(d.Dir, 0, add) || out.cut
	return out
}

// walk adds the files below a directory by their names; false: some could not
// be looked at.
func walk(dir string, depth int, add func(string, textSort)) bool {
	entries, err := readfile.List(dir)
	if err != nil {
		return false
	}
	all := true
	for _, e := range entries {
		name := e.Name()
		switch {
		case e.IsDir():
			if depth < maxTextDepth && !strings.HasPrefix(name, ".") && !slices.Contains([]string{"volumes", "node_modules", "data", "backup", "backups"}, name) {
				all = walk(filepath.Join(dir, name), depth+1, add) && all
			}
		case sortOf(name) != 0:
			add(filepath.Join(dir, name), sortOf(name))
		}
	}
	return all
}

// sortOf says what a file is for by its name; 0: nothing that names what a
// release changes. Compose files count only where Compose reads them.
func sortOf(name string) textSort {
	lower := strings.ToLower(name)
	switch ext := filepath.Ext(lower); {
	case strings.Contains(lower, "example"), strings.HasPrefix(lower, "docker-compose"), strings.HasPrefix(lower, "compose"):
		return 0
	case lower == "caddyfile", ext == ".conf", ext == ".template", ext == ".caddy", ext == ".vhost":
		return proxyText
	case ext == ".yaml", ext == ".yml":
		return yamlText
	case ext == ".sh", ext == ".ini", ext == ".cfg", ext == ".toml", ext == ".service", ext == ".properties", strings.HasPrefix(lower, "dockerfile"), lower == "makefile":
		return plainText
	case ext == ".env", strings.HasPrefix(lower, ".env"):
		return envText
	}
	return 0
}
