package release

import (
	"fmt"
	"testing"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"

	"path/filepath"
)

// operatorsOwn are the files of an operator who uses all that the notes below
// take away.
var operatorsOwn = map[string]string{
	".env":                         "# OLD_UPLOAD_DIR=/x\nA=1\nOLD_UPLOAD_DIR=/srv\n",
	"docker-compose.yaml":          "services:\n  api:\n    image: langgenius/dify-api:90.2.0\n  worker:\n    image: langgenius/dify-api:90.2.0\n    env_file: [./worker.env]\n    command: celery -A app.celery worker -Q dataset,old_mail\n  legacy_sync:\n    image: example/old-sync:1.4\n",
	"docker-compose.override.yaml": "services:\n  api:\n    command: serve --old-parser\n    environment:\n      PARSER_LEGACY: \"on\"\n",
	"worker.env":                   "B=1\nWORKER_LEGACY_POOL=4\n",
	"nginx/conf.d/default.conf":    "server {\n  listen 80;\n  # location /v1/older-list { }\n  location /v1/legacy-list {\n    proxy_pass http://api:5001;\n  }\n}\n",
	"values.yaml":                  "api:\n  auth:\n    sharedKey: x\n",
	"backup.sh":                    "#!/bin/sh\ndocker compose exec api flask export-old-apps\n",
}

// plain are those of one who uses none of it.
var plain = map[string]string{
	".env":                      "A=1\n",
	"docker-compose.yaml":       "services:\n  api:\n    image: langgenius/dify-api:90.2.0\n  worker:\n    image: langgenius/dify-api:90.2.0\n    command: celery -A app.celery worker -Q dataset\n",
	"nginx/conf.d/default.conf": "server {\n  listen 80;\n  location /v1 {\n    proxy_pass http://api:5001;\n  }\n}\n",
	"values.yaml":               "api:\n  auth:\n    other: x\n",
}

// TestChangelogNamesLookedUp: what a change takes away concerns who uses it, at
// the line where that is written, and nobody else.
func TestChangelogNamesLookedUp(t *testing.T) {
	t.Parallel()
	for line, place := range map[string]string{
		"`OLD_UPLOAD_DIR` is no longer read.":                                                  "docker/.env:3",
		"Support for `OLD_UPLOAD_DIR` has been removed.":                                       "docker/.env:3",
		"`OLD_UPLOAD_DIR` was replaced by `UPLOAD_ROOT`.":                                      "docker/.env:3",
		"`PARSER_LEGACY` is no longer read.":                                                   "docker/docker-compose.override.yaml:5",
		"Removed the `WORKER_LEGACY_POOL` environment variable.":                               "docker/worker.env:2",
		"The `--old-parser` option was removed.":                                               "docker/docker-compose.override.yaml:3",
		"Removed the `GET /v1/legacy-list` endpoint.":                                          "docker/nginx/conf.d/default.conf:4",
		"The image `example/old-sync` is no longer published.":                                 "docker/docker-compose.yaml:9",
		"Removed the `legacy_sync` service from the compose file.":                             "docker/docker-compose.yaml:8",
		"The `old_mail` queue has been removed; workers must not subscribe to it.":             "docker/docker-compose.yaml:4",
		"`api.auth.sharedKey` has been removed.":                                               "docker/values.yaml:3",
		"The command `flask export-old-apps` was removed.":                                     "docker/backup.sh:2",
		"`api.auth.sharedKey` no longer takes effect and was replaced by `api.auth.innerKey`.": "docker/values.yaml:3",
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			notes := "## 90.3.0\n\n### Removed\n\n- " + line + "\n\n## 90.2.0\n\n- Small things.\n"
			used := readNotes(t, notes, "90.2.0", "90.3.0", operatorsOwn)
			if len(used.Changes) != 1 || len(used.Findings) != 1 {
				t.Fatalf("%d changes, %v, want one: %+v", len(used.Changes), said(used), used.Changes)
			}
			at := "nowhere"
			if l := used.Findings[0].Location; l != nil {
				at = fmt.Sprintf("%s:%d", filepath.ToSlash(l.File), l.Line)
			}
			if used.Changes[0].Applies != "yes" || at != place {
				t.Errorf("used: applies %s at %s (%s), want yes at %s", used.Changes[0].Applies, at, used.Findings[0].Message, place)
			}
			if other := readNotes(t, notes, "90.2.0", "90.3.0", plain); other.Changes[0].Applies != "no" || said(other)[0][:6] != "notice" {
				t.Errorf("not used: applies %s, %v, want no and a notice: %s", other.Changes[0].Applies, said(other), other.Findings[0].Message)
			}
			if none := readNotes(t, notes, "90.2.0", "90.3.0", nil); none.Changes[0].Applies != "unknown" {
				t.Errorf("without files: applies %s, want unknown", none.Changes[0].Applies)
			}
		})
	}
}

// TestUsesThatCannotBeKnown: where nothing could name it, or something could not
// be read, absence is not known.
func TestUsesThatCannotBeKnown(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	checktest.WriteFile(t, filepath.Join(dir, ".env"), "A=1\n")
	files := readOperatorFiles(&check.Env{Dir: dir, WorkDir: dir})
	for _, c := range []changelog.Condition{
		{Op: changelog.OpRoute, Name: "/v1/old"}, {Op: changelog.OpOption, Name: "--old"}, {Op: changelog.OpImage, Name: "a/b"},
		{Op: changelog.OpKey, Name: "a.b"}, {Op: changelog.OpKey, Name: "old_key"}, {Op: changelog.OpElsewhere},
	} {
		if got := files.eval(c); got.answer != answerUnknown {
			t.Errorf("%s: %v, want unknown", c, got.answer)
		}
	}
	checktest.WriteFile(t, filepath.Join(dir, "docker-compose.yaml"), "services:\n  api:\n    image: a/c:1\n    command: serve --older\n")
	checktest.WriteFile(t, filepath.Join(dir, "nginx.conf"), string(make([]byte, maxTextSize+1)))
	files = readOperatorFiles(&check.Env{Dir: dir, WorkDir: dir})
	if got := files.eval(changelog.Condition{Op: changelog.OpRoute, Name: "/v1/old"}); got.answer != answerUnknown {
		t.Errorf("a proxy's file that is too large: %v, want unknown", got.answer)
	}
	if got := files.eval(changelog.Condition{Op: changelog.OpImage, Name: "a/b"}); got.answer != answerNo {
		t.Errorf("an image that no service has: %v, want no", got.answer)
	}
	if got := files.eval(changelog.Condition{Op: changelog.OpImage, Name: "a/c:2"}); got.answer != answerNo {
		t.Errorf("an image with another tag: %v, want no", got.answer)
	}
}
