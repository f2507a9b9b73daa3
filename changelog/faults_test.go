package changelog

import (
	"slices"
	"strings"
	"testing"
)

// readBody reads a body as the release 2.1.0.
func readBody(t *testing.T, body string) Reading {
	t.Helper()
	v := mustVersion(t, "2.1.0")
	return Read(SelectRange([]Release{{Version: v, Body: body, Line: 1}}, mustVersion(t, "2.0.0"), v), nil)
}

// TestMistakesOfBefore are sentences of the sort that earlier forms of the
// package read wrong. want: kinds of the changes in their order, "a/b" for
// either; "" for no change.
func TestMistakesOfBefore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		want []string
	}{
		"colon before a fence": {"## Breaking Changes\n\n`gateway.auth.sharedKey` no longer takes effect and has been moved to `api.auth.sharedKey`:\n\n```yaml\napi:\n  auth:\n    sharedKey: x\n```\n",
			[]string{"breaking/removal"}},
		"colon before a list":  {"## Breaking changes\n\nThe following settings moved:\n\n- `queue.host` to `broker.host`\n- `queue.port` to `broker.port`\n", []string{"breaking/config", "breaking/config"}},
		"colon without a list": {"## Breaking Changes\n\n- `cache.dir` is no longer read and was replaced by `cache.path`:\n", []string{"breaking/removal"}},
		"verb in the parent":   {"### Changes\n\n- Removed deprecated variables since `2.0.0`:\n  - `OLD_CONSOLE_URL`\n  - `OLD_FILES_URL`\n", []string{"removal", "removal"}},
		"removed behaviour in a commit": {"## What's Changed\n\n* feat: remove auto migration on server start and add a separate migrate command by @a in https://github.com/o/r/pull/1\n",
			[]string{"removal/migration/breaking/action"}},
		"security updates of a list":  {"## Fixes\n\n- Security updates for lxml, urllib3 and pillow.\n", []string{"security"}},
		"tool chain of source builds": {"## What's Changed\n\n* build: require node 24.11.0 by @a in https://github.com/o/r/pull/2\n", []string{"action/config/breaking"}},
		"arrow in prose":              {"## New Features\n\n- Rule = when a form is sent → then write a row\n", nil},
		"deprecated features in a commit": {"## What's Changed\n\n* refactor: remove deprecated features and unused code of the old runtime by @a in https://github.com/o/r/pull/1\n",
			[]string{"removal/breaking/deprecation"}},
		"unified variables":             {"## What's Changed\n\n* feat: unify the environment variables of the database connection by @a in https://github.com/o/r/pull/1\n", []string{"config/breaking"}},
		"sandbox in prose":              {"## New Features\n\n- Like other agents of its kind, it works in a Linux sandbox.\n", nil},
		"header in a commit":            {"## What's Changed\n\n* feat: add x-span-id by @a in https://github.com/o/r/pull/6\n", nil},
		"changed default of a chart":    {"## What's Changed\n\n- Bump default version to 2.5.0 (#455) @other\n- Add CVE scan workflow (#456) @other\n", nil},
		"read-only in prose":            {"## New Features\n\n- The read-only output of the node shows the chosen branch.\n", nil},
		"line of links":                 {"[Highlights](#a) · [Upgrade guide](#b) · [All changes](#c)\n", nil},
		"file names in a commit":        {"## What's Changed\n\n* refactor: split changes for api/controllers/web/profile.py by @a in https://github.com/o/r/pull/3\n", nil},
		"name of a program in a commit": {"## What's Changed\n\n* refactor: generation of `NODE_KINDS_MAPPING` in the node factory by @a in https://github.com/o/r/pull/4\n", nil},
		"flag of a build in a commit":   {"## What's Changed\n\n* chore: use `COPY --link` in the web build by @a in https://github.com/o/r/pull/5\n", nil},
		"list in the chart's form":      {"## What's Changed\n\n- Add a lint workflow (#451) @someone\n- Bump GitHub Actions (#452) @someone\n- Update the readme (#453) @other\n- Add tests of the ingress template (#454) @other\n", nil},
		"nothing to do":                 {"## Upgrade\n\n- Worker image: no update required\n- 沙箱镜像无需更新\n", nil},
		"front matter":                  {"---\ntitle: Release 2.1\nslug: /releases/2.1\n---\n\n## Highlights\n\n- A new theme.\n", nil},
		"marks were lost":               {"Important\nPlease set APP_SIGNING_KEY in your .env before you upgrade, otherwise the API does not start.\n", []string{"action"}},
		"no longer read":                {"## Configuration\n\n- `LEGACY_UPLOAD_DIR` is no longer read.\n", []string{"removal/breaking/config"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reading := readBody(t, c.body)
			ok := len(reading.Changes) == len(c.want)
			for i := 0; ok && i < len(c.want); i++ {
				ok = slices.Contains(strings.Split(c.want[i], "/"), string(reading.Changes[i].Kind))
			}
			if !ok {
				for _, ch := range reading.Changes {
					t.Logf("%s (%s): %s", ch.Kind, ch.Signal, ch.Text)
				}
				t.Errorf("%d changes, want %q", len(reading.Changes), c.want)
			}
		})
	}
}

