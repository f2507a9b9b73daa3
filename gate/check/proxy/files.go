package proxy

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/apacheroute"
	"github.com/dify-gate/dify-gate/gate/internal/caddyroute"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
	"github.com/dify-gate/dify-gate/gate/internal/dotenv"
	"github.com/dify-gate/dify-gate/gate/internal/gatewayroute"
	"github.com/dify-gate/dify-gate/gate/internal/ingressroute"
	"github.com/dify-gate/dify-gate/gate/internal/nginxroute"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
	"github.com/dify-gate/dify-gate/gate/internal/routing"
	"github.com/dify-gate/dify-gate/gate/internal/traefikroute"
)

// ErrNoProxyFiles means that nothing was named and nothing was found.
var ErrNoProxyFiles = errors.New("no proxy configuration in dify.dir, want nginx/conf.d/default.conf.template or nginx.conf, a site of Apache's, an Ingress, or labels or objects of Traefik's, a Caddyfile, or HTTPRoutes")

// fileSet is a proxy's configuration, read.
type fileSet struct {
	server     string
	shown      []string // the files as reports name them
	router     routing.Router
	book       hostBook
	deployment *deployment.Deployment // nil when there is none
	objects    bool                   // Traefik's are Kubernetes objects
	include    bool                   // proxy.conf is what locations include
	paths      map[string]string      // the files read, by the names that places have
}

// read loads the configuration. A text that the proxy would refuse is a
// routing.Errors.
func (p *Proxy) read(env *check.Env) (*fileSet, error) {
	files, err := p.findFiles(env)
	if err != nil {
		return nil, err
	}
	d := p.deploymentOf(env, files)
	out := &fileSet{server: p.serverOf(files), book: newHostBook(d), deployment: d, paths: map[string]string{}}
	show := func(f string) string {
		shown := check.ShowPath(env, f)
		out.paths[shown] = f
		return shown
	}
	for _, f := range files {
		out.shown = append(out.shown, show(f))
	}
	out.router, out.include, err = p.load(env, d, out.server, files, show)
	if err != nil {
		return nil, err
	}
	if c, ok := out.router.(*traefikroute.Config); ok {
		out.objects = c.Objects()
	}
	return out, nil
}

// load reads files of a server; include reports whether they include proxy.conf.
func (p *Proxy) load(env *check.Env, d *deployment.Deployment, server string, files []string, show func(string) string) (router routing.Router, include bool, err error) {
	switch server {
	case "nginx":
		vars, err := p.variables(env, d)
		if err != nil {
			return nil, false, err
		}
		c, err := nginxroute.Load(files, nginxroute.Options{Env: vars, Show: show})
		if err != nil {
			return nil, false, err
		}
		return c, c.Includes("proxy.conf"), nil
	case "apache":
		c, err := apacheroute.Load(files, apacheroute.Options{Show: show})
		return c, false, err
	case "traefik":
		vars := map[string]string{}
		if d != nil {
			for name, v := range d.Env {
				vars[name] = v.Text
			}
		}
		c, err := traefikroute.Load(files, traefikroute.Options{Show: show, Env: vars, Port: portOfImage})
		if errors.Is(err, traefikroute.ErrNone) {
			err = fmt.Errorf("%w: %w", ErrNoProxyFiles, err)
		}
		return c, false, err
	case "caddy":
		c, err := caddyroute.Load(files, caddyroute.Options{Show: show, Env: caddyEnv(d)})
		return c, false, err
	case "gateway":
		c, err := gatewayroute.Load(files, gatewayroute.Options{Show: show})
		if errors.Is(err, gatewayroute.ErrNone) {
			err = fmt.Errorf("%w: %w", ErrNoProxyFiles, err)
		}
		return c, false, err
	}
	c, err := ingressroute.Load(files, ingressroute.Options{Show: show})
	if errors.Is(err, ingressroute.ErrNone) {
		err = fmt.Errorf("%w: %w", ErrNoProxyFiles, err)
	}
	return c, false, err
}

// caddyEnv is the environment of the compose service that runs Caddy, or else
// that of the compose files.
func caddyEnv(d *deployment.Deployment) map[string]string {
	vars := map[string]string{}
	if d == nil {
		return vars
	}
	for name, v := range d.Env {
		vars[name] = v.Text
	}
	for _, s := range d.Services {
		if image, _ := deployment.SplitImage(s.Image); strings.HasPrefix(image[strings.LastIndexByte(image, '/')+1:], "caddy") {
			for name, v := range s.Env {
				vars[name] = v.Text
			}
		}
	}
	return vars
}

