package config

import (
	"strings"
	"testing"
)

// TestSecrets: what came by ${…} is a secret, but for what only names things.
func TestSecrets(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"TOK": `to"k&en<1>`, "BODY": "bodySecret1", "QUERY": "querySecret1", "SEGMENT": "pathSecret1", "INPUT": "inputSecret1", "NOTE": "noteSecret1", "KEY": "app-keySecret1",
		"DIFY_URL": "https://user:urlSecret1@dify.example.com/base?api_key=urlSecret2", "HOST": "dify.example.com", "PORT": "8443", "SHORT": "abcde", "VERSION": "1.13.2", "WAIT": "1500ms",
		"DB_USER": "postgres", "DB_PASSWORD": "dbSecret%2F1", "DB_NAME": "dify_main", "DB_HOST": "db.internal", "REGION": "eu-central", "IP": "10.20.30.40", "LONG": "1234567890123",
	}
	file := `
version: 1
dify:
  url: "${DIFY_URL}"
  profile: none
  api_key: "${KEY}"
checks:
  http:
    - name: "api ${REGION}"
      url: "https://${HOST}:${PORT}/hooks/${SEGMENT}?x=${QUERY}&v=${VERSION}&short=${SHORT}&d=${DEFAULT:-defaultText}"
      headers: {X-Tok: "${TOK}", X-Note: "a ${NOTE}", X-Number: "${LONG}", X-Ip: "${IP}"}
      body: "${BODY}"
  app:
    - inputs: {file: "${INPUT}"}
      timeout: "${WAIT}"
  tcp: [{address: "${DB_HOST}:5432"}]
  postgres: [{url: "postgres://${DB_USER}:${DB_PASSWORD}@${DB_HOST}:5432/${DB_NAME}"}]
`
	lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok }

	cfg, err := Parse("gate.yaml", []byte(file), Options{WorkDir: t.TempDir(), LookupEnv: lookup})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, s := range cfg.Secrets() {
		got[s.Reveal()] = true
	}
	for _, secret := range []string{env["TOK"], env["BODY"], env["QUERY"], env["SEGMENT"], env["INPUT"], env["NOTE"], env["KEY"], env["LONG"], "urlSecret1", "urlSecret2", env["DB_PASSWORD"]} {
		if !got[secret] {
			t.Errorf("%q is no secret", secret)
		}
	}
	for _, public := range []string{env["DIFY_URL"], env["HOST"], env["PORT"], env["SHORT"], env["VERSION"], env["WAIT"], env["DB_USER"], env["DB_NAME"], env["DB_HOST"], env["REGION"], env["IP"], "defaultText"} {
		if got[public] {
			t.Errorf("%q is a secret", public)
		}
	}
}

// TestMistakesHideSecrets: a value of the environment that is of the wrong type, or
// in the wrong place, is named by its reference.
func TestMistakesHideSecrets(t *testing.T) {
	t.Parallel()
	secret := `s3cr"et\value`
	for _, entry := range []string{
		`http: [{url: /x, timeout: "${S}"}]`, `http: [{url: /x, retries: "${S}"}]`, `http: [{url: /x, method: "${S}"}]`, `http: [{url: "ht!tp://${S}"}]`, `http: [{url: /x, expect: {status: "${S}"}}]`,
		`cors: [{url: /x, origin: "${S}"}]`, `http: [{url: /x, expect: {responder: "${S}"}}]`, `http: [{url: /x, headers: {"a b": "${S}"}}]`, `openapi: [{url: /x, baseline: "${S}"}]`,
		`logs: [{files: [a], forbid: ["/(${S}/"]}]`, `slo: [{url: /x, rate: "${S}"}]`, `redis: [{url: "${S}"}]`, `auth: [{url: /x, origin: "${S}"}]`, `port: [{port: "${S}"}]`,
	} {
		cfg, err := Parse("gate.yaml", []byte("version: 1\ndify: {url: \"https://a.example\"}\nchecks:\n  "+entry+"\n"), Options{WorkDir: t.TempDir(), LookupEnv: func(string) (string, bool) { return secret, true }})
		if err == nil {
			t.Logf("%s: no mistake, %d secrets", entry, len(cfg.Secrets()))
			continue
		}
		if strings.Contains(err.Error(), "s3cr") || strings.Contains(err.Error(), "et\\value") {
			t.Errorf("%s: %v", entry, err)
		}
	}
}
