package changelog

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// readRange reads (from, to] of a changelog in Markdown.
func readRange(t *testing.T, text, from, to string, advisories ...Advisory) Reading {
	t.Helper()
	return Read(SelectRange(SplitMarkdown("f.md", []byte(text)), mustVersion(t, from), mustVersion(t, to)), advisories)
}

func TestSelectRange(t *testing.T) {
	t.Parallel()
	text := ""
	for _, v := range []string{"2.0.0", "1.4.0", "1.3.0", "1.2.0-fix.2", "1.2.0-fix.1", "1.2.0", "1.2.0-rc1", "1.1.0", "0.15.8", "1.0.0"} {
		text += "## " + v + "\n- x\n"
	}
	releases := SplitMarkdown("f.md", []byte(text))
	releases = append(releases, Release{Version: mustVersion(t, "1.1.5"), Draft: true}, Release{Version: mustVersion(t, "1.1.6"), Prerelease: true})
	for _, c := range []struct{ from, to, want, ahead string }{
		{"1.0.0", "1.2.0", "1.1.0, 1.2.0", "1.2.0-fix.1, 1.2.0-fix.2, 1.3.0, 1.4.0"},
		{"1.1.0", "1.2.0-fix.1", "1.2.0, 1.2.0-fix.1", "1.2.0-fix.2, 1.3.0, 1.4.0"},
		{"1.1.0", "1.2.0-rc1", "1.1.6, 1.2.0-rc1", "1.2.0, 1.2.0-fix.1, 1.2.0-fix.2, 1.3.0"},
		{"0.15.8", "1.1.0", "1.0.0, 1.1.0", "1.2.0, 1.2.0-fix.1, 1.2.0-fix.2, 1.3.0"},
		{"1.3.0", "1.3.0", "", "1.4.0, 2.0.0"},
	} {
		r := SelectRange(releases, mustVersion(t, c.from), mustVersion(t, c.to))
		var ahead []Version
		for _, release := range r.Ahead {
			ahead = append(ahead, release.Version)
		}
		got := JoinVersions(ahead)
		if JoinVersions(r.Versions()) != c.want || !strings.HasPrefix(c.ahead, got) || len(ahead) < 2 {
			t.Errorf("(%s, %s] = %s, ahead %s, want %s, ahead %s", c.from, c.to, JoinVersions(r.Versions()), got, c.want, c.ahead)
		}
	}
	r := SelectRange(releases, mustVersion(t, "1.0.0"), mustVersion(t, "1.2.5"))
	if r.ToKnown || JoinVersions(r.Nearest) == "" || !slices.ContainsFunc(r.Nearest, func(v Version) bool { return v.String() == "1.3.0" }) {
		t.Errorf("unknown target: known %v, nearest %s, want 1.3.0 among them", r.ToKnown, JoinVersions(r.Nearest))
	}
	missing := SelectRange(releases, mustVersion(t, "1.0.0"), mustVersion(t, "1.3.0")).Missing([]Version{
		mustVersion(t, "1.1.0"), mustVersion(t, "1.1.1"), mustVersion(t, "1.3.0-rc1"), mustVersion(t, "1.5.0")})
	if JoinVersions(missing) != "1.1.1" {
		t.Errorf("missing %s, want 1.1.1 alone", JoinVersions(missing))
	}
}

func TestSameDutyIsOneChange(t *testing.T) {
	t.Parallel()
	text := `## 1.2.0
> [!IMPORTANT]
>
> - Please ensure your deployment has workers on the ` + "`room_events`" + ` queue.
> - Compose files moved to ` + "`docker/parts`" + `; re-apply your own changes by hand.

## 1.1.0
### Important notes
- Compose files moved to ` + "`docker/parts`" + `; re-apply your own changes by hand.
- If you use custom ` + "`CELERY_QUEUES`" + `, also include ` + "`room_events`" + `.

### Upgrade Guide
1. Re-apply your own changes to ` + "`docker/parts`" + ` by hand.

## What's Changed
* chore: move compose files to docker/parts by @a in https://github.com/o/r/pull/1
`
	reading := readRange(t, text, "1.0.0", "1.2.0")
	queue, parts := 0, 0
	for _, ch := range reading.Changes {
		if ch.Version.String() != "1.1.0" {
			t.Errorf("change of %s, want the first release that tells it: %s", ch.Version, ch.Text)
		}
		if slices.Contains(ch.Names.Queues, "room_events") {
			queue++
		}
		if strings.Contains(ch.Text, "docker/parts") {
			parts++
		}
	}
	if queue != 1 || parts != 1 {
		t.Errorf("%d changes about the queue and %d about the files, want one each: %+v", queue, parts, reading.Changes)
	}
	// Who runs 1.1.0 was told before, in the same words.
	for _, ch := range readRange(t, text, "1.1.0", "1.2.0").Changes {
		if strings.Contains(ch.Text, "docker/parts") && ch.Repeats.String() != "1.1.0" {
			t.Errorf("%q repeats %q, want 1.1.0", ch.Text, ch.Repeats)
		}
	}
}

