package gate

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// TestMaskReachesEveryText puts a secret wherever a check could put one; a
// typed value inside the evidence is the place that a list of types forgets.
func TestMaskReachesEveryText(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t-value"
	type nested struct{ Answer []string }
	text := "seen " + secret
	rep := Assemble([]Ran{{
		Check: Check{Kind: "http", Name: "n " + secret, Phase: PhasePost, Secrets: []Secret{NewSecret(secret)}, Probes: []string{text}, Tags: []string{text}},
		Result: Result{
			Findings: []Finding{{Rule: "http/body", Severity: Error, Message: text, Hint: text, Why: text, Text: text, URL: "https://u:" + secret + "@h/",
				Location: &Location{File: text}, Related: []Location{{File: text}}}},
			Evidence: map[string]any{secret: text, "typed": nested{[]string{text}}, "pointer": &nested{[]string{text}}, "list": []any{text}, "secret": NewSecret(secret)},
			Changes:  []Change{{Text: text, Action: text, Context: text, Names: Names{Env: []string{text}}, Evidence: []string{text}}},
			RunBook:  []Step{{Command: text, Why: text}},
			Upgrade:  &Upgrade{Coverage: Coverage{Notes: []string{text}, Cut: []string{text}, Listed: []Unclassified{{Text: text}}}},
		},
		Attempts: 1,
	}}, Policy{}, RunInfo{Started: time.Now(), Upgrade: Upgrade{From: text}})
	doc, err := json.Marshal(rep)
	if err != nil {
		t.Fatal(err)
	}
	if i := strings.Index(string(doc), secret); i >= 0 {
		t.Errorf("the secret is in the report: …%s", doc[max(0, i-60):i+len(secret)])
	}
}

// TestMaskLeavesOurWords: a password that is a word of ours masks texts, not
// the report's own vocabulary.
func TestMaskLeavesOurWords(t *testing.T) {
	t.Parallel()
	rep := Assemble([]Ran{{
		Check:    Check{Kind: "redis", Name: "cache", Phase: PhasePost, Secrets: []Secret{NewSecret("redis"), NewSecret("block"), NewSecret("error")}},
		Result:   Result{Findings: []Finding{{Rule: "redis/auth", Severity: Error, Message: "the password redis is refused"}}},
		Attempts: 1,
	}}, Policy{}, RunInfo{Started: time.Now()})
	if rep.Verdict != VerdictBlock || rep.Checks[0].Kind != "redis" || rep.Findings[0].Rule != "redis/auth" {
		t.Errorf("got verdict %q, kind %q, rule %q; want our words as they are", rep.Verdict, rep.Checks[0].Kind, rep.Findings[0].Rule)
	}
	if got := rep.Findings[0].Message; got != "the password *** is refused" {
		t.Errorf("message %q, want the password masked", got)
	}
}
