package release

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
	"github.com/dify-gate/dify-gate/gate/internal/dotenv"
	"github.com/dify-gate/dify-gate/gate/internal/nginxroute"
)

// delta reports what the files of the two releases differ in, as far as it
// meets something of the operator's.
func (r *upgradeRun) delta(d dify.Delta) {
	r.removedVariables(d.Removed)
	r.changedDefaults(d.Changed)
	for _, s := range d.Services {
		switch {
		case s.From.Name == "":
			r.addedService(s.To)
		case s.To.Name == "":
			r.removedService(s.From, d)
		default:
			r.alteredService(s)
		}
	}
	r.routes(d.Routes)
	r.templateVars(d.Template)
}

// target is the name of the release that the files are compared with.
func (r *upgradeRun) target() string { return r.To.Version() }

// removedVariables reports in one finding what the check env reports line by
// line.
func (r *upgradeRun) removedVariables(removed []dify.EnvVar) {
	var names []string
	var at []deployment.Place
	for _, v := range removed {
		if e, ok := r.d.File.Last(v.Name); ok {
			names = append(names, v.Name)
			at = append(at, deployment.Place{File: r.d.EnvFile, Line: e.Line})
		}
	}
	if len(names) > 0 {
		r.undeclared(true, "removed variables", fmt.Sprintf("%s no longer has %s, which %s sets", r.target(), listed(names), filepath.Base(r.d.EnvFile)),
			"remove the variables that no longer have an effect", at[0], at[1:]...)
		r.reportedBy(RemovedInEnv)
	}
}

// listed joins names, at most eight.
func listed(names []string) string {
	if len(names) > 8 {
		return strings.Join(names[:8], ", ") + fmt.Sprintf(" and %d more", len(names)-8)
	}
	return strings.Join(names, ", ")
}

// changedDefaults reports defaults that will change under a deployment that
// does not set the variable.
func (r *upgradeRun) changedDefaults(changed []dify.EnvChange) {
	at := deployment.Place{File: r.d.EnvFile}
	if n := len(r.d.File.Entries); n > 0 {
		at.Line = r.d.File.Entries[n-1].Line
	}
	if files := append(slices.Clone(r.d.ComposeFiles), r.d.HelmFiles...); at.File == "" && len(files) > 0 {
		at.File = files[0]
	}
	for _, c := range changed {
		if e, ok := r.d.File.Last(c.Name); ok && e.Raw != "" {
			continue
		}
		if r.writtenOut(c.Name) {
			continue // env/default-changed compares it
		}
		now := r.d.Env[c.Name]
		if now.Text != "" && (c.To.Is(now.Raw) || c.To.Is(now.Text)) || c.From.Sum != "" && c.To.Sum != "" {
			continue
		}
		place := at
		if now.Source == deployment.FromDefault {
			place = now.Place
		}
		r.undeclared(false, c.Name, fmt.Sprintf("the default of %s changes from %s to %s in %s, and %s does not set it",
			c.Name, check.ShownDefault(c.Name, c.From), check.ShownDefault(c.Name, c.To), c.Since, defaultName(r.d)),
			fmt.Sprintf("set %s to keep the old value", c.Name), place)
		if !dify.InUse(c.Name, r.d.Lookup) {
			f := &r.out[len(r.out)-1]
			f.Severity, f.Impact = gate.Notice, gate.ImpactHygiene
		}
	}
}

// writtenOut reports whether a service of Dify's own code gets a variable by a value
// that is written out in environment:, in an env_file or in Helm values.
func (r *upgradeRun) writtenOut(name string) bool {
	return slices.ContainsFunc(slices.Concat(r.d.Services, r.d.HelmParts), func(s deployment.Service) bool {
		v := s.Env[name]
		own := v.Source == deployment.FromEnvFile || v.Source == deployment.FromHelm || v.Source == deployment.FromCompose && v.Var == ""
		return v.Text != "" && own && s.Active && (v.Source == deployment.FromHelm || difys(s))
	})
}