func TestGuideStepOfTheReleaseBefore(t *testing.T) {
	t.Parallel()
	guide := "## Upgrade Guide\n\n1. Back up data\n\n   ```bash\n   tar -cvf v.tgz volumes\n   ```\n\n2. Warm the `plugin_cache` up:\n\n   ```bash\n   docker compose exec api uv run flask warm-plugin-cache\n   ```\n\n3. Start\n\n   ```bash\n   docker compose up -d\n   ```\n"
	old := "## Upgrade Guide\n\n1. Back up data\n\n   ```bash\n   tar -cvf v.tgz volumes\n   ```\n\n2. Start\n\n   ```bash\n   docker compose up -d\n   ```\n"
	release := func(v, body string) Release {
		return Release{Version: mustVersion(t, v), Body: body, Line: 1}
	}
	releases := []Release{release("1.0.0", old), release("1.1.0", guide), release("1.2.0", guide)}
	read := func(from, to string) Reading {
		return Read(SelectRange(releases, mustVersion(t, from), mustVersion(t, to)), nil)
	}
	got := read("1.0.0", "1.2.0")
	if len(got.Changes) != 1 || got.Changes[0].Version.String() != "1.1.0" || len(RunBook(got.Changes)) != 1 {
		t.Errorf("changes %+v, want the new step once, of 1.1.0, and its command in the run-book", got.Changes)
	}
	if got := read("1.1.0", "1.2.0"); len(got.Changes) != 0 {
		t.Errorf("changes %+v, want none: 1.1.0 had all of these steps", got.Changes)
	}
}

// TestCommandsInTheText: a command that a sentence asks for is one of the
// run-book, and a step with a usual one is not news, below any heading.
func TestCommandsInTheText(t *testing.T) {
	t.Parallel()
	body := "## Upgrade notes\n\n- We moved uploads to `/app/storage/files`; run `flask relocate-uploads` once after starting the new version.\n\n" +
		"### Upgrade Guide\n\n1. Stop the services with `docker compose down`\n2. Start them again with `docker compose up -d`\n"
	releases := []Release{{Version: mustVersion(t, "1.0.0"), Line: 1}, {Version: mustVersion(t, "1.1.0"), Body: body, Line: 1}}
	got := Read(SelectRange(releases, mustVersion(t, "1.0.0"), mustVersion(t, "1.1.0")), nil)
	if len(got.Changes) != 1 {
		t.Fatalf("changes %+v, want the one about uploads", got.Changes)
	}
	steps := RunBook(got.Changes)
	if len(steps) != 1 || steps[0].Command.Source != "uv run flask relocate-uploads" || steps[0].When() != "after" {
		t.Errorf("run-book %+v, want flask relocate-uploads after the upgrade", steps)
	}
}

