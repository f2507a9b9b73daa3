package nginxroute

import (
	"net/netip"
	"strings"
)

// access is the phase that may refuse a client: allow and deny, auth_basic, and other modules' directives.
func (r *run) access() phase {
	if r.req.Admit {
		rules := r.loc.inheritAll("allow", "deny")
		if len(rules) > 0 && rules[0].String() == "deny all" && r.loc.inherit("satisfy") == nil {
			r.step(rules[0].Pos, "deny all", "refuses every client")
			return r.local(403, rules[0].Pos)
		}
		return phaseFiles
	}
	for l := r.loc; l != nil; l = l.parent {
		for _, d := range l.body {
			if foreignAccess(d) {
				r.giveUp(d.Pos, "%s decides at run time", d.Name)
				return phaseDone
			}
		}
	}
	any := false
	if d := r.loc.inherit("satisfy"); d != nil {
		any = d.arg(0) == "any"
	}
	refused, at := r.refusedAddress()
	if r.answer != nil {
		return phaseDone
	}
	basic := r.loc.inherit("auth_basic")
	hasBasic := basic != nil && basic.arg(0) != "off"
	hasRules := len(r.loc.inheritAll("allow", "deny")) > 0
	if any && hasBasic && hasRules && !refused {
		return phaseFiles
	}
	if refused && !(any && hasBasic) {
		r.step(at.Pos, at.String(), "refuses the client")
		return r.local(403, at.Pos)
	}
	if hasBasic {
		r.step(basic.Pos, basic.String(), "")
		if r.req.Header.Get("Authorization") == "" {
			return r.local(401, basic.Pos)
		}
		r.giveUp(basic.Pos, "whether the password is right is not known")
		return phaseDone
	}
	return phaseFiles
}

// foreignAccess are directives whose verdict is not in the files.
func foreignAccess(d *Directive) bool {
	switch d.Name {
	case "auth_request", "auth_jwt":
		return d.arg(0) != "off"
	}
	return strings.HasPrefix(d.Name, "access_by_lua") || d.Name == "access_by_njs" || d.Name == "js_access"
}

// refusedAddress finds the first allow or deny that fits the client.
func (r *run) refusedAddress() (bool, *Directive) {
	for _, d := range r.loc.inheritAll("allow", "deny") {
		if d.arg(0) != "all" {
			in, ok := r.clientIn(d.arg(0))
			if !ok {
				r.giveUp(d.Pos, "%s depends on the client's address", d.String())
				return false, nil
			}
			if !in {
				continue
			}
		}
		return d.Name == "deny", d
	}
	return false, nil
}

func (r *run) clientIn(cidr string) (in, ok bool) {
	if cidr == "unix:" {
		return false, true
	}
	client, err := netip.ParseAddr(r.req.Remote)
	if err != nil {
		return false, false
	}
	if p, err := netip.ParsePrefix(cidr); err == nil {
		return p.Contains(client), true
	}
	a, err := netip.ParseAddr(cidr)
	return err == nil && a == client, err == nil
}
