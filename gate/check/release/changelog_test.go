package release

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/dify/releasedir"
)

// The invented notes use versions that the catalogue does not know.
const inventedNotes = `# Changelog

## 90.3.0-fix.1

This hotfix resolves a regression introduced in 90.3.0 that made uploads fail.

## 90.3.0

- **Breaking change:** HTTP nodes fail on redirects to private addresses.
- Please ensure every worker listens to the new ` + "`trace_export`" + ` queue.
- This release contains a new database migration.
- ` + "`VECTOR_LEGACY_PREFIX`" + ` is deprecated in favor of ` + "`VECTOR_PREFIX`" + `.
- Removed the ` + "`GET /v1/legacy-list`" + ` endpoint.
- Added ` + "`EVENT_TTL`" + ` to control how long events are kept.
- Fixed a path traversal in the upload.

## 90.2.0

- This patch fixes a regression introduced in 90.1.0: imports fail.

## 90.1.0
`

// readNotes runs the check on notes and the operator's files.
func readNotes(t *testing.T, notes, from, to string, files map[string]string, change ...func(*Changelog)) gate.Result {
	t.Helper()
	work := t.TempDir()
	env := &check.Env{WorkDir: work, From: from, To: to}
	path := filepath.Join(work, "CHANGELOG.md")
	checktest.WriteFile(t, path, notes)
	for name, text := range files {
		env.Dir = filepath.Join(work, "docker")
		checktest.WriteFile(t, filepath.Join(env.Dir, name), text)
	}
	c := &Changelog{Source: path}
	for _, f := range change {
		f(c)
	}
	return checktest.Run(t, env, c)
}

// said lists the findings as "severity rule".
func said(r gate.Result) []string {
	var out []string
	for _, f := range r.Findings {
		out = append(out, fmt.Sprintf("%s %s", f.Severity, f.Rule))
	}
	slices.Sort(out)
	return out
}

func find(t *testing.T, r gate.Result, rule string) gate.Finding {
	t.Helper()
	for _, f := range r.Findings {
		if f.Rule == rule {
			return f
		}
	}
	t.Fatalf("no finding %s in %v", rule, said(r))
	return gate.Finding{}
}

func TestChangelogKinds(t *testing.T) {
	r := readNotes(t, inventedNotes, "90.1.0", "90.3.0", nil)
	want := []string{"error changelog/action", "error changelog/breaking", "error changelog/migration", "error changelog/removal",
		"notice changelog/regression", "notice changelog/security", "warning changelog/config", "warning changelog/deprecation", "warning changelog/known-regression"}
	if got := said(r); !slices.Equal(got, want) {
		t.Errorf("findings %v, want %v", got, want)
	}
	f := find(t, r, "changelog/breaking")
	if f.Location == nil || f.Location.File != "CHANGELOG.md" || f.Location.Line != 9 || f.Version != "90.3.0" {
		t.Errorf("breaking at %+v of %s, want CHANGELOG.md:9 of 90.3.0", f.Location, f.Version)
	}
	if f := find(t, r, "changelog/known-regression"); !strings.Contains(f.Message, "upgrade to 90.3.0-fix.1") {
		t.Errorf("known-regression says %q, want it to name 90.3.0-fix.1", f.Message)
	}
	if r.Err != nil || r.Upgrade.Coverage.Releases != 2 || len(r.Changes) != 8 {
		t.Errorf("err %v, coverage %+v, %d changes, want none, 2 releases, 8 changes", r.Err, r.Upgrade.Coverage, len(r.Changes))
	}
}

func TestChangelogBlockList(t *testing.T) {
	r := readNotes(t, inventedNotes, "90.2.0", "90.3.0", nil, func(c *Changelog) { c.Block = []string{"config"} })
	got := said(r)
	if !slices.Contains(got, "error changelog/config") || slices.Contains(got, "error changelog/breaking") || !slices.Contains(got, "warning changelog/breaking") {
		t.Errorf("findings %v, want config as error and breaking as warning", got)
	}
}

