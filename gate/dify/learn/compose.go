package learn

import (
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
)

// compose reads the compose file, as it is with the variables of .env.example.
// Since 0.15 it is generated from docker-compose-template.yaml, which is read
// in its place when a tree lacks it.
func (r *reader) compose() {
	name := composeFile
	if _, ok := r.tree.files[name]; !ok && r.tree.files[composeTemplate] != nil {
		name = composeTemplate
	}
	src, ok := r.text(name)
	if !ok {
		return
	}
	short := strings.TrimPrefix(name, "docker/")
	d, err := deployment.FromText(short, []byte(src), r.tree.files[envFile])
	if err != nil {
		r.cannot(name, "%s", oneLine(err.Error()))
		// Its variables can be told all the same.
		d = &deployment.Deployment{Refs: deployment.Refs(short, src)}
	}
	for _, s := range d.Services {
		r.facts.Services = append(r.facts.Services, service(s))
	}
	seen := map[string]bool{}
	for _, ref := range d.Refs {
		r.publish(ref.Name, ref.Default)
		if !seen[ref.Name] {
			seen[ref.Name] = true
			r.reference(ref, short)
		}
	}
}

// reference adds the first ${NAME…} of a variable.
func (r *reader) reference(ref deployment.Ref, file string) {
	c := &dify.ComposeFact{Required: !ref.HasDefault}
	c.Default, c.Sum = kept(ref.Name, ref.Default)
	i := r.variable(ref.Name)
	if i < 0 {
		i = len(r.facts.Env)
		r.facts.Env = append(r.facts.Env, dify.EnvFact{Name: ref.Name, Default: c.Default, Sum: c.Sum})
	}
	v := &r.facts.Env[i]
	v.Files, v.Compose = append(v.Files, file), c
}

func service(s deployment.Service) dify.ServiceFact {
	out := dify.ServiceFact{Name: s.Name, Image: s.Image, Profiles: s.Profiles, Networks: s.Networks, Health: s.Health, Needs: s.Needs}
	if strings.Contains(out.Health, " -p") || strings.Contains(out.Health, " -a ") {
		out.Health = strings.Fields(out.Health)[0] // the rest holds a password
	}
	for _, p := range s.Ports {
		if p.Host != "" {
			out.Ports = append(out.Ports, p.Host+":"+p.Container)
		}
	}
	for _, v := range s.Volumes {
		out.Volumes = append(out.Volumes, strings.ReplaceAll(v.Source, "\\", "/")+":"+v.Target)
	}
	return out
}

// oneLine puts a message that has several lines into one.
func oneLine(text string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(text, "\n"), func(l string) bool { return strings.TrimSpace(l) == "" }), "; ")
}
