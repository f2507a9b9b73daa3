package nginxroute

import (
	"bytes"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/readfile"
	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// Options say how files become what nginx reads.
type Options struct {
	// Env are the variables of the container that renders *.template; names that it lacks stay literal there.
	Env map[string]string
	// Root stands for /etc/nginx; "" is found from the files: the folder of nginx.conf, or conf.d's parent.
	Root string
	// Show turns a path into the one that places are given with; nil leaves it.
	Show func(string) string
}

// Config is a configuration that nginx would take.
type Config struct {
	Files     []string // read, in order, as given or found
	servers   []*level
	http      *level
	listens   []listen
	upstreams []*upstream
	maps      map[string]*mapVar
	declared  map[string]bool // variables that set, map, captures and modules make
	notes     []string
	includes  []string // base names
	unknown   []routing.UnknownPattern
}

// loader reads the files of one configuration.
type loader struct {
	opt      Options
	env      map[string]string
	root     string
	sources  map[string]*source
	files    []string
	notes    []string
	includes []string
	size     int
}

// LoadDir reads the configuration under an operator's Dify directory (docker/nginx/…) or under an nginx directory.
func LoadDir(dir string, env map[string]string) (*Config, error) {
	files, err := Find(dir)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: no nginx configuration, want nginx/conf.d/default.conf.template or nginx.conf", dir)
	}
	return Load(files, Options{Env: env})
}