// defaultName is the env file's name for messages.
func defaultName(d *deployment.Deployment) string {
	switch {
	case d.EnvFile != "":
		return filepath.Base(d.EnvFile)
	case len(d.ComposeFiles) == 0 && len(d.HelmFiles) > 0:
		return filepath.Base(d.HelmFiles[0])
	}
	return ".env"
}

// starts reports whether a service of the target starts in this deployment: it
// has no profile, or one that the deployment's settings choose.
func (r *upgradeRun) starts(s dify.Service) bool {
	chosen := slices.Clone(r.d.Profiles)
	database, store := r.d.Lookup("DB_TYPE"), r.d.Lookup("VECTOR_STORE")
	if database == "" {
		database = "postgresql"
	}
	if store == "" {
		store = "weaviate"
	}
	return active(s.Profiles, append(chosen, database, store))
}

// active reports whether a service with these profiles starts.
func active(profiles, chosen []string) bool {
	return len(profiles) == 0 || slices.Contains(profiles, "") || check.Intersects(profiles, chosen)
}

// anchor is the place in the compose file where a service would be added.
func (r *upgradeRun) anchor() deployment.Place {
	if s, ok := r.d.Service("api"); ok {
		return s.Place
	}
	return r.d.Services[0].Place
}

// addedService reports a service of the target that the files lack.
func (r *upgradeRun) addedService(s dify.Service) {
	if _, has := r.d.Service(s.Name); has || len(r.d.Services) == 0 || !r.starts(s) {
		return
	}
	message := fmt.Sprintf("%s adds the service %s (%s), %s lacks it", r.target(), s.Name, s.Image, filepath.Base(r.anchor().File))
	if len(s.Profiles) > 0 {
		message = fmt.Sprintf("%s adds the service %s (%s) behind the profile %s, %s lacks it", r.target(), s.Name, s.Image, strings.Join(s.Profiles, " or "), filepath.Base(r.anchor().File))
	}
	hint := "copy it from the release's docker-compose.yaml"
	if len(s.Profiles) > 0 && !check.Intersects(s.Profiles, r.d.Profiles) {
		hint += fmt.Sprintf(", and add %s to COMPOSE_PROFILES", s.Profiles[0])
	}
	var related []deployment.Place
	if v, ok := r.d.Env["COMPOSE_PROFILES"]; ok && len(s.Profiles) > 0 {
		related = append(related, v.Place)
	}
	r.undeclared(true, "service "+s.Name, message, hint, r.anchor(), related...)
}

// removedService reports a service that the target does not have any more.
func (r *upgradeRun) removedService(s dify.Service, d dify.Delta) {
	own, has := r.d.Service(s.Name)
	if !has || !own.Active {
		return
	}
	image, _ := deployment.SplitImage(s.Image)
	var successors []string
	for _, c := range d.Services {
		if name, _ := deployment.SplitImage(c.To.Image); c.From.Name == "" && (name == image || strings.HasPrefix(c.Name, s.Name+"_")) {
			successors = append(successors, c.Name)
		}
	}
	hint := "find its replacement in the release's docker-compose.yaml"
	if len(successors) > 0 {
		hint = "use instead: " + strings.Join(successors, ", ")
	}
	r.undeclared(true, "service "+s.Name, fmt.Sprintf("%s no longer has the service %s, and %s starts it", r.target(), s.Name, filepath.Base(own.File)), hint, own.Place)
}

// alteredService reports other images, volumes and ports of a service.
func (r *upgradeRun) alteredService(c dify.ServiceChange) {
	own, has := r.d.Service(c.Name)
	if !has || !own.Active {
		return
	}
	r.imageJump(c, own)
	for _, old := range c.From.Volumes {
		if slices.Contains(c.To.Volumes, old) {
			continue
		}
		for _, v := range own.Volumes {
			if filepath.ToSlash(v.Source)+":"+v.Target == old {
				r.undeclared(true, c.Name+" "+old, fmt.Sprintf("%s no longer mounts %s in %s, but %s does", r.target(), old, c.Name, filepath.Base(v.File)),
					"use the release's volumes; move the data if the path changed", v.Place)
			}
		}
	}
	for _, p := range c.To.Ports {
		if !slices.Contains(c.From.Ports, p) {
			r.undeclared(false, c.Name+" port "+p, fmt.Sprintf("%s publishes port %s of %s on the host", r.target(), p, c.Name),
				"block it from outside, or keep it open on purpose", own.Place)
		}
	}
}