func TestChangelogHeldAgainstFiles(t *testing.T) {
	for name, c := range map[string]struct {
		env  string
		want []string // severity and rule that must be there
		not  []string
	}{
		"queue missing":        {"A=1\nCELERY_QUEUES=dataset,mail\n", []string{"error changelog/action"}, nil},
		"queue there":          {"CELERY_QUEUES=dataset,trace_export\n", nil, []string{"error changelog/action", "notice changelog/action"}},
		"no list of queues":    {"A=1\n", []string{"notice changelog/action"}, []string{"error changelog/action"}},
		"deprecated and set":   {"VECTOR_LEGACY_PREFIX=x\n", []string{"error changelog/deprecation"}, nil},
		"deprecated and unset": {"VECTOR_PREFIX=x\n", []string{"notice changelog/deprecation"}, nil},
		"deprecated and empty": {"VECTOR_LEGACY_PREFIX=\n", []string{"notice changelog/deprecation"}, nil},
		"migrates by itself":   {"MIGRATION_ENABLED=true\n", []string{"notice changelog/migration"}, []string{"error changelog/migration"}},
		"migrates by hand":     {"MIGRATION_ENABLED=false\n", []string{"error changelog/migration"}, []string{"notice changelog/migration"}},
	} {
		r := readNotes(t, inventedNotes, "90.2.0", "90.3.0", map[string]string{".env": c.env})
		got := said(r)
		for _, w := range c.want {
			if !slices.Contains(got, w) {
				t.Errorf("%s: findings %v, want %s", name, got, w)
			}
		}
		for _, w := range c.not {
			if slices.Contains(got, w) {
				t.Errorf("%s: findings %v, want no %s", name, got, w)
			}
		}
	}
	r := readNotes(t, inventedNotes, "90.2.0", "90.3.0", map[string]string{".env": "A=1\nCELERY_QUEUES=dataset\n"})
	f := find(t, r, "changelog/action")
	if f.Location == nil || f.Location.File != "docker/.env" || f.Location.Line != 2 || len(f.Related) != 1 || f.Related[0].File != "CHANGELOG.md" {
		t.Errorf("places %+v and %+v, want docker/.env:2 and the notes", f.Location, f.Related)
	}
}

func TestChangelogComposeValues(t *testing.T) {
	compose := `services:
  api:
    image: langgenius/dify-api:90.2.0
    environment:
      MIGRATION_ENABLED: ${MIGRATION_ENABLED:-true}
      VECTOR_LEGACY_PREFIX: ${VECTOR_LEGACY_PREFIX:-Vector}
  worker:
    image: langgenius/dify-api:90.2.0
    command: celery -A app.celery worker -Q dataset,mail
`
	r := readNotes(t, inventedNotes, "90.2.0", "90.3.0", map[string]string{".env": "A=1\n", "docker-compose.yaml": compose})
	got := said(r)
	for _, want := range []string{"notice changelog/migration", "notice changelog/deprecation", "error changelog/action"} {
		if !slices.Contains(got, want) {
			t.Errorf("findings %v, want %s: a default that compose passes on is nothing the operator set, a worker's -Q is", got, want)
		}
	}
}

func TestChangelogDirections(t *testing.T) {
	if r := readNotes(t, inventedNotes, "90.3.0", "90.3.0", nil); len(r.Findings) != 0 || r.Err != nil || r.Evidence["note"] == nil {
		t.Errorf("same version: %v, %v, %v, want nothing and a note", said(r), r.Err, r.Evidence)
	}
	r := readNotes(t, inventedNotes, "90.3.0-fix.1", "90.3.0", nil)
	if got := said(r); !slices.Equal(got, []string{"error changelog/downgrade"}) {
		t.Errorf("from a fix release back: %v, want changelog/downgrade alone", got)
	}
	if r := readNotes(t, inventedNotes, "90.3.0", "90.3.0-fix.1", nil); slices.Contains(said(r), "error changelog/downgrade") || r.Err != nil {
		t.Errorf("to a fix release: %v, %v, want an upgrade", said(r), r.Err)
	}
}