// Find lists the entry files of the configuration under dir: nginx.conf (or its template) if there is one, and the
// server files, which that one may or may not include. None is no error.
func Find(dir string) ([]string, error) {
	for _, sub := range []string{"nginx", "."} {
		base := filepath.Join(dir, sub)
		var files []string
		for _, pattern := range []string{"nginx.conf", "conf.d/*.conf", "default.conf"} {
			found, err := globTemplates(filepath.Join(base, pattern))
			if err != nil {
				return nil, err
			}
			files = append(files, found...)
		}
		if len(files) > 0 {
			return files, nil
		}
	}
	// Where Dify's folders stand, something else is no absence of files.
	for _, folder := range []string{"nginx", "nginx/conf.d"} {
		path := filepath.Join(dir, folder)
		if there, err := readfile.Taken(path); err != nil || !there {
			return nil, err
		}
		if err := readfile.NeedDir(path); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// globTemplates matches pattern and pattern.template; a template stands for the file that it renders to, since the
// container overwrites that one at its start.
func globTemplates(pattern string) ([]string, error) {
	plain, err := readfile.Glob(pattern)
	if err != nil {
		return nil, err
	}
	tpl, err := readfile.Glob(pattern + ".template")
	if err != nil {
		return nil, err
	}
	for _, f := range plain {
		if !slices.Contains(tpl, f+".template") {
			tpl = append(tpl, f)
		}
	}
	sort.Slice(tpl, func(i, j int) bool {
		return strings.TrimSuffix(tpl[i], ".template") < strings.TrimSuffix(tpl[j], ".template")
	})
	return tpl, nil
}

// Load reads files (an nginx.conf, server files, or both) and what they include. A file that is not readable is that
// error; text that nginx would refuse is an Errors.
func Load(files []string, opt Options) (*Config, error) {
	l := &loader{opt: opt, sources: map[string]*source{}, root: opt.Root}
	if l.root == "" && len(files) > 0 {
		l.root = rootOf(files)
	}
	var err error
	if l.env, err = l.containerEnv(); err != nil {
		return nil, err
	}
	var http []*Directive
	for _, f := range files {
		if slices.Contains(l.files, filepath.Clean(f)) {
			continue // included by one before
		}
		ds, err := l.parseFile(f, "", 0)
		if err != nil {
			return nil, err
		}
		http = append(http, httpBody(ds)...)
	}
	c := &Config{Files: l.files, notes: l.notes, includes: l.includes}
	if err := c.build(http); err != nil {
		return nil, err
	}
	if errs := l.crosscheck(http); len(errs) > 0 {
		return nil, errs
	}
	return c, nil
}

// rootOf is the folder that stands for /etc/nginx.
func rootOf(files []string) string {
	for _, f := range files {
		if strings.HasPrefix(filepath.Base(f), "nginx.conf") {
			return filepath.Dir(f)
		}
	}
	dir := filepath.Dir(files[0])
	if b := filepath.Base(dir); b == "conf.d" || b == "sites-enabled" || b == "sites-available" {
		return filepath.Dir(dir)
	}
	return dir
}

// httpBody is what a file adds to the http block: the content of its http blocks, or, if it has none, its own.
// Locations outside of a server (a file meant to be included in one) get a server for all hosts on port 80.
func httpBody(ds []*Directive) []*Directive {
	var out, bare []*Directive
	isMain := slices.ContainsFunc(ds, func(d *Directive) bool { return d.Name == "http" || d.Name == "events" })
	for _, d := range ds {
		switch {
		case d.Name == "http" && d.Block != nil:
			out = append(out, d.Block...)
		case isMain:
			continue // worker_processes, stream … : not of http
		case d.Name == "location" && d.Block != nil:
			bare = append(bare, d)
		default:
			out = append(out, d)
		}
	}
	if len(bare) > 0 {
		out = append(out, &Directive{Pos: bare[0].Pos, Name: "server", Block: bare, End: bare[len(bare)-1].End})
	}
	return out
}

func (l *loader) show(file string) string {
	if l.opt.Show != nil {
		return l.opt.Show(file)
	}
	return filepath.ToSlash(file)
}

// read is the file's source, rendered when it is a template.
func (l *loader) read(file string) (*source, error) {
	file = filepath.Clean(file)
	if s := l.sources[file]; s != nil {
		return s, nil
	}
	if len(l.sources) >= maxFiles {
		return nil, fmt.Errorf("%s: more than %d files in one configuration", l.show(file), maxFiles)
	}
	raw, err := l.text(file)
	if err != nil {
		return nil, err
	}
	if l.size += len(raw); l.size > 4*maxFile {
		return nil, fmt.Errorf("%s: the configuration is larger than %d bytes", l.show(file), 4*maxFile)
	}
	s := newSource(l.show(file), raw)
	if isTemplate(file) {
		s.render(l.env)
	}
	l.sources[file] = s
	l.files = append(l.files, file)
	return s, nil
}

// text is a file's content. A byte order mark is left in front of it, for the parser to refuse.
func (l *loader) text(file string) ([]byte, error) {
	raw, err := readfile.Bytes(file, maxFile)
	if err == nil {
		_, err = readfile.Decode(raw)
	}
	if err != nil {
		return nil, readfile.At(l.show(file), err)
	}
	return raw, nil
}

func (l *loader) parseFile(file, ctx string, depth int) ([]*Directive, error) {
	src, err := l.read(file)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(src.raw, []byte("\xef\xbb\xbf")) {
		return nil, Errors{{Pos: src.pos(0), Msg: "the file begins with a byte order mark, which nginx takes for a part of the first directive"}}
	}
	p := &parser{lex: lexer{src: src}, include: func(d *Directive, ctx string, depth int) ([]*Directive, error) {
		return l.include(d, ctx, file, depth)
	}}
	ds, _, err := p.parse(ctx, nil, depth)
	if err != nil {
		return nil, asErrors(err)
	}
	return ds, nil
}

// include is what an include directive stands for. A file that is not at hand is a note and an unread marker: what it
// holds is unknown, and only matters where nothing else decides.
func (l *loader) include(d *Directive, ctx, from string, depth int) ([]*Directive, error) {
	if depth >= maxDepth {
		return nil, SyntaxError{Pos: d.Pos, Msg: fmt.Sprintf("include %q is nested too deeply: does a file include itself?", d.Args[0])}
	}
	l.includes = append(l.includes, path.Base(d.Args[0]))
	files, err := l.resolve(d.Args[0], from)
	if err != nil {
		return nil, SyntaxError{Pos: d.Pos, Msg: "include " + d.Args[0] + ": " + readfile.Reason(err)}
	}
	if len(files) == 0 && !strings.ContainsAny(d.Args[0], "*?[") {
		if !harmlessInclude(d.Args[0]) {
			l.notes = append(l.notes, fmt.Sprintf("%s: include %s is not at hand", d.Pos, d.Args[0]))
		}
		return []*Directive{{Pos: d.Pos, Name: unreadInclude, Args: d.Args, argPos: d.argPos, End: d.End}}, nil
	}
	var out []*Directive
	for _, f := range files {
		ds, err := l.parseFile(f, ctx, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, ds...)
	}
	return out, nil
}

// unreadInclude stands in the tree for an include whose file is not at hand.
const unreadInclude = "include (not at hand)"

// harmlessInclude tells the files that by custom hold no routing.
func harmlessInclude(name string) bool {
	switch strings.TrimSuffix(path.Base(name), ".template") {
	case "mime.types", "proxy.conf", "proxy_params", "fastcgi_params", "fastcgi.conf", "uwsgi_params", "scgi_params",
		"options-ssl-nginx.conf", "ssl.conf", "ssl_params", "gzip.conf":
		return true
	}
	return false
}

// resolve finds the files of an include: under the configuration's root, where /etc/nginx stands for it too, or beside
// the including file. Paths outside of it are not read.
func (l *loader) resolve(pattern, from string) ([]string, error) {
	rel := strings.TrimPrefix(pattern, "/etc/nginx/")
	var tries []string
	if filepath.IsAbs(rel) {
		root, err := filepath.Abs(l.root)
		if err != nil || !strings.HasPrefix(filepath.Clean(rel), root+string(filepath.Separator)) {
			return nil, nil
		}
		tries = []string{rel}
	} else {
		tries = []string{filepath.Join(l.root, rel), filepath.Join(filepath.Dir(from), rel), filepath.Join(filepath.Dir(from), "..", rel)}
	}
	for _, t := range tries {
		files, err := globTemplates(t)
		if err != nil {
			return nil, err
		}
		if len(files) > 0 {
			return files, nil
		}
	}
	return nil, nil
}
