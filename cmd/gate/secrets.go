package main

import (
	"fmt"
	"io"
	"log"
	"strings"
	"sync"

	"github.com/sirupsen/logrus"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
)

// silenceLibraries switches off what writes to stderr past the gate: net/http says
// with the standard logger what a server sent unasked, compose-go says with logrus
// what it thinks of a file. Both repeat text of others, in which a runner of GitHub
// would find commands. The clients of Redis and MySQL are silent where they are made.
func silenceLibraries() {
	log.SetOutput(io.Discard)
	logrus.SetOutput(io.Discard)
}

// door is the one way to stderr: it masks the secrets that are known by then.
type door struct {
	w io.Writer

	mu      sync.Mutex
	known   map[string]bool
	secrets []gate.Secret
	masker  gate.Masker
}

func newDoor(w io.Writer) *door { return &door{w: w, known: map[string]bool{}} }

// Write masks what is written at once: every message is one write.
func (d *door) Write(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.secrets) == 0 {
		return d.w.Write(b)
	}
	if _, err := io.WriteString(d.w, d.masker.Mask(string(b))); err != nil {
		return 0, err
	}
	return len(b), nil
}

// mask is a text without the secrets that are known by now.
func (d *door) mask(text string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.secrets) == 0 {
		return text
	}
	return d.masker.Mask(text)
}

// learn adds secrets and returns those that are new.
func (d *door) learn(secrets []gate.Secret) []gate.Secret {
	d.mu.Lock()
	defer d.mu.Unlock()
	var fresh []gate.Secret
	for _, s := range secrets {
		if v := s.Reveal(); v != "" && !d.known[v] {
			d.known[v] = true
			fresh = append(fresh, s)
		}
	}
	if len(fresh) > 0 {
		d.secrets = append(d.secrets, fresh...)
		d.masker = gate.NewMasker(d.secrets)
	}
	return fresh
}

// maskSecrets makes secrets known to stderr, and on GitHub to the runner, in each of
// their forms, before anything could print them. The runner reads the lines and
// shows none.
func (p *process) maskSecrets(secrets []gate.Secret) {
	if p.door == nil { // a process that main did not make
		p.door = newDoor(p.stderr)
		p.stderr = p.door
	}
	fresh := p.door.learn(secrets)
	if !p.onGitHub() {
		return
	}
	escape := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	for _, s := range fresh {
		for _, form := range gate.Forms(s) {
			_, _ = fmt.Fprintf(p.door.w, "::add-mask::%s\n", escape.Replace(form))
		}
	}
}

// maskOperator makes the secrets of the operator's files known; it returns a masker for
// all that are known by then.
func (p *process) maskOperator(env *check.Env) gate.Masker {
	p.maskSecrets(env.Secrets())
	p.door.mu.Lock()
	defer p.door.mu.Unlock()
	return p.door.masker
}

// secrets are what the settings hold of them; those of the checks come later.
func (s *settings) secrets() []gate.Secret {
	out := []gate.Secret{s.apiKey, s.githubToken, s.gitlabToken}
	if s.url != nil {
		out = append(out, gate.URLSecrets(s.url)...)
	}
	if s.cfg != nil {
		out = append(out, s.cfg.Secrets()...)
	}
	return out
}

// secretsOf are those of all checks.
func secretsOf(checks []gate.Check) []gate.Secret {
	var out []gate.Secret
	for _, c := range checks {
		out = append(out, c.Secrets...)
	}
	return out
}
