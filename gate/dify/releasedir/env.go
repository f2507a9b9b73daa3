package releasedir

import (
	"slices"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate/dify"
)

// facts is a release with its variables by name.
type facts struct {
	dify.Release
	example map[string]dify.EnvState // of the env examples
	named   map[string]dify.EnvState // of the compose file
	// manyFiles: the release reads env files besides .env, as from 1.14.1 on.
	manyFiles bool
}

func release(t testing.TB, version string) facts {
	t.Helper()
	c := catalogue(t)
	r, ok := c.Release(version)
	if !ok {
		t.Fatalf("no release %q in the catalogue", version)
	}
	f := facts{Release: r, example: map[string]dify.EnvState{}, named: map[string]dify.EnvState{}}
	for _, key := range c.Env {
		if s, ok := current(c, r, key.Example); ok {
			f.example[key.Name] = s
			f.manyFiles = f.manyFiles || strings.HasPrefix(s.File, "envs/")
		}
		if s, ok := current(c, r, key.Compose); ok {
			f.named[key.Name] = s
		}
	}
	return f
}

// current is the state of a variable at a release.
func current(c *dify.Catalogue, r dify.Release, history []dify.EnvState) (state dify.EnvState, ok bool) {
	for _, s := range history {
		if since, known := c.Release(s.Since); known && !r.Before(since) {
			state, ok = s, !s.Gone
		}
	}
	return state, ok
}

// envFiles are .env and, from 1.14.1 on, the files below envs/, each with the
// example that it is a copy of.
func (f facts) envFiles() map[string]string {
	lines := map[string][]string{}
	for name, s := range f.example {
		lines[s.File] = append(lines[s.File], name+"="+dotenvValue(text(name, s.Default)))
	}
	files := map[string]string{}
	for file, l := range lines {
		slices.Sort(l)
		body := "# The settings of Dify " + f.Version() + " with their defaults.\n" + strings.Join(l, "\n") + "\n"
		files[file], files[strings.TrimSuffix(file, ".example")] = body, body
	}
	return files
}

// dotenvValue writes a value so that it reads back as it is; a reference to
// another variable stays one.
func dotenvValue(value string) string {
	if !strings.ContainsAny(value, " #\"'\\") {
		return value
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
}

// text is a default as text. The catalogue keeps that of a secret as a sum: it
// is looked up among the published ones.
func text(name string, d dify.Default) string {
	if d.Sum == "" {
		return d.Text
	}
	for _, value := range published {
		if dify.Sum(value) == d.Sum {
			return value
		}
	}
	return "a-secret-for-" + strings.ToLower(name)
}

// published are the values that Dify's own examples give to secrets. Everybody
// can read them, so they protect nothing.
var published = []string{
	"difyai123456", "Difyai123456", "dify-sandbox", "password", "difypassword", "testpassword", "admin", "dify", "difyai", "elastic", "lindorm",
	"agentbox", "minioadmin", "Milvus", "Dify@123", "Dify@1234", "Qazwsxedc!@#123", "111", "60", "xxx", "YOUR-ELASTICSEARCH_API_KEY",
	"your-access-key", "your-secret-key", "your-secret-id", "your-resend-api-key", "your-ak", "your-sk",
	"couchbase://couchbase-server", "oracle:1521/FREEPDB1", "redis://:difyai123456@redis:6379/1", "${DB_PASSWORD}",
	"redis://:${REDIS_PASSWORD:-difyai123456}@redis:6379/2",
	secretKey, daemonKey, innerKey, "${PLUGIN_DAEMON_KEY:-" + daemonKey + "}", "${PLUGIN_DIFY_INNER_API_KEY:-" + innerKey + "}",
	"WVF5YThaHlkYwhGUSmCRgsX3tD5ngdN8pkih", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY",
}

// The long ones of the published secrets.
const (
	secretKey = "sk-9f73s3ljTXVcMT3Blb3ljTqtsKiGHXVcMT3BlbkFJLK7U"
	daemonKey = "lYkiYYT6owG+71oLerGzA7GXCgOT++6ovaezWAjpCjf+Sjc3ZtU+qUEi"
	innerKey  = "QaHbTe77CtuXmsfyhR7+vRjI/+XbV1AaFy691iy+kGDv2Jvy0/eAh8Y1"
)