func TestLookAhead(t *testing.T) {
	t.Parallel()
	text := `## 1.2.2
- Fixed a typo.
## 1.2.1
We moved the interpreter of the sandbox in the previous release. Please update the path in your sandbox configuration files.

- This release resolves a regression introduced in 1.2.0: uploads fail.
## 1.2.0
- New board view.
## 1.1.0-fix.1
- Mends the login.
## 1.1.0
- News.
`
	r := readRange(t, text, "1.1.0", "1.2.0")
	if len(r.Regressions) != 1 || r.Regressions[0].Better.String() != "1.2.1" {
		t.Errorf("regressions %+v, want 1.2.0 broken and 1.2.1 better", r.Regressions)
	}
	if len(r.Changes) != 1 || r.Changes[0].Kind != Action || r.Changes[0].Version.String() != "1.2.1" {
		t.Errorf("changes %+v, want what 1.2.1 tells of the release before it", r.Changes)
	}
	if r := readRange(t, text, "1.0.0", "1.1.0"); len(r.Regressions) != 1 || !r.Regressions[0].Fix {
		t.Errorf("regressions %+v, want the fix release 1.1.0-fix.1", r.Regressions)
	}
	if r := readRange(t, text, "1.1.0", "1.2.1"); len(r.Regressions) != 0 {
		t.Errorf("regressions %+v, want none for the release that mends", r.Regressions)
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	text := "# Log\r\n\r\n## 1.1.0\r\n\r\n> [!WARNING]\r\n> First line of talk.\r\n> Please update `A_B` before you upgrade.\r\n\r\n- x\r\n  - You must set `C_D` in your own `.env`.\r\n"
	r := readRange(t, text, "1.0.0", "1.1.0")
	var got []string
	for _, ch := range r.Changes {
		got = append(got, strings.Join(ch.Names.Env, ",")+" "+place(ch.Location))
	}
	if want := []string{"A_B 7:1", "C_D 10:5"}; !slices.Equal(got, want) {
		t.Errorf("places %v, want %v", got, want)
	}
}

func place(l Location) string { return fmt.Sprintf("%d:%d", l.Line, l.Column) }

func TestAdvisories(t *testing.T) {
	t.Parallel()
	list, err := Advisories()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, a := range list {
		if a.ID == "" || seen[a.ID] || a.Text == "" || len(a.Evidence) == 0 || !slices.Contains(Kinds(), a.Kind) {
			t.Errorf("advisory %q is not whole, or stands twice", a.ID)
		}
		seen[a.ID] = true
		checkCondition(t, a.ID, a.Condition)
	}
}

func checkCondition(t *testing.T, id string, c *Condition) {
	t.Helper()
	if c == nil {
		return
	}
	if !slices.Contains(Ops(), c.Op) || c.String() == string(c.Op) {
		t.Errorf("advisory %s: operator %q is not known, or has no words", id, c.Op)
	}
	for i := range c.Of {
		checkCondition(t, id, &c.Of[i])
	}
}

func TestAdvisoryMeetsNotes(t *testing.T) {
	t.Parallel()
	a := Advisory{ID: "x", Since: mustVersion(t, "1.1.0"), Until: mustVersion(t, "1.3.0"), Kind: Migration, Text: "Own words.", Todo: "do it",
		Commands: []Command{{Line: "docker compose exec api uv run flask fill-rooms"}}, Evidence: []string{"https://example.org"}, Match: Match{Commands: []string{"flask fill-rooms"}}}
	with := "## 1.1.0\n- A one-time backfill is needed: run `uv run flask fill-rooms`.\n## 1.0.0\n"
	r := readRange(t, with, "1.0.0", "1.1.0", a)
	if len(r.Changes) != 1 || r.Changes[0].Source != FromBoth || r.Changes[0].Todo != "do it" || len(RunBook(r.Changes)) != 1 {
		t.Errorf("changes %+v, want one of both sources with one command", r.Changes)
	}
	thin := "## 1.3.0\n## 1.2.0\n## 1.1.0\n- News.\n## 1.0.0\n"
	for _, c := range []struct {
		from, to string
		want     int
	}{{"1.0.0", "1.1.0", 1}, {"1.0.0", "1.2.0", 1}, {"1.1.0", "1.2.0", 0}, {"1.0.0", "1.3.0", 0}} {
		if r := readRange(t, thin, c.from, c.to, a); len(r.Changes) != c.want {
			t.Errorf("%s to %s: %d changes, want %d", c.from, c.to, len(r.Changes), c.want)
		}
	}
}

// TestRunBookOrder: a jump over releases does first what must be done before
// it, backups at the head; what comes after keeps the order of the releases.
func TestRunBookOrder(t *testing.T) {
	t.Parallel()
	changes := []Change{
		{Version: mustVersion(t, "1.1.0"), Commands: []Command{{Line: "flask fill-a", Why: "run it after the upgrade"}}},
		{Version: mustVersion(t, "1.2.0"), Commands: []Command{{Line: "chown -R 1001 volumes", Why: "before you upgrade, change the owner"}, {Line: "flask fill-b"}}},
		{Version: mustVersion(t, "1.3.0"), Commands: []Command{{Line: "./swap.sh", When: "during"}, {Line: "pg_dump dify >dify.sql"}, {Line: "uv run flask fill-a"}}},
	}
	var got []string
	for _, s := range RunBook(changes) {
		got = append(got, s.When()+" "+bareCommand(s.Command.Line))
	}
	want := []string{"before pg_dump dify >dify.sql", "before chown -R 1001 volumes", "during ./swap.sh", "after flask fill-a", "after flask fill-b"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestWildcardsOutsideCode: the star of a family of variables is no emphasis.
func TestWildcardsOutsideCode(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"- Deprecated PUBSUB_*/EVENT_* settings.":          {"PUBSUB_*", "EVENT_*"},
		"- Rename (OLD_CACHE_*) to (NEW_CACHE_*) in .env.": {"OLD_CACHE_*", "NEW_CACHE_*"},
		"- **LEGACY_S3_*** variables are removed.":         {"LEGACY_S3_*"},
	} {
		entries, _ := ParseEntries(Release{Version: mustVersion(t, "1.0.0"), Body: text, Line: 1})
		if got := findNames(entries[0].Text, "").Env; !slices.Equal(got, want) {
			t.Errorf("%q: %q of %q, want %q", text, got, entries[0].Text, want)
		}
	}
}
