package proxy

import (
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/deployment"
	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
	"github.com/dify-gate/dify-gate/gate/internal/nginxroute"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// maxProbe bounds what is read of a file to find out whose it is.
const maxProbe = readfile.MaxText

// proxyFiles are the files of one proxy.
type proxyFiles struct {
	server string
	files  []string
}

// finder looks for the files of proxies in a directory. Each file is read once.
type finder struct {
	dir   string
	d     *deployment.Deployment // nil when there is none
	texts map[string]string
}

// findProxies lists the proxies whose files are in a directory, those of nginx
// first. None is no error.
func findProxies(dir string, d *deployment.Deployment) ([]proxyFiles, error) {
	f := &finder{dir: dir, d: d, texts: map[string]string{}}
	var out []proxyFiles
	var errs error
	add := func(server string, files []string, err error) {
		if err != nil && errs == nil {
			errs = err
		}
		if len(files) > 0 {
			out = append(out, proxyFiles{server, files})
		}
	}
	nginx, err := f.nginx()
	add("nginx", nginx, err)
	for _, kind := range []struct {
		server   string
		patterns []string
		is       func(text string) bool
	}{
		{"apache", []string{"*.conf", "conf.d/*.conf", "apache*/*.conf", "apache*/*/*.conf", "httpd/*.conf", "httpd/*/*.conf", "sites-enabled/*.conf"}, looksLikeApache},
		{"caddy", caddyNames, func(string) bool { return true }},
		{"ingress", manifests, func(text string) bool { return hasKind(text, "Ingress") }},
		{"gateway", manifests, func(text string) bool { return hasKind(text, "HTTPRoute") }},
		{"traefik", append([]string{"traefik/*/*.y*ml"}, manifests...), looksLikeTraefik},
	} {
		files, err := f.glob(kind.patterns, kind.is)
		if kind.server == "caddy" {
			files = append(files, f.mounted("/etc/caddy", files)...)
		}
		add(kind.server, files, err)
	}
	return out, errs
}

var (
	manifests  = []string{"*.y*ml", "*/*.y*ml"}
	caddyNames = []string{"Caddyfile", "*/Caddyfile", "Caddyfile.*", "*.caddyfile", "*/*.caddyfile", "*.caddy", "*/*.caddy"}
)

// glob lists the files that patterns match and whose text is of the kind.
func (f *finder) glob(patterns []string, is func(string) bool) ([]string, error) {
	var out []string
	for _, pattern := range patterns {
		found, err := readfile.Glob(filepath.Join(f.dir, pattern))
		if err != nil {
			return nil, err
		}
		for _, file := range found {
			if slices.Contains(out, file) {
				continue
			}
			text, err := f.read(file)
			if err != nil && configName(file) {
				return nil, err // whose it is is not known
			}
			if text != "" && is(text) {
				out = append(out, file)
			}
		}
	}
	return out, nil
}

// text is a file's content; "" for one that is no text, whose reader says so if
// it is asked for.
func (f *finder) text(file string) string {
	text, _ := f.read(file)
	return text
}

// read is text with the reason why there is none.
func (f *finder) read(file string) (string, error) {
	if text, ok := f.texts[file]; ok {
		return text, nil
	}
	data, err := readfile.Text(file, maxProbe)
	if err != nil {
		return "", err
	}
	f.texts[file] = string(data)
	return f.texts[file], nil
}

// configName reports whether a name is that of a configuration file, or has no
// ending that says what else it is. A folder with files in it is none.
func configName(file string) bool {
	if entries, err := readfile.List(file); err == nil && len(entries) > 0 {
		return false
	}
	switch ext := filepath.Ext(file); ext {
	case "", ".conf", ".template", ".nginx", ".vhost", ".yaml", ".yml", ".caddy", ".caddyfile":
		return ext != "" || !isFolder(file)
	}
	return strings.HasPrefix(filepath.Base(file), "Caddyfile")
}

func isFolder(path string) bool {
	folder, err := readfile.IsDir(path)
	return folder && err == nil
}

// nginx lists nginx's files: what a service mounts, else what stands where
// Dify's own stand, else any file that has a server which hands paths to Dify.
func (f *finder) nginx() ([]string, error) {
	found, err := nginxroute.Find(f.dir)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(found, func(file string) bool { return looksLikeApache(f.text(file)) }) {
		found = nil
	}
	mounted := slices.DeleteFunc(f.mounted("/etc/nginx", nil), func(file string) bool { return !hasServer(f.text(file)) })
	switch {
	case len(mounted) > 0 && !slices.ContainsFunc(found, func(file string) bool { return f.covered(file, mounted) }):
		return mounted, nil
	case len(found) > 0:
		return found, nil
	}
	like := func(text string) bool {
		return hasServer(text) && !looksLikeApache(text) && difyUpstream().MatchString(text)
	}
	files, err := f.glob([]string{"*.conf*", "*.nginx", "*.vhost", "nginx*/*", "conf/*", "sites-*/*", "nginx*/*/*"}, like)
	if err != nil || len(files) > 0 {
		return files, err
	}
	files, err = f.glob([]string{"*/*.conf", "*/*.conf.template", "*/conf.d/*.conf", "*/conf.d/*.conf.template"}, like)
	return slices.DeleteFunc(files, func(file string) bool { return putAside().MatchString(file[len(f.dir):]) }), err
}

// putAside is the name of a folder whose files are not in use.
var putAside = lazyregexp.New(`(?i)(^|[/\\_.-])(old|bak|backups?|examples?|samples?|legacy|archive)[/\\_.-]`)

// covered reports whether a file is among those that a service mounts, by itself
// or with its folder.
func (f *finder) covered(file string, mounted []string) bool {
	if slices.Contains(mounted, file) {
		return true
	}
	return slices.ContainsFunc(f.mounts("/etc/nginx"), func(source string) bool {
		return file == source || strings.HasPrefix(file, source+string(filepath.Separator))
	}) || f.d != nil && slices.ContainsFunc(f.d.Services, func(s deployment.Service) bool {
		return slices.ContainsFunc(s.Volumes, func(v deployment.Volume) bool { return f.source(v) == file })
	})
}

// mounts are the sources that services mount below a folder.
func (f *finder) mounts(target string) []string {
	var out []string
	if f.d == nil {
		return nil
	}
	for _, s := range f.d.Services {
		for _, v := range s.Volumes {
			if at := path.Clean(v.Target); v.Source != "" && (at == target || strings.HasPrefix(at, target+"/")) {
				out = append(out, f.source(v))
			}
		}
	}
	return out
}

func (f *finder) source(v deployment.Volume) string {
	if filepath.IsAbs(v.Source) {
		return filepath.Clean(v.Source)
	}
	return filepath.Join(f.d.Dir, v.Source)
}

// mounted lists the files of the directory that services mount below a folder
// of the container, those in mounted folders too, without the ones that are
// known already.
func (f *finder) mounted(target string, known []string) []string {
	var out []string
	add := func(file string) {
		rel, err := filepath.Rel(f.dir, file)
		if err == nil && !strings.HasPrefix(rel, "..") && f.text(file) != "" && !slices.Contains(out, file) && !slices.Contains(known, file) {
			out = append(out, file)
		}
	}
	for _, source := range f.mounts(target) {
		if ok, err := readfile.IsDir(source); err != nil || !ok {
			add(source)
			continue
		}
		files, err := readfile.Glob(filepath.Join(source, "*"))
		if err != nil {
			continue // what is mounted and may not be read is reported by the compose file's reader
		}
		for _, file := range files {
			add(file)
		}
	}
	return out
}

var (
	serverBlock = lazyregexp.New(`(?m)(?:^|[\s;{}])server\s*\{`)
	passes      = lazyregexp.New(`(?m)(?:^|[\s;{}])proxy_pass\s`)
	// difyUpstream is what a file for Dify has: a port of its parts, a name, or a
	// path that nothing else has.
	difyUpstream = lazyregexp.New(`(?i):5001\b|:5002\b|dify|/console/api`)
)

// hasServer reports whether a text has a server of nginx's that hands requests on.
func hasServer(text string) bool {
	return serverBlock().MatchString(text) && passes().MatchString(text)
}

var kindWord = lazyregexp.New(`(?m)(?:^|[\s{,-])["']?kind["']?\s*:\s*["']?(\w+)`)

// hasKind reports whether a manifest has a document of a kind, or may have: the
// word also stands where one document refers to another.
func hasKind(text, kind string) bool {
	if !strings.Contains(text, kind) {
		return false
	}
	for _, m := range kindWord().FindAllStringSubmatch(text, -1) {
		if m[1] == kind {
			return true
		}
	}
	return false
}

// looksLikeTraefik reports whether a text is a compose file with routers among
// its labels, a file of the file provider, or a manifest of Traefik's own kinds.
func looksLikeTraefik(text string) bool {
	return strings.Contains(text, "traefik.http.routers.") || strings.Contains(text, "routers:") && strings.Contains(text, "rule:") || hasKind(text, "IngressRoute")
}

// serverOf names the server whose files they are, by the first that shows it.
func (p *Proxy) serverOf(files []string) string {
	if p.Server != "" {
		return p.Server
	}
	for _, file := range files {
		data, err := readfile.Text(file, maxProbe)
		text := string(data)
		ext, base := filepath.Ext(file), strings.ToLower(filepath.Base(file))
		switch {
		case err != nil:
		case ext == ".caddy" || strings.Contains(base, "caddyfile"):
			return "caddy"
		case ext == ".yaml" || ext == ".yml":
			switch {
			case hasKind(text, "Ingress"):
				return "ingress"
			case hasKind(text, "HTTPRoute"):
				return "gateway"
			case looksLikeTraefik(text):
				return "traefik"
			}
			return "ingress"
		case looksLikeApache(text):
			return "apache"
		}
	}
	return "nginx"
}

func looksLikeApache(text string) bool {
	for line := range strings.Lines(text) {
		word, _, _ := strings.Cut(strings.TrimSpace(strings.ToLower(line)), " ")
		switch word {
		case "<virtualhost", "proxypass", "proxypassmatch", "rewriteengine", "serveralias", "<location", "<ifmodule", "proxypassreverse":
			return true
		}
	}
	return false
}