// portOfImage is the port that an image of Dify's listens on.
func portOfImage(image string) string {
	c, _ := dify.ComponentOfImage(image)
	return c.Port
}

// findFiles are the entry's files, or those below the operator's directory. For a
// directory, what is found in it is read.
func (p *Proxy) findFiles(env *check.Env) ([]string, error) {
	if len(p.Files) == 0 {
		if env.Dir == "" {
			return nil, check.ErrNoDir
		}
		d, _ := env.Deployment() // without one nothing is mounted
		found, err := p.findIn(env.Dir, d)
		if err == nil && len(found) == 0 {
			err = ErrNoProxyFiles
		}
		return found, err
	}
	var out []string
	paths, err := p.namedFiles(env)
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		folder, err := readfile.IsDir(path)
		if err != nil {
			return nil, readfile.At(check.ShowPath(env, path), err)
		}
		if !folder {
			if err := there(path); err != nil {
				return nil, readfile.At(check.ShowPath(env, path), err)
			}
			out = append(out, path)
			continue
		}
		found, err := p.findIn(path, nil)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("%s: no proxy configuration in it, want nginx.conf, conf.d/*.conf, a Caddyfile, a site of Apache's or manifests", check.ShowPath(env, path))
		}
		out = append(out, found...)
	}
	return out, nil
}

// there is nil for a file that is there.
func there(path string) error {
	f, err := readfile.Open(path)
	if err == nil {
		err = f.Close()
	}
	return err
}

// findIn lists the files of the entry's server in a directory, or of the first
// proxy that is found.
func (p *Proxy) findIn(dir string, d *deployment.Deployment) ([]string, error) {
	found, err := findProxies(dir, d)
	if err != nil {
		return nil, err
	}
	for _, one := range found {
		if p.Server == "" || p.Server == one.server {
			return one.files, nil
		}
	}
	return nil, nil
}

// namedFiles are the entry's files with patterns expanded; one that matches
// nothing is an error.
func (p *Proxy) namedFiles(env *check.Env) ([]string, error) {
	var out []string
	for _, f := range p.Files {
		path := p.ResolvePath(env, f)
		if !strings.ContainsAny(f, "*?[") {
			out = append(out, path)
			continue
		}
		found, err := readfile.Glob(path)
		if err != nil {
			return nil, readfile.At(check.ShowPath(env, path), err)
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("%s: no such files", check.ShowPath(env, path))
		}
		out = append(out, found...)
	}
	return out, nil
}

// deploymentOf is the operator's directory, or else the folder above the files
// that holds a compose file. nil when there is none.
func (p *Proxy) deploymentOf(env *check.Env, files []string) *deployment.Deployment {
	if d, err := env.Deployment(); err == nil {
		return d
	}
	dir := filepath.Dir(files[0])
	for range 4 {
		if found, _ := readfile.Glob(filepath.Join(dir, "*compose*.y*ml")); len(found) > 0 {
			if d, err := deployment.Read(dir); err == nil {
				return d
			}
		}
		dir = filepath.Dir(dir)
	}
	return nil
}

// variables are what the nginx container has when it renders its templates: the
// environment of the compose file's nginx service, where there is one, or else
// the env file over the defaults of Dify's own compose files.
func (p *Proxy) variables(env *check.Env, d *deployment.Deployment) (map[string]string, error) {
	vars := map[string]string{}
	if d != nil {
		if s, ok := nginxService(d); ok {
			for name, v := range s.Env {
				vars[name] = v.Text
			}
			if p.Env == "" || p.ResolvePath(env, p.Env) == d.EnvFile {
				return vars, nil
			}
		} else {
			for name, v := range d.Env {
				vars[name] = v.Text
			}
		}
	}
	if p.Env != "" {
		file, err := dotenv.Read(p.ResolvePath(env, p.Env))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", check.ShowPath(env, p.ResolvePath(env, p.Env)), err)
		}
		for _, e := range file.Entries {
			vars[e.Key] = e.Value
		}
	}
	return nginxroute.WithDefaults(vars), nil
}

// nginxService is the compose service that runs Dify's nginx.
func nginxService(d *deployment.Deployment) (deployment.Service, bool) {
	if s, ok := d.Service("nginx"); ok {
		return s, true
	}
	for _, s := range d.Services {
		if c, ok := dify.ComponentOfImage(s.Image); ok && c.Service == "nginx" {
			return s, true
		}
	}
	return deployment.Service{}, false
}
