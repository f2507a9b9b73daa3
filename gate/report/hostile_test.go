package report

import (
	"reflect"
	"strings"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/dify"
)

// attacks are texts as a changelog or a server could send them, each meant for
// another reader of a report.
var attacks = []string{
	"::error::forged", "::add-mask::a", "  ::stop-commands::x", "\r::set-output name=verdict::pass", "\u2028::error::u2028", "\u00a0::error::nbsp",
	"%0A::set-output name=verdict::pass", "##[group]hidden", "text ##[add-matcher]m.json", "x\n::notice file=a::y",
	"_GitHubActionsFileCommandDelimeter_\nverdict<<E\npass\nE", "EOF\nblocked=false", "ghadelimiter_00",
	"\x1b[2J\x1b[31mred", "\x1b]0;title\x07", "\u009b31m", "\x1b[0Ksection_start:1:gate_findings_pre\r\x1b[0Kx", "\x1b[0Ksection_end:1:gate_findings_pre\r\x1b[0K",
	"abc\u202egnp.exe", "\u2066isolate", "\ufeffbom", "nul\x00 \x01\x08\x0b\x0c\x1f\x7f", "bad \xff\xfe utf-8 \xc3", "noncharacter \ufffe \uffff", "tag \U000e0041",
	"<script>alert(1)</script>", `"><img src=https://attacker.example/i onerror=alert(1)>`, "]]><x/>", "&lt;&amp;", "</title></style></script>", "<!-- ", "{{.CSP}}",
	"![i](https://attacker.example/i.png)", "[click](javascript:alert(1))", "<https://attacker.example>", "https://attacker.example/auto www.attacker.example",
	"| a | b |\n|---|---|", "```\n# heading", "`` ` ``", "# heading", "- item", "1. item", "> quote", "===", "***", "<details>", "@octocat #1 GH-1", "$x$", "~~~", "\\", "\\|", "**b**", "_i_",
	"${{ secrets.TOKEN }}", "$(id) `id` ${IFS}", "# EOF\ngate_verdict 0", `quote " backslash \`, "%%{init: {}}%%", "section x", "click c0 href \"https://attacker.example\"",
	"javascript:alert(1)", "data:text/html,<script>", "file:///etc/passwd", "../../../etc/passwd", "=cmd|' /C calc'!A0",
	strings.Repeat("W", 20_000), strings.Repeat("漢", 5000),
}

// hostile is the sample with an attack in every text that could come from
// elsewhere: every string but our own words.
func hostile() gate.Report {
	rep := sample()
	n := 0
	next := func() string {
		n++
		return attacks[n%len(attacks)] + "\n" + attacks[(n*7+3)%len(attacks)]
	}
	for range 12 {
		rep.Changes = append(rep.Changes, rep.Changes...)
		if len(rep.Changes) > 2*len(attacks) {
			break
		}
	}
	for len(rep.Findings) < 2*len(attacks) {
		f := rep.Findings[len(rep.Findings)%4]
		f.Check = "changelog"
		rep.Findings = append(rep.Findings, f)
		rep.Checks[0].Findings = append(rep.Checks[0].Findings, len(rep.Findings)-1)
	}
	infect(reflect.ValueOf(&rep).Elem(), next)
	rep.Upgrade.From, rep.Upgrade.To = attacks[1]+attacks[10], attacks[4]
	return rep
}

// infect replaces every string that is not one of our own words.
func infect(v reflect.Value, next func() string) {
	switch v.Kind() {
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() {
			v.SetString(next())
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() || v.Type() == reflect.TypeFor[gate.Rule]() {
			return
		}
		for i := range v.NumField() {
			switch f := v.Type().Field(i); f.Name {
			case "Check", "Name", "ExplainedBy", "Needs", "Kind", "Rule", "Explains", "Rules":
				// References between the parts of a report; names of checks are
				// infected by hostileNames.
			default:
				if f.IsExported() {
					infect(v.Field(i), next)
				}
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			infect(v.Index(i), next)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			if v.Type().Elem().Kind() == reflect.Interface {
				v.SetMapIndex(k, reflect.ValueOf(next()))
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			infect(v.Elem(), next)
		}
	}
}

// hostileNames is hostile with attacks in the names of checks too.
func hostileNames() gate.Report {
	rep := hostile()
	for i := range rep.Checks {
		old, name := rep.Checks[i].Name, rep.Checks[i].Name+attacks[i*5%len(attacks)]+attacks[i*11%len(attacks)]
		rep.Checks[i].Name = name
		rename := func(s *string) {
			if *s == old {
				*s = name
			}
		}
		for j := range rep.Checks {
			rename(&rep.Checks[j].ExplainedBy)
			for k := range rep.Checks[j].Needs {
				rename(&rep.Checks[j].Needs[k])
			}
		}
		for j := range rep.Findings {
			rename(&rep.Findings[j].Check)
		}
		for j := range rep.RootCauses {
			rename(&rep.RootCauses[j].Check)
			for k := range rep.RootCauses[j].Explains {
				rename(&rep.RootCauses[j].Explains[k])
			}
		}
	}
	return rep
}

// cases are the reports that every format has to withstand.
func cases() map[string]gate.Report {
	empty := gate.Assemble(nil, gate.Policy{}, gate.RunInfo{Graph: dify.Graph(), Tool: gate.Tool{Name: "gate"}, Started: began, Phase: gate.PhaseAll})
	dry := sample()
	dry.DryRun = true
	interrupted := gate.Assemble(nil, gate.Policy{}, gate.RunInfo{Graph: dify.Graph(), Started: began, Interrupted: true})
	warn := gate.Assemble(sampleRan()[2:3], gate.Policy{}, gate.RunInfo{Graph: dify.Graph(), Started: began})
	strict := gate.Assemble(sampleRan()[2:3], gate.Policy{FailOn: gate.FailOnWarning}, gate.RunInfo{Graph: dify.Graph(), Started: began})
	return map[string]gate.Report{
		"sample": sample(), "empty": empty, "zero": {}, "dry": dry, "interrupted": interrupted, "warn": warn, "strict": strict,
		"undecided": gate.Assemble(sampleRan()[5:], gate.Policy{}, gate.RunInfo{Graph: dify.Graph(), Started: began}),
		"hostile":   hostile(), "hostile names": hostileNames(), "crowd": newCrowd(300),
	}
}