func TestChangelogUndecided(t *testing.T) {
	r := readNotes(t, inventedNotes, "90.1.0", "90.4.0", nil)
	if r.Err == nil || len(r.Findings) != 0 || !strings.Contains(r.Err.Error(), "90.3.0-fix.1") {
		t.Errorf("unknown target: %v, %v, want an error that names the nearest releases", said(r), r.Err)
	}
	r = readNotes(t, "## 1.13.2\n- text\n", "1.13.0", "1.13.2", nil)
	if r.Err == nil || !strings.Contains(r.Err.Error(), "1.13.1") {
		t.Errorf("a release that the catalogue knows is missing: %v, want it named", r.Err)
	}
	r = readNotes(t, "## 90.1.1\n"+strings.Repeat("> ", 4000)+"x\n", "90.1.0", "90.1.1", nil)
	if r.Err == nil || !strings.Contains(r.Err.Error(), "nested deeper") || len(r.Upgrade.Coverage.Cut) == 0 {
		t.Errorf("notes that were cut: %v, want an error that says so", r.Err)
	}
	var input *changelog.InputError
	r = readNotes(t, "", "90.1.0", "90.1.1", nil)
	if !errors.As(r.Err, &input) {
		t.Errorf("empty file: %v, want an input error", r.Err)
	}
	var unreachable *changelog.UnreachableError
	r = readNotes(t, inventedNotes, "90.1.0", "90.3.0", nil, func(c *Changelog) { c.Source = "http://127.0.0.1:1/x.md" })
	if !errors.As(r.Err, &unreachable) || r.Retry != gate.RetrySoon {
		t.Errorf("no server: %v, retry %v, want it unreachable and worth another try", r.Err, r.Retry)
	}
}

func TestChangelogFromGitHub(t *testing.T) {
	page := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `[{"tag_name":"90.1.1","html_url":%q,"body":"\r\n- **Breaking change:** ids are text.\r\n"},{"tag_name":"90.1.0","body":""}]`, page)
	}))
	defer server.Close()
	page = server.URL + "/90.1.1" // links to other hosts are left out
	r := readNotes(t, "x", "90.1.0", "90.1.1", nil, func(c *Changelog) { c.Source, c.API = "github:o/r", server.URL })
	f := find(t, r, "changelog/breaking")
	if r.Err != nil || f.Location != nil || f.URL != page || r.Changes[0].Location.Line != 2 {
		t.Errorf("err %v, finding at %+v with %s, change at %+v, want no file, the release's page, line 2 of the body", r.Err, f.Location, f.URL, r.Changes[0].Location)
	}
}

// difyNotes are notes of releases that the catalogue and the advisories know.
const difyNotes = `## 1.13.2

- Fixes a regression introduced in 1.13.1: knowledge retrieval fails.

## 1.13.1

- Added a setting for the mail that asks a human.
- Please ensure that your workers listen to the new ` + "`workflow_based_app_execution`" + ` queue.

## 1.13.0
`

