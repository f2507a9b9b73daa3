package envfile

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
)

// pairs reports settings that must agree and do not. No value is shown: most
// are secrets. What containers get counts before what the env file says.
func (r *envRun) pairs() {
	release := r.cat.Newest()
	if r.want.release != nil {
		release = *r.want.release
	}
	decided := map[string]bool{} // pairs of containers that get both
	for _, p := range release.Pairs() {
		_, okA := r.setting(p.A)
		_, okB := r.setting(p.B)
		if p.A.Service != "" && okA && okB {
			decided[p.ID] = true
		}
	}
	reported := map[string]bool{}
	for _, p := range release.Pairs() {
		if reported[p.ID] || p.Store != "" && !r.storeInUse(p.Store) || p.A.Service == "" && decided[p.ID] {
			continue
		}
		a, okA := r.setting(p.A)
		b, okB := r.setting(p.B)
		if !okA || !okB || r.agree(p, a, b) {
			continue
		}
		reported[p.ID] = true
		verb, hint := "differ", "set both to the same value"
		switch p.How {
		case "password-of":
			verb = "do not have the same password"
		case "one-of":
			verb = "do not agree: the first must be in the list of the second"
		case "both-set":
			verb, hint = "are not both set", fmt.Sprintf("set both, or leave both empty; the value of %s does not matter, 1 works", p.B.Name)
		}
		f := r.add(ruleInconsistent, p.ID, fmt.Sprintf("%s and %s %s: %s", settingName(p.A), settingName(p.B), verb, p.Why),
			hint, a.Place, b.Place)
		r.makeAgree(f, p, a, b)
	}
}

// settingName names a setting for messages.
func settingName(s dify.Setting) string {
	if s.Service == "" {
		return s.Name
	}
	return s.Service + "'s " + s.Name
}

// setting finds a value: of a container, when the service starts; else the first
// that any gets, or that of the env file with the compose file's defaults.
func (r *envRun) setting(s dify.Setting) (deployment.Value, bool) {
	if s.Service == "" {
		if v, ok := r.value(s.Name); ok {
			return v, true
		}
		if found := r.effective(s.Name); len(found) > 0 {
			return found[0].Value, true
		}
		return deployment.Value{}, false
	}
	service, ok := r.serviceOf(s.Service)
	if !ok {
		return deployment.Value{}, false
	}
	v, ok := service.Env[s.Name]
	return v, ok
}

// agree reports whether two settings agree in the way that the pair asks for.
func (r *envRun) agree(p dify.Pair, a, b deployment.Value) bool {
	switch p.How {
	case "same":
		return a.Text == b.Text
	case "one-of":
		return a.Text == "" || b.Text == "" || slices.Contains(strings.Split(b.Text, ","), a.Text)
	case "both-set":
		return (a.Text == "") == (b.Text == "")
	case "password-of":
		return r.brokerAgrees(a.Text, b.Text)
	}
	return a.Text == "" || b.Text == "" || a.Text == b.Text
}

// brokerAgrees compares the broker's password with that of Redis when both are
// the same server. A broker elsewhere has a password of its own.
func (r *envRun) brokerAgrees(broker, password string) bool {
	_, rest, ok := strings.Cut(broker, "://")
	if !ok || strings.Contains(rest, ";") || strings.HasPrefix(broker, "sentinel") {
		return true
	}
	host := rest[strings.LastIndex(rest, "@")+1:]
	host, _, _ = strings.Cut(host, "/")
	name, _, _ := strings.Cut(host, ":")
	if redis := r.text("REDIS_HOST"); redis == "" || !strings.EqualFold(name, redis) {
		return true
	}
	got := dify.PasswordOf(broker)
	if decoded, err := url.PathUnescape(got); err == nil && decoded == password {
		return true
	}
	return got == password
}
