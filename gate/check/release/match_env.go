package release

import (
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/deployment"
)

// own finds where the operator sets a variable to something: in .env, in
// another env file, or literally in a compose file. A compose file that only
// passes ${NAME:-default} on sets nothing.
func (f operatorFiles) own(name string) []deployment.Value {
	prefix, pattern := strings.CutSuffix(name, "*")
	fits := func(key string) bool { return key == name || pattern && strings.HasPrefix(key, prefix) }
	var found []deployment.Value
	seen := map[string]bool{}
	add := func(v deployment.Value) {
		if key := v.Name + "\x00" + v.Place.String(); v.Text != "" && !seen[key] {
			seen[key] = true
			found = append(found, v)
		}
	}
	if !f.d.Standin {
		for _, e := range f.d.File.Entries {
			if fits(e.Key) {
				add(deployment.Value{Name: e.Key, Text: e.Value, Source: deployment.FromEnv, Place: deployment.Place{File: f.d.EnvFile, Line: e.Line}})
			}
		}
	}
	passed := map[string]bool{}
	for _, ref := range f.d.Refs {
		passed[ref.Name+"\x00"+ref.Place.String()] = true
	}
	for _, s := range f.d.Services {
		if !difys(s) {
			continue // a database's own POSTGRES_USER is not the API's
		}
		for key, v := range s.Env {
			if fits(key) && (v.Source == deployment.FromEnvFile || v.Source == deployment.FromCompose && !passed[key+"\x00"+v.Place.String()]) {
				add(v)
			}
		}
	}
	return found
}

// difys reports whether a service runs Dify's own code.
func difys(s deployment.Service) bool {
	switch s.Name {
	case "api", "worker", "worker_beat", "web", "plugin_daemon", "api_websocket", "agent_backend":
		return true
	}
	return strings.Contains(s.Image, "dify-")
}

// decided reports whether a variable that is not found is known to be unset:
// there is an env file, or compose files that would name it.
func (f operatorFiles) decided() bool { return f.d.EnvFile != "" && !f.d.Standin }

func (f operatorFiles) unset(name string, a answer) match {
	if !f.decided() {
		return match{answer: answerUnknown}
	}
	return match{answer: a, evidence: []evidence{{text: name + " is not set", at: deployment.Place{File: f.d.EnvFile}}}}
}

func (f operatorFiles) envSet(name string) match {
	found := f.own(name)
	if len(found) == 0 {
		return f.unset(name, answerNo)
	}
	out := match{answer: answerYes}
	for _, v := range found {
		out.evidence = append(out.evidence, evidence{text: "sets " + v.Name, at: v.Place})
	}
	return out
}

func (f operatorFiles) envUnset(name string) match {
	if found := f.own(name); len(found) > 0 {
		return match{answer: answerNo, evidence: []evidence{{text: "sets " + name, at: found[0].Place}}}
	}
	out := f.unset(name, answerYes)
	for i := range out.evidence {
		out.evidence[i].fix = "set " + name
	}
	return out
}

// effective is a variable's value as the containers get it.
func (f operatorFiles) effective(name string) (deployment.Value, bool) {
	if own := f.own(name); len(own) > 0 {
		return own[len(own)-1], true
	}
	if v, ok := f.d.Env[name]; ok && v.Text != "" {
		return v, true
	}
	for _, service := range []string{"api", "worker", "plugin_daemon"} {
		if s, ok := f.d.Service(service); ok {
			if v, ok := s.Env[name]; ok && v.Text != "" {
				return v, true
			}
		}
	}
	return deployment.Value{}, false
}

func (f operatorFiles) envIs(name, value string) match {
	v, ok := f.effective(name)
	if !ok {
		return f.unset(name, answerNo)
	}
	if strings.EqualFold(strings.TrimSpace(v.Text), value) {
		return match{answer: answerYes, evidence: []evidence{{text: name + " is " + v.Shown(), at: v.Place}}}
	}
	return match{answer: answerNo, evidence: []evidence{{text: name + " is " + v.Shown(), at: v.Place}}}
}

func (f operatorFiles) envNot(name, value string) match {
	v, ok := f.effective(name)
	if !ok {
		return f.unset(name, answerNo)
	}
	if strings.EqualFold(strings.TrimSpace(v.Text), value) {
		return match{answer: answerHandled, evidence: []evidence{{text: name + " is " + v.Shown(), at: v.Place}}}
	}
	return match{answer: answerYes, evidence: []evidence{{name + " is " + v.Shown() + ", expected " + value, v.Place, "set " + name + "=" + value}}}
}

// envLacks answers by whether a list has none of some items. The one that the
// database in use is called by is the one to add, or else the first.
func (f operatorFiles) envLacks(name string, items ...string) match {
	v, ok := f.effective(name)
	if !ok {
		return f.unset(name, answerNo)
	}
	for _, item := range items {
		if hasItem(v.Text, item) {
			return match{answer: answerHandled, evidence: []evidence{{text: name + " has " + item, at: v.Place}}}
		}
	}
	wanted := items[0]
	if database, _ := f.effective("DB_TYPE"); slices.Contains(items, database.Text) {
		wanted = database.Text
	}
	return match{answer: answerYes, evidence: []evidence{{"sets " + name + " without " + wanted + ", expected it in the list", v.Place, "add " + wanted + " to " + name}}}
}

func hasItem(list, item string) bool {
	for _, part := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' || r == ';' }) {
		if part == item {
			return true
		}
	}
	return false
}