// imageJump reports another image of a third party, where the operator has the
// old one. Dify's own images are upgrade/version-skew's.
func (r *upgradeRun) imageJump(c dify.ServiceChange, own deployment.Service) {
	if c.From.Image == c.To.Image || own.Image != c.From.Image || strings.HasPrefix(c.To.Image, "langgenius/") {
		return
	}
	r.undeclared(true, "image "+c.Name, fmt.Sprintf("%s brings %s for %s, %s has %s", r.target(), c.To.Image, c.Name, filepath.Base(own.ImageAt.File), own.Image),
		"read that product's own upgrade notes, and back up its volume", own.ImageAt)
}

// routes reports new prefixes that the operator's nginx sends to another service.
func (r *upgradeRun) routes(added []dify.PublicRoute) {
	files, err := nginxroute.Find(r.d.Dir)
	if err != nil || len(files) == 0 || len(added) == 0 {
		return
	}
	config, err := nginxroute.Load(files, nginxroute.Options{Env: nginxroute.WithDefaults(r.nginxEnv())})
	if err != nil {
		return // proxy/syntax is the proxy check's
	}
	for _, p := range added {
		uri := strings.TrimSuffix(p.Prefix, "/") + "/gate"
		a := config.Route(nginxroute.Request{URI: uri, Stat: nginxroute.NoFiles})
		if a.Kind != nginxroute.Proxied || a.Location == nil || a.Location.Path != "/" || a.Location.Modifier != "" {
			continue
		}
		if strings.HasPrefix(a.Upstream, p.Service+":") {
			continue // the location for the rest has the right service
		}
		at := deployment.Place{File: a.Location.Pos.File, Line: a.Location.Pos.Line}
		r.undeclared(true, "route "+p.Prefix, fmt.Sprintf("%s is public since %s and goes to %s: %s has no location for it and sends it to %s", p.Prefix, p.Since, p.Service, filepath.Base(at.File), a.Upstream),
			fmt.Sprintf("add: location %s { proxy_pass http://%s:%s; include proxy.conf; }", p.Prefix, p.Service, p.Port), at)
		r.reportedBy(MissingInProxy)
	}
}

// nginxEnv is what the nginx container gets.
func (r *upgradeRun) nginxEnv() map[string]string {
	out := map[string]string{}
	if nginx, ok := r.d.Service("nginx"); ok {
		for name, v := range nginx.Env {
			out[name] = v.Text
		}
		return out
	}
	for name, v := range r.d.Env {
		if strings.HasPrefix(name, "NGINX_") && !dotenv.IsSecret(name, v.Text) {
			out[name] = v.Text
		}
	}
	return out
}

// templateVars reports variables that the target's nginx templates use and an
// own compose file does not pass on.
func (r *upgradeRun) templateVars(added []dify.TemplateVar) {
	nginx, ok := r.d.Service("nginx")
	if !ok {
		return
	}
	for _, t := range added {
		if _, passed := nginx.Env[t.Name]; passed || slices.Contains(check.Rendered, t.Name) {
			continue
		}
		r.undeclared(true, "template "+t.Name, fmt.Sprintf("%s of %s uses %s, which %s does not pass to nginx: nginx would refuse to start", t.File, r.target(), t.Name, filepath.Base(nginx.File)),
			"copy the nginx service from the release's docker-compose.yaml", nginx.Place)
		if f := &r.out[len(r.out)-1]; f.Severity > gate.Notice {
			f.Impact = gate.ImpactBreaks // the compose file at hand does not pass it
		}
	}
}