// TestChangelogOfDify reads releases of Dify, from notes in our words and, where
// they are beside the repository, from the real ones.
func TestChangelogOfDify(t *testing.T) {
	t.Parallel()
	own := filepath.Join(t.TempDir(), "CHANGELOG.md")
	checktest.WriteFile(t, own, difyNotes)
	sources := map[string]string{"own words": own}
	if real := "../../../../shared/changelog/releases.json"; fileExists(real) {
		sources["real"] = real
	}
	for name, source := range sources {
		t.Run(name, func(t *testing.T) { testChangelogOfDify(t, source) })
	}
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func testChangelogOfDify(t *testing.T, source string) {
	read := func(from, to, dotenv string) gate.Result {
		env := &check.Env{From: from, To: to}
		if dotenv != "" {
			env.Dir = t.TempDir()
			checktest.WriteFile(t, filepath.Join(env.Dir, ".env"), dotenv)
		}
		return checktest.Run(t, env, &Changelog{Source: source})
	}
	if f := find(t, read("1.13.0", "1.13.1", ""), "changelog/known-regression"); !strings.Contains(f.Message, "1.13.1") || !strings.Contains(f.Message, "1.13.2") {
		t.Errorf("known regression says %q, want 1.13.1 broken and 1.13.2 better", f.Message)
	}
	about := func(r gate.Result) (worst gate.Severity) {
		for _, f := range r.Findings {
			if strings.Contains(f.Message, "workflow_based_app_execution") {
				worst = max(worst, f.Severity)
			}
		}
		return worst
	}
	if got := about(read("1.13.0", "1.13.2", "CELERY_QUEUES=dataset\n")); got != gate.Error {
		t.Errorf("without the queue: %v, want an error", got)
	}
	if got := about(read("1.13.0", "1.13.2", "CELERY_QUEUES=dataset,workflow_based_app_execution\n")); got != 0 {
		t.Errorf("with the queue: %v, want no finding", got)
	}
	if got := about(read("1.13.0", "1.13.2", "A=1\n")); got > gate.Notice {
		t.Errorf("without CELERY_QUEUES: %v, want a notice at the most", got)
	}
}

// Every kind of change has a rule, which bears its name.
func TestChangeRules(t *testing.T) {
	t.Parallel()
	for _, k := range changelog.Kinds() {
		if got, want := ruleOfChange[k].ID, "changelog/"+string(k); got != want {
			t.Errorf("%s: rule %q, want %q", k, got, want)
		}
	}
}

// Every condition of the advisories can be evaluated, on both sides.
func TestConditions(t *testing.T) {
	dir := t.TempDir()
	checktest.WriteFile(t, filepath.Join(dir, ".env"), "SET=1\nEMPTY=\nLIST=a,b\nSTORE=weaviate\n")
	checktest.WriteFile(t, filepath.Join(dir, "docker-compose.yaml"), "services:\n  api:\n    image: x:1\n")
	checktest.WriteFile(t, filepath.Join(dir, "conf/c.yaml"), "python: /old\n")
	files := readOperatorFiles(&check.Env{Dir: dir, WorkDir: dir})
	uid := fmt.Sprint(os.Getuid())
	for _, c := range []struct {
		op          changelog.Op
		name, value string
		want        answer
	}{
		{changelog.OpEnvSet, "SET", "", answerYes}, {changelog.OpEnvSet, "EMPTY", "", answerNo}, {changelog.OpEnvSet, "SE*", "", answerYes}, {changelog.OpEnvSet, "ZZ*", "", answerNo},
		{changelog.OpEnvUnset, "SET", "", answerNo}, {changelog.OpEnvUnset, "EMPTY", "", answerYes},
		{changelog.OpEnvIs, "STORE", "weaviate", answerYes}, {changelog.OpEnvIs, "STORE", "qdrant", answerNo},
		{changelog.OpEnvNot, "STORE", "weaviate", answerHandled}, {changelog.OpEnvNot, "STORE", "qdrant", answerYes},
		{changelog.OpEnvHas, "LIST", "a", answerYes}, {changelog.OpEnvHas, "LIST", "c", answerNo},
		{changelog.OpEnvLacks, "LIST", "a", answerHandled}, {changelog.OpEnvLacks, "LIST", "c", answerYes}, {changelog.OpEnvLacks, "NONE", "c", answerNo},
		{changelog.OpFileExists, "conf/c.yaml", "", answerYes}, {changelog.OpFileExists, "conf/d.yaml", "", answerNo},
		{changelog.OpFileHas, "conf/c.yaml", "/old", answerYes}, {changelog.OpFileHas, "conf/c.yaml", "/new", answerNo},
		{changelog.OpFileLacks, "conf/c.yaml", "/old", answerHandled}, {changelog.OpFileLacks, "conf/c.yaml", "/new", answerYes},
		{changelog.OpOwnerNot, "conf", uid, answerHandled}, {changelog.OpOwnerNot, "conf", "1234567", answerYes},
		{changelog.OpService, "api", "", answerYes}, {changelog.OpService, "beat", "", answerNo},
		{changelog.OpNoService, "api", "", answerHandled}, {changelog.OpNoService, "beat", "", answerYes},
		{changelog.OpQueue, "q", "", answerNo}, {changelog.OpMigrates, "", "", answerNo}, {changelog.OpAlways, "", "", answerYes},
	} {
		if got := files.eval(changelog.Condition{Op: c.op, Name: c.name, Value: c.value}); got.answer != c.want {
			t.Errorf("%s %s %s: %d, want %d", c.op, c.name, c.value, got.answer, c.want)
		}
	}
	is := func(v string) changelog.Condition {
		return changelog.Condition{Op: changelog.OpEnvIs, Name: "STORE", Value: v}
	}
	lost := changelog.Condition{Op: "not an op"}
	for _, c := range []struct {
		op   changelog.Op
		of   []changelog.Condition
		want answer
	}{
		{changelog.OpAll, []changelog.Condition{is("weaviate"), is("qdrant")}, answerNo},
		{changelog.OpAll, []changelog.Condition{is("weaviate"), lost}, answerUnknown},
		{changelog.OpAny, []changelog.Condition{is("qdrant"), is("weaviate")}, answerYes},
		{changelog.OpAny, []changelog.Condition{is("qdrant"), lost}, answerUnknown},
		{changelog.OpNot, []changelog.Condition{is("qdrant")}, answerYes},
	} {
		if got := files.eval(changelog.Condition{Op: c.op, Of: c.of}); got.answer != c.want {
			t.Errorf("%s %v: %d, want %d", c.op, c.of, got.answer, c.want)
		}
	}
	if got := (operatorFiles{}).match(&lost); got.answer != answerUnknown {
		t.Errorf("without files: %d, want unknown", got.answer)
	}
}

// The advisories are compared with the releases' own directories: what the
// shipped files of the target already have must not be an error.
func TestAdvisoriesOnShippedFiles(t *testing.T) {
	t.Parallel()
	advisories, err := changelog.Advisories()
	if err != nil {
		t.Fatal(err)
	}
	bySince := map[string][]changelog.Advisory{}
	for _, a := range advisories {
		bySince[a.Since.String()] = append(bySince[a.Since.String()], a)
	}
	evaluated := 0
	releasedir.Each(t, func(t *testing.T, d releasedir.Dir) {
		if bySince[d.Version] == nil {
			return
		}
		files := readOperatorFiles(&check.Env{Dir: d.Path, WorkDir: d.Path})
		for _, a := range bySince[d.Version] {
			// Data of an older Weaviate, a published secret and a secret left empty
			// concern the shipped files too.
			if a.Condition == nil || slices.Contains([]string{"weaviate-1.27", "agent-secret", "secret-key"}, a.ID) {
				continue
			}
			evaluated++
			if got := files.match(a.Condition); got.answer == answerYes {
				t.Errorf("%s applies to the files that %s ships: %+v", a.ID, a.Since, got.evidence)
			}
		}
	})
	if evaluated < 10 {
		t.Errorf("%d advisories were evaluated, want at least 10", evaluated)
	}
}

// TestChangelogOfNeighbours: what is known of Dify's releases says nothing about
// the releases of its chart and its plugin daemon, whose numbers are their own.
func TestChangelogOfNeighbours(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "helm") {
			fmt.Fprint(w, `[{"tag_name":"dify-1.13.2","body":"## Breaking Changes\n\n- `+"`api.auth.sharedKey`"+` was removed.\n"},{"tag_name":"dify-1.13.0","body":""},{"tag_name":"db-1.13.1","body":"## Breaking\n\n- `+"`x.y`"+` was removed\n"}]`)
			return
		}
		fmt.Fprint(w, `[{"tag_name":"1.13.2","body":"- Small things.\n"},{"tag_name":"1.13.0","body":""}]`)
	}))
	defer server.Close()
	for source, changes := range map[string]int{"github:langgenius/dify-helm": 1, "github:langgenius/dify-plugin-daemon": 0} {
		r := readNotes(t, "x", "1.13.0", "1.13.2", nil, func(c *Changelog) { c.Source, c.API = source, server.URL })
		if r.Err != nil || len(r.Changes) != changes || len(r.Upgrade.Coverage.Notes) != 1 {
			t.Errorf("%s: err %v, changes %+v, notes %v, want %d changes, no advisory, no release missed", source, r.Err, r.Changes, r.Upgrade.Coverage.Notes, changes)
		}
	}
}

// TestChangelogRepeats: what the release that runs told already is not new, though
// the target tells it again.
func TestChangelogRepeats(t *testing.T) {
	t.Parallel()
	const told = "### Breaking Changes\n\n- `OLD_UPLOAD_DIR` was removed.\n"
	notes := "## 90.3.0\n\n" + told + "- `OLD_TEMP_DIR` was removed.\n\n## 90.2.0\n\n" + told
	for env, want := range map[string]gate.Severity{"": gate.Notice, "A=1\n": gate.Notice, "OLD_UPLOAD_DIR=/x\n": gate.Warning} {
		files := map[string]string{".env": env}
		if env == "" {
			files = nil
		}
		r := readNotes(t, notes, "90.2.0", "90.3.0", files)
		for _, f := range r.Findings {
			if strings.Contains(f.Message, "OLD_UPLOAD_DIR") && f.Severity != want {
				t.Errorf("%q: %v, want %v: %s", env, f.Severity, want, f.Message)
			}
		}
		if len(r.Findings) != 2 {
			t.Errorf("%q: findings %v, want the repeated one and the new one", env, said(r))
		}
	}
}
