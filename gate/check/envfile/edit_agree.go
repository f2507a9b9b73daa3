package envfile

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
)

// addQueues proposes the queues that a list lacks. Where several workers share the queues
// out, it is theirs to say which of them takes a new one.
func (r *envRun) addQueues(f *gate.Finding, lists []queueList, missing []string) {
	for _, l := range lists[1:] {
		if l.names != lists[0].names {
			f.Unfixed = "several workers share the queues out: choose which of them takes " + strings.Join(missing, ", ")
			return
		}
	}
	for _, l := range lists {
		names := strings.TrimRight(l.names, ", ") + "," + strings.Join(missing, ",")
		var more []gate.Edit
		if l.value.Name == "" {
			more, f.Unfixed = r.addToCommand(l, names)
		} else {
			more, f.Unfixed = r.setIn(l.value, strings.Replace(l.value.Raw, l.names, names, 1))
			if !strings.Contains(l.value.Raw, l.names) {
				more, f.Unfixed = nil, "the list comes from another variable: add them there"
			}
		}
		if f.Unfixed != "" {
			f.Edits = nil
			return
		}
		f.Edits = appendNew(f.Edits, more...)
	}
}

// addToCommand proposes a longer list of queues in a worker's command.
func (r *envRun) addToCommand(l queueList, names string) ([]gate.Edit, string) {
	const elsewhere = "the list stands in the worker's command, in a way that the gate does not change"
	y := check.ReadYAMLText(l.at.File)
	if y == nil {
		return nil, elsewhere
	}
	for _, key := range []string{"command", "entrypoint"} {
		n := y.At("services", l.service, key)
		if n == nil {
			continue
		}
		for _, item := range append(n.Content, n) {
			if strings.Contains(item.Value, l.names) {
				if e, ok := y.Set(item, strings.Replace(item.Value, l.names, names, 1)); ok {
					return []gate.Edit{e}, ""
				}
			}
		}
	}
	return nil, elsewhere
}

// appendNew appends edits that are not there yet.
func appendNew(edits []gate.Edit, more ...gate.Edit) []gate.Edit {
	for _, e := range more {
		known := false
		for _, o := range edits {
			known = known || o.File == e.File && o.Line == e.Line && o.Lines == e.Lines && strings.Join(o.Text, "\n") == strings.Join(e.Text, "\n")
		}
		if !known {
			edits = append(edits, e)
		}
	}
	return edits
}

// addProfile proposes a further profile of COMPOSE_PROFILES.
func (r *envRun) addProfile(profile string) ([]gate.Edit, string) {
	v, ok := r.d.Env["COMPOSE_PROFILES"]
	if !ok || v.Source != deployment.FromEnv {
		return nil, "COMPOSE_PROFILES is not set in the env file: docker compose --profile may do it, or add " + profile + " there"
	}
	raw := strings.TrimRight(v.Raw, ", ")
	if raw != "" {
		raw += ","
	}
	return r.setIn(v, raw+profile)
}

// moveHost proposes the bundled service that has taken the place of a host which is not
// there, and the profile that starts it.
func (r *envRun) moveHost(t topology, g given, values []given, bundled []string) ([]gate.Edit, string) {
	if !t.own || len(values) > 1 {
		return nil, "" // the target's compose file is still to come; or one service has the right one
	}
	host := HostOf(g.Text)
	for _, b := range bundled {
		profiles, ok := t.profiles(b)
		if !ok || strings.Count(g.Raw, host) != 1 {
			continue
		}
		edits, reason := r.setIn(g.Value, strings.Replace(g.Raw, host, b, 1))
		if reason != "" || len(profiles) == 0 || check.Intersects(profiles, r.d.Profiles) {
			return edits, reason
		}
		more, reason := r.addProfile(profiles[0])
		return append(edits, more...), reason
	}
	return nil, ""
}

// makeAgree proposes the value of one side of a pair for the other, where one of them is
// empty or the one that Dify publishes: that of the operator's own is right then.
func (r *envRun) makeAgree(f *gate.Finding, p dify.Pair, a, b deployment.Value) {
	right, wrong := a, b
	switch {
	case p.How == "both-set" && a.Text != "":
		f.Edits, f.Unfixed = r.setIn(b, "1")
		return
	case p.How == "password-of":
		r.brokerPassword(f, a, b)
		return
	case p.How == "one-of" || p.How == "both-set":
		f.Unfixed = "which side is meant is not known"
		return
	case r.isOwn(p.A.Name, a) && !r.isOwn(p.B.Name, b):
	case r.isOwn(p.B.Name, b) && !r.isOwn(p.A.Name, a):
		right, wrong = b, a
	default:
		f.Unfixed = "both have values of their own, and which one is right is not known"
		return
	}
	f.Edits, f.Unfixed = r.setIn(wrong, right.Raw)
}

// isOwn reports whether a value is the operator's own, neither empty nor published.
func (r *envRun) isOwn(name string, v deployment.Value) bool {
	_, public := r.cat.Published(name, v.Text)
	if v.Var != "" && !public {
		_, public = r.cat.Published(v.Var, v.Text)
	}
	return v.Text != "" && !public
}

// brokerPassword proposes the password of Redis for the broker's URL where that has the
// published one.
func (r *envRun) brokerPassword(f *gate.Finding, broker, password deployment.Value) {
	got := dify.PasswordOf(broker.Text)
	_, public := r.cat.Published("CELERY_BROKER_URL", broker.Text)
	if !public || !r.isOwn("REDIS_PASSWORD", password) || strings.Count(broker.Raw, got) != 1 {
		f.Unfixed = "both have values of their own, and which one is right is not known"
		return
	}
	f.Edits, f.Unfixed = r.setIn(broker, strings.Replace(broker.Raw, got, url.PathEscape(password.Text), 1))
}

// addMissing proposes a value for a variable that something uses and nothing sets.
func (r *envRun) addMissing(f *gate.Finding, name string) {
	t := r.own()
	k, known := r.want.keys[name]
	switch {
	case t == nil:
		f.Unfixed = noEnvFile
	case known && k.def.Sum == "" && k.def.Text != "" && k.since != "-":
		if e, ok := t.Add(name, k.def.Text, "Used by the compose files, with the default of "+r.want.name); ok {
			f.Edits = []gate.Edit{e}
		}
	default:
		f.Unfixed = fmt.Sprintf("no default of %s is known: it wants a value of your own", name)
	}
}
