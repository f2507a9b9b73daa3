package web

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// Dataset lists the knowledge bases through the service API and retrieves from
// one, with a knowledge API key.
type Dataset struct {
	check.Base `yaml:",inline"`
	Key        gate.Secret `yaml:"key" help:"knowledge API key, as \"${DIFY_DATASET_KEY}\"" required:"true"`
	URL        string      `yaml:"url" help:"the service API's base, by default /v1 below dify.api_url or dify.url" kind:"probe"`
	Dataset    string      `yaml:"dataset" help:"id or name of the knowledge base to retrieve from, by default the first one that has documents"`
	Query      string      `yaml:"query" help:"the search text, by default ping"`
	MinHits    int         `yaml:"min_hits" help:"how many chunks must be found; by default 0, so that the search only has to work"`
}

// Kind is dataset.
func (d *Dataset) Kind() string { return "dataset" }

// Rules are those of dataset.
func (d *Dataset) Rules() []gate.Rule { return []gate.Rule{ruleDatasetFailed} }

var ruleDatasetFailed = gate.Rule{
	ID: "dataset/failed", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "a knowledge base does not answer",
	What:    "The list of knowledge bases, or a search in one, was refused or failed.",
	Why:     "After an upgrade an outdated vector store, or a collection that was not migrated, shows here first.",
	Fix:     "Read the error. For a vector store, compare its version with what the release requires; for a 401, use a knowledge key, not an app key.",
	Example: `retrieve from "handbook": status 500 (unknown: Internal Server Error), expected 200`,
}

// Validate checks what needs no network.
func (d *Dataset) Validate() []check.Mistake {
	ms := d.Mistakes()
	if d.Key.Empty() {
		ms = append(ms, check.Mistakef("", "key is required"))
	}
	if d.MinHits < 0 {
		ms = append(ms, check.Mistakef("min_hits", "min_hits %d: want 0 or more", d.MinHits))
	}
	return ms
}

// Check makes the check.
func (d *Dataset) Check(env *check.Env) gate.Check {
	c := d.NewCheck("dataset", strings.TrimSpace("dataset "+d.Dataset), gate.PhasePost, d.Rules())
	c.Component, c.Secrets = "app", []gate.Secret{d.Key}
	base, err := env.ServiceAPI(d.URL)
	if err != nil {
		c.Mistake = err
		c.Probes = []string{"GET " + cmp.Or(d.URL, "/v1") + "/datasets"}
		return c
	}
	c.Secrets = append(c.Secrets, gate.URLSecrets(base)...)
	c.Probes = []string{"GET " + gate.RedactURL(base.String()) + "/datasets", "POST " + gate.RedactURL(base.String()) + "/datasets/ID/retrieve"}
	c.Run = func(ctx context.Context) gate.Result {
		return d.run(ctx, &appRun{spec: &App{}, env: env, base: base, key: d.Key, mode: "dataset"})
	}
	return c
}

func (d *Dataset) run(ctx context.Context, r *appRun) gate.Result {
	list, res := d.call(ctx, r, http.MethodGet, "/datasets?limit=100", nil, "list of knowledge bases")
	if res != nil {
		return *res
	}
	chosen := d.choose(list)
	evidence := map[string]any{"datasets": list.Get("total").Int()}
	switch {
	case !chosen.Exists() && d.Dataset != "":
		return gate.Result{Evidence: evidence, Findings: []gate.Finding{d.finding(fmt.Sprintf("there is no knowledge base %q among the first %d", quote.Clip(d.Dataset), len(list.Get("data").Array())),
			"use its id, or another name")}}
	case !chosen.Exists():
		return gate.Result{Evidence: evidence, Skip: "the list of knowledge bases answers, but none has documents to search"}
	}
	name := quote.Clip(chosen.Get("name").String())
	hits, res := d.call(ctx, r, http.MethodPost, "/datasets/"+url.PathEscape(chosen.Get("id").String())+"/retrieve", map[string]any{"query": cmp.Or(d.Query, "ping")}, fmt.Sprintf("retrieve from %q", name))
	if res != nil {
		return *res
	}
	found := len(hits.Get("records").Array())
	evidence["dataset"], evidence["hits"] = name, found
	out := gate.Result{Evidence: evidence}
	if found < d.MinHits {
		out.Findings = []gate.Finding{d.finding(fmt.Sprintf("retrieve from %q: %d chunks found, expected %d", name, found, d.MinHits),
			"check whether the collection was migrated, and whether the embedding model still answers")}
	}
	return out
}

// choose is the knowledge base that is named, or else the first one with
// documents.
func (d *Dataset) choose(list gjson.Result) gjson.Result {
	for _, entry := range list.Get("data").Array() {
		switch {
		case d.Dataset != "" && (entry.Get("id").Str == d.Dataset || entry.Get("name").Str == d.Dataset):
			return entry
		case d.Dataset == "" && entry.Get("document_count").Int() > 0:
			return entry
		}
	}
	return gjson.Result{}
}

// call sends one request; a result other than nil ends the check.
func (d *Dataset) call(ctx context.Context, r *appRun, method, path string, body any, what string) (gjson.Result, *gate.Result) {
	req, err := r.request(ctx, method, path, body)
	if err != nil {
		res := gate.Undecided(err)
		return gjson.Result{}, &res
	}
	a, err := probe.Exchange(ctx, r.env.Network, req, false)
	if err != nil {
		t := probe.Classify(err)
		f := d.finding(fmt.Sprintf("%s: %s, expected an answer", what, t.Text), "check that the API is up; the http checks say more")
		f.Symptom = gate.SymptomDown
		return gjson.Result{}, &gate.Result{Findings: []gate.Finding{f}, Retry: t.Retry()}
	}
	if a.Status == http.StatusOK && json.Valid(a.Body) {
		return gjson.ParseBytes(a.Body), nil
	}
	refused := r.refused(a)
	f := d.finding(fmt.Sprintf("%s: status %d (%s), expected 200 and JSON", what, a.Status, saying(a)), datasetHint(a.Status))
	f.Symptom = refused.Findings[0].Symptom
	refused.Findings = []gate.Finding{f}
	return gjson.Result{}, &refused
}

func datasetHint(status int) string {
	if status == http.StatusUnauthorized || status == http.StatusForbidden {
		return "use a key from the knowledge page: an app key does not work for knowledge bases"
	}
	return "compare the vector store's version with what the release requires, and read the API's log"
}

func (d *Dataset) finding(message, hint string) gate.Finding {
	f := ruleDatasetFailed.Finding(message, hint)
	f.Subject = d.Dataset + " " + message
	return f
}
