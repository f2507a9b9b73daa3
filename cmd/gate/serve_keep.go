package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/report"
)

// maxKept bounds how many reports a folder of --keep holds; the oldest go.
const maxKept = 64

// keeper keeps the last report of a deployment, and of each selection of its checks,
// as the baseline of the next run. Its zero value keeps nothing.
type keeper struct{ dir string }

// file is where the report of a run lies. A run of other checks is compared with its
// own kind: what it did not look at would be new otherwise.
func (k keeper) file(s *settings, a request) string {
	key := strings.Join(slices.Concat([]string{urlText(s.url), string(s.phase)}, a.Only, []string{"\x00"}, a.Skip), "\x00")
	sum := sha256.Sum256([]byte(key))
	return filepath.Join(k.dir, fmt.Sprintf("gate-%x.json", sum[:16]))
}

// load reads the report that was kept, nil when there is none. One that cannot be
// read counts as none: without a baseline nothing is known, and all counts.
func (p *process) loadKept(k keeper, s *settings, a request, now time.Time) *gate.Baseline {
	if k.dir == "" {
		return nil
	}
	path := k.file(s, a)
	data, err := check.ReadFile(path, maxBaseline)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var b *gate.Baseline
	if err == nil {
		b, err = gate.ParseBaseline(data, "the last report that was kept", urlText(s.url), now)
	}
	if err != nil {
		p.warn("--keep: %s: %s; no baseline is taken", p.shown(path), err)
		return nil
	}
	return b
}

// store keeps a report. One that blocks is no baseline for the next, unless the caller
// asks for it: else a failure would be known, and pass, the second time.
func (p *process) store(k keeper, s *settings, a request, rep gate.Report) {
	good := rep.Verdict == gate.VerdictPass || rep.Verdict == gate.VerdictWarn
	if k.dir == "" || rep.Interrupted || rep.DryRun || !good && !a.Keep {
		return
	}
	var buf bytes.Buffer
	err := report.JSON(&buf, rep)
	switch {
	case err == nil && buf.Len() > maxBaseline:
		err = fmt.Errorf("the report is larger than %d MiB", maxBaseline>>20)
	case err == nil:
		err = p.writeFile(k.file(s, a), buf.Bytes())
	}
	if err != nil {
		p.warn("--keep: %s: the report is not kept", err)
		return
	}
	k.prune()
}

// prune deletes the oldest reports over maxKept.
func (k keeper) prune() {
	files, err := filepath.Glob(filepath.Join(globQuoted(k.dir), "gate-*.json"))
	if err != nil || len(files) <= maxKept {
		return
	}
	age := map[string]time.Time{}
	for _, f := range files {
		if info, err := os.Lstat(f); err == nil {
			age[f] = info.ModTime()
		}
	}
	slices.SortFunc(files, func(a, b string) int { return cmp.Or(age[a].Compare(age[b]), cmp.Compare(a, b)) })
	for _, f := range files[:len(files)-maxKept] {
		_ = os.Remove(f) // one that stays is deleted the next time
	}
}

func globQuoted(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}
