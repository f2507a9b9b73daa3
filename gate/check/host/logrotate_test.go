package host

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
)

func TestLogrotate(t *testing.T) {
	t.Parallel()
	now := time.Now()
	begun := func(days int) string {
		return now.AddDate(0, 0, -days).UTC().Format("2006-01-02 15:04:05") + ",1 INFO [x] [a.py:1] - begun\n" + now.UTC().Format("2006-01-02 15:04:05") + ",1 INFO [x] [a.py:1] - now\n"
	}
	for _, c := range []struct {
		name   string
		conf   string
		covers string
		logs   map[string]string
		rules  []string
		text   string
	}{
		{name: "covered and fresh", conf: "DIR/*.log {\n daily\n rotate 7\n}\n", covers: "log/*.log", logs: map[string]string{"log/a.log": begun(1), "log/b.log": "no time in it\n"}},
		{name: "one log is not covered", conf: "DIR/a.log {\n daily\n}\n", covers: "log/*.log", logs: map[string]string{"log/a.log": begun(0), "log/b.log": begun(0)},
			rules: []string{"logrotate/uncovered"}, text: "log/b.log is in no stanza of dify"},
		{name: "logs that rotation made need no stanza", conf: "DIR/a.log {\n daily\n}\n", covers: "log/*", logs: map[string]string{"log/a.log": begun(0), "log/a.log.1": "x", "log/a.log.2.gz": "x", "log/a.log-20260101": "x"}},
		{name: "no log yet, covered by the same glob", conf: "DIR/*.log {\n daily\n}\n", covers: "log/*.log"},
		{name: "no log yet, covered by a wider glob", conf: "DIR/* {\n daily\n}\n", covers: "log/dify-*.log"},
		{name: "no log yet, not covered", conf: "DIR/*.log {\n daily\n}\n", covers: "log/*.txt", rules: []string{"logrotate/uncovered"}, text: "is in no stanza"},
		{name: "too old for daily", conf: "DIR/*.log {\n daily\n}\n", covers: "log/*.log", logs: map[string]string{"log/a.log": begun(5)},
			rules: []string{"logrotate/unrotated"}, text: "rotates it every day"},
		{name: "not too old for weekly", conf: "weekly\nDIR/*.log {\n}\n", covers: "log/*.log", logs: map[string]string{"log/a.log": begun(5)}},
		{name: "too large", conf: "DIR/*.log {\n size 10k\n}\n", covers: "log/*.log", logs: map[string]string{"log/a.log": begun(5) + strings.Repeat("x", 11<<10)},
			rules: []string{"logrotate/unrotated"}, text: "rotates it at 10240 bytes"},
		{name: "large since today", conf: "DIR/*.log {\n size 10k\n}\n", covers: "log/*.log", logs: map[string]string{"log/a.log": begun(0) + strings.Repeat("x", 11<<10)}},
		{name: "large beyond maxsize", conf: "DIR/*.log {\n monthly\n maxsize 10k\n}\n", covers: "log/*.log", logs: map[string]string{"log/a.log": begun(5) + strings.Repeat("x", 11<<10)},
			rules: []string{"logrotate/unrotated"}},
		{name: "old but below minsize", conf: "DIR/*.log {\n daily\n minsize 1M\n}\n", covers: "log/*.log", logs: map[string]string{"log/a.log": begun(5)}},
		{name: "old and empty", conf: "DIR/*.log {\n daily\n}\n", covers: "log/*.log", logs: map[string]string{"log/a.log": ""}},
		{name: "a mistake", conf: "DIR/*.log {\n daily\n rotate 3 # keep three\n}\n", covers: "log/*.log", rules: []string{"logrotate/syntax", "logrotate/uncovered"}, text: `rotate "3 # keep three"`},
		{name: "a mistake that is harmless to its stanza", conf: "DIR/*.log {\n dayly\n}\n", covers: "log/*.log", rules: []string{"logrotate/syntax"}, text: `unknown directive "dayly"`},
		{name: "a directory of the host's own", conf: "DIR/*.log {\n daily\n olddir /var/log/nowhere\n}\n", covers: "log/*.log"},
		{name: "an owner that only logrotate knows not to be there", conf: "DIR/*.log {\n daily\n su nosuchuser nosuchgroup\n}\n", rules: []string{"logrotate/syntax"}, text: "logrotate says: unknown user 'nosuchuser'"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if strings.Contains(c.text, "logrotate says") {
				testserver.Find(t, "logrotate")
			}
			env := checktest.EnvAt(t, "")
			env.Now = now
			for name, text := range c.logs {
				checktest.PutFile(t, env, name, text)
			}
			checktest.PutFile(t, env, "dify", strings.ReplaceAll(c.conf, "DIR", env.WorkDir+"/log"))
			spec := &Logrotate{File: "dify"}
			if c.covers != "" {
				spec.Covers = check.Strings{c.covers}
			}
			res := checktest.Run(t, env, spec)
			checktest.WantRules(t, res, c.rules...)
			if c.rules == nil || len(res.Findings) == 0 {
				return
			}
			f := res.Findings[0]
			if !strings.Contains(f.Message, c.text) || f.Location == nil || f.Location.Line < 1 || f.Location.File != "dify" {
				t.Errorf("message %q at %+v, want %q", f.Message, f.Location, c.text)
			}
		})
	}
}

// TestLogrotateByOldLogs: a log without times is judged by its newest rotation.
func TestLogrotateByOldLogs(t *testing.T) {
	t.Parallel()
	for days, want := range map[int][]string{1: nil, 10: {"logrotate/unrotated"}} {
		env := checktest.EnvAt(t, "")
		checktest.PutFile(t, env, "log/a.log", "no time in it\n")
		old := checktest.PutFile(t, env, "old/a.log.1", "x")
		at := env.Now.AddDate(0, 0, -days)
		if err := os.Chtimes(old, at, at); err != nil {
			t.Fatal(err)
		}
		checktest.PutFile(t, env, "dify", fmt.Sprintf("%s/log/*.log {\n daily\n olddir ../old\n}\n", env.WorkDir))
		checktest.WantRules(t, checktest.Run(t, env, &Logrotate{File: "dify", Covers: check.Strings{"log/*.log"}}), want...)
	}
}

func TestLogrotateUnreadable(t *testing.T) {
	t.Parallel()
	env := checktest.EnvAt(t, "")
	checktest.WantUndecided(t, checktest.Run(t, env, &Logrotate{File: "none"}), "none: no such file")
	checktest.WantUndecided(t, checktest.Run(t, env, &Logrotate{File: "."}), "a directory, want a file")
	for want, spec := range map[string]Logrotate{"file is required": {}, `covers "[": not a glob`: {File: "x", Covers: check.Strings{"["}}} {
		if ms := spec.Validate(); len(ms) != 1 || !strings.Contains(ms[0].Message, want) {
			t.Errorf("mistakes %v, want one with %q", ms, want)
		}
	}
}
