package check

import (
	"net/url"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
	"github.com/dify-gate/dify-gate/gate/internal/dotenv"
)

// Secrets are those of the operator's files: the values of variables with a
// credential's name and the passwords of URLs, of the env files and the compose files.
// What Dify publishes as a default is none: everybody knows it, and a report without
// the word "elastic" would be hard to read.
func (e *Env) Secrets() []gate.Secret {
	d, err := e.Deployment()
	if err != nil {
		return nil
	}
	s := ownSecrets{known: map[string]bool{}}
	if s.catalogue, err = e.Facts(); err != nil {
		return nil // no check runs then
	}
	s.newest = s.catalogue.Newest()
	for _, entry := range d.File.Entries {
		s.add(entry.Key, entry.Value)
	}
	s.addAll(d.Env)
	for _, service := range d.Services {
		s.addAll(service.Env)
	}
	return s.list
}

// ownSecrets collects secrets, each once.
type ownSecrets struct {
	catalogue *dify.Catalogue
	newest    dify.Release
	known     map[string]bool
	list      []gate.Secret
}

func (s *ownSecrets) addAll(values map[string]deployment.Value) {
	for name, v := range values {
		s.add(name, v.Text)
	}
}

// add takes the value of a variable when it is a secret, and of a URL its password, as
// it is written and decoded.
func (s *ownSecrets) add(name, value string) {
	if s.known[name+"="+value] || !dotenv.IsSecret(name, value) {
		return
	}
	s.known[name+"="+value] = true
	if _, published := s.catalogue.Published(name, value); published {
		return
	}
	if v, ok := s.newest.EnvVar(name); ok && v.Default.Is(value) {
		return
	}
	password := dify.PasswordOf(value)
	if password == "" {
		s.list = append(s.list, gate.NewSecret(value))
		return
	}
	s.list = append(s.list, gate.NewSecret(password))
	if plain, err := url.PathUnescape(password); err == nil && plain != password {
		s.list = append(s.list, gate.NewSecret(plain))
	}
}