// TestAlertOfSeveralDuties: a waiver for one duty must not waive the others.
func TestAlertOfSeveralDuties(t *testing.T) {
	t.Parallel()
	reading := readBody(t, "> [!IMPORTANT]\n> You must set `ROOM_SECRET` before you upgrade. Add the service `room_relay` to your compose file. "+
		"Please run `flask backfill-rooms` once after the upgrade. Make sure that your proxy forwards `/rooms`.\n")
	if len(reading.Changes) < 4 {
		for _, ch := range reading.Changes {
			t.Logf("%s (%s): %s", ch.Kind, ch.Signal, ch.Text)
		}
		t.Errorf("%d changes, want one for each of the four duties", len(reading.Changes))
	}
}

// TestBreakingSectionGivesAChange: what its author headed as breaking is a
// change, or is listed as not understood.
func TestBreakingSectionGivesAChange(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"## Breaking Changes\n\nLorem ipsum dolor sit amet.\n",
		"## Breaking Changes\n\n- Foo bar\n",
		"## ⚠️ BREAKING\n\nBlue is green:\n\n```yaml\nblue: green\n```\n",
		"## 破坏性变更\n\n天是蓝的。\n",
	} {
		if r := readBody(t, body); len(r.Changes) == 0 && len(r.Coverage.Unclassified) == 0 {
			t.Errorf("%q gives no change and nothing unclassified", body)
		}
	}
	if r := readBody(t, "## Breaking Changes\n\nNone.\n"); len(r.Changes)+len(r.Coverage.Unclassified) > 0 {
		t.Errorf("%d changes and %d unclassified, want none of \"None.\"", len(r.Changes), len(r.Coverage.Unclassified))
	}
}

// TestAdmonitions: the dialects of other site generators are alerts, not code.
func TestAdmonitions(t *testing.T) {
	t.Parallel()
	text := "Set `ROOM_SECRET` before you upgrade, or the server does not start."
	for name, body := range map[string]string{
		"GitHub":            "> [!WARNING]\n> " + text + "\n",
		"Docusaurus":        ":::warning\n\n" + text + "\n\n:::\n",
		"Docusaurus titled": ":::danger Read this\n" + text + "\n:::\n",
		"MkDocs":            "!!! warning \"Read this\"\n    " + text + "\n",
		"MkDocs details":    "??? danger\n    " + text + "\n",
		"MyST fence":        "```{Attention}\n" + text + "\n```\n",
		"MyST colons":       ":::{warning}\n" + text + "\n:::\n",
		"reStructuredText":  ".. warning::\n\n   " + text + "\n",
		"AsciiDoc":          "WARNING: " + text + "\n",
	} {
		r := readBody(t, "## Notes\n\n"+body)
		entries, _ := ParseEntries(Release{Body: "## Notes\n\n" + body, Line: 1})
		alert := slices.ContainsFunc(entries, func(e Entry) bool { return e.Alert != "" && strings.Contains(e.Text, "ROOM_SECRET") })
		if !alert || len(r.Changes) != 1 || !slices.Contains(r.Changes[0].Names.Env, "ROOM_SECRET") {
			t.Errorf("%s: alert %v, %d changes, want an alert with one change: %+v", name, alert, len(r.Changes), entries)
		}
	}
}

