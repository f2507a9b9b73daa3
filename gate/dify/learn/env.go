package learn

import (
	"strings"

	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/dotenv"
)

// environment reads the env examples: .env.example, which wins, then envs/**.
func (r *reader) environment() {
	files := r.tree.under(envFolder, ".env.example")
	if _, ok := r.tree.files[envFile]; ok || len(files) == 0 {
		files = append([]string{envFile}, files...)
	}
	for _, name := range files {
		src, ok := r.text(name)
		if !ok {
			continue
		}
		f := dotenv.Parse([]byte(src), nil)
		for _, e := range f.Errors {
			r.cannot(name, "%s", e.Error())
		}
		short := strings.TrimPrefix(name, "docker/")
		for _, e := range f.Entries {
			if !printable(e.Key) {
				r.cannot(name, "line %d: a name with control characters", e.Line)
				continue
			}
			r.example(e.Key, e.Raw, short)
		}
	}
}

// example adds a variable of an env example; the first value of a name counts.
func (r *reader) example(name, value, file string) {
	r.publish(name, value)
	if i := r.variable(name); i >= 0 {
		v := &r.facts.Env[i]
		if v.Files[len(v.Files)-1] != file {
			v.Files = append(v.Files, file)
		}
		return
	}
	v := dify.EnvFact{Name: name, Files: []string{file}}
	v.Default, v.Sum = kept(name, value)
	r.facts.Env = append(r.facts.Env, v)
}

// variable returns the index of a variable, or -1.
func (r *reader) variable(name string) int {
	for i := range r.facts.Env {
		if r.facts.Env[i].Name == name {
			return i
		}
	}
	return -1
}

// kept is a value as facts hold it: that of a secret as its sum only.
func kept(name, value string) (text, sum string) {
	if dotenv.IsSecret(name, value) {
		return "", dify.Sum(value)
	}
	return value, ""
}

// publish notes a value that everybody can read, where the variable should be
// secret: of a URL its password. A value that only refers to another variable
// and a setting are none.
func (r *reader) publish(name, value string) {
	if strings.Contains(value, "${") || !dotenv.IsSecret(name, value) || isSetting(name, value) {
		return
	}
	s := dify.SecretFact{Name: name, Sum: dify.Sum(value)}
	if strings.Contains(value, "://") {
		password := dify.PasswordOf(value)
		if password == "" {
			return
		}
		s.Sum, s.Embedded = dify.Sum(password), true
	}
	r.facts.Secrets = append(r.facts.Secrets, s)
}

// isSetting tells a value that is no secret although the name says so: a switch,
// and a number that is no password (OPENAPI_RATE_LIMIT_PER_TOKEN=60).
func isSetting(name, value string) bool {
	switch strings.ToLower(value) {
	case "true", "false", "yes", "no", "none":
		return true
	}
	return strings.Trim(value, "0123456789") == "" && !strings.Contains(name, "PASSWORD") && !strings.Contains(name, "SECRET")
}