// TestCommitForms: lists of commits are known in every form.
func TestCommitForms(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"feat(api): add rooms by @some-one in https://github.com/o/r/pull/12",
		"add rooms by @some-one in #12",
		"add rooms (#12) @some-one",
		"add rooms (#12) (#13)",
		"add rooms (#12) by @some-one",
		"[#12](https://github.com/o/r/pull/12): add rooms",
		"1a2b3c4 add rooms",
		"1a2b3c4d5e: add rooms",
		"add rooms ([1a2b3c4](https://github.com/o/r/commit/1a2b3c4))",
		"feat: add rooms",
	} {
		entries, _ := ParseEntries(Release{Body: "- " + line + "\n", Line: 1})
		c := readCommit(&entries[0])
		if !c.is || c.subject != "add rooms" {
			t.Errorf("%q: commit %v with subject %q, want \"add rooms\"", line, c.is, c.subject)
		}
	}
	for _, line := range []string{"Rooms can be shared (beta).", "Set `A_B` to #1 in the list.", "See https://example.org/1"} {
		entries, _ := ParseEntries(Release{Body: "- " + line + "\n", Line: 1})
		if c := readCommit(&entries[0]); c.is {
			t.Errorf("%q is read as a commit line with subject %q", line, c.subject)
		}
	}
}

// TestSignalsAreWords: the signal of a change says the signs that weighed most.
func TestSignalsAreWords(t *testing.T) {
	t.Parallel()
	r := readBody(t, "## Upgrade notes\n\n- You must set `ROOM_SECRET` in your `.env` before you upgrade.\n")
	if len(r.Changes) != 1 || r.Changes[0].Signal == "" || strings.Contains(r.Changes[0].Signal, ":") || strings.Count(r.Changes[0].Signal, "; ") > 3 {
		t.Errorf("changes %+v, want one whose signal is at most four signs in words", r.Changes)
	}
}

// TestTagsWithNames: charts and daemons tag their releases with their name.
func TestTagsWithNames(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]string{"dify-0.40.0": "0.40.0", "plugin-daemon/v0.6.14": "0.6.14", "chart@1.2.3": "1.2.3", "dify-0.38.0-rc1": "0.38.0-rc1",
		"v1.2.3": "1.2.3", "nightly": "", "release-": "", "build-7": "", "2024-01-02-x": ""} {
		v, err := ParseTag(tag)
		if got := v.String(); err == nil && got != want || err != nil && want != "" {
			t.Errorf("ParseTag(%q) = %q, %v, want %q", tag, got, err, want)
		}
	}
	releases, err := DecodeReleases("r.json", []byte(`[{"tag_name":"dify-0.40.0","html_url":"https://h/dify-0.40.0","body":"x"},{"tag_name":"v0.1.0","description":"y"}]`))
	if err != nil || len(releases) != 2 || releases[0].Version.String() != "0.40.0" || releases[0].File != "https://h/dify-0.40.0" || releases[1].Body != "y" {
		t.Errorf("releases %+v, %v, want 0.40.0 at its page and GitLab's description", releases, err)
	}
}

// TestEmptyReleaseIsReported: a release without any text was not understood.
func TestEmptyReleaseIsReported(t *testing.T) {
	t.Parallel()
	r := readRange(t, "## 1.1.0\n\n## 1.0.1\n- A new theme.\n## 1.0.0\n", "1.0.0", "1.1.0")
	if JoinVersions(r.Coverage.Empty) != "1.1.0" {
		t.Errorf("empty releases %q, want 1.1.0", JoinVersions(r.Coverage.Empty))
	}
}

// Notes that git left in conflict are two texts, of which neither is known to hold.
func TestMergeConflictIsRefused(t *testing.T) {
	for text, refused := range map[string]bool{
		"<<<<<<< HEAD\n## 1.0.0\n=======\n## 1.0.1\n>>>>>>> main\n": true,
		"## 1.0.0\n\n<<<<<<< HEAD\n- a\n=======\n- b\n>>>>>>> x\n":  true,
		"## 1.0.0\n\n- shows `<<<<<<< HEAD` and >>>>>>> x\n":        false,
	} {
		if _, err := decodeSource("CHANGELOG.md", []byte(text)); (err != nil) != refused {
			t.Errorf("%q: %v", text, err)
		}
	}
}
