package plan

import (
	"regexp"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
)

// stop is a release that a way across others must stop at.
type stop struct {
	first, second string // the releases that the way crosses, both of them
	at            string
	weaviate      bool // only with the bundled Weaviate
	why           string
}

// stops are those that are known. A direct way across several minor releases is
// reported to work otherwise (langgenius/dify discussions 39009 and 39678).
var stops = []stop{{
	first: "1.9.2", second: "1.17.1", at: "1.16.0", weaviate: true,
	why: "Weaviate must run as 1.27, and its old collections be migrated, before 1.17.1 takes it to 1.39 (docs.dify.ai, weaviate-v4-migration and weaviate-server-migration-path)",
}}

// hops cuts the way at the stops that a release demands.
func hops(env *check.Env, s *site, in Input) []Hop {
	at := map[string]string{} // release to stop at, and why
	for _, stop := range stops {
		if stop.weaviate && s.names.weaviate == "" {
			continue
		}
		if between(stop.first, env.From, env.To) && between(stop.second, env.From, env.To) {
			at[stop.at] = stop.why
		}
	}
	for _, text := range said(in) {
		for _, version := range demanded(text.text) {
			if between(version, env.From, env.To) && version != env.To && between(text.release, version, env.To) && at[version] == "" {
				at[version] = "the notes of " + text.release + " demand it: " + check.InOneLine(text.text, 200)
			}
		}
	}
	var order []string
	for version := range at {
		order = append(order, version)
	}
	slices.SortFunc(order, func(a, b string) int {
		v, _ := changelog.ParseVersion(a) // between has parsed them
		w, _ := changelog.ParseVersion(b)
		return v.Compare(w)
	})
	out := []Hop{}
	from := env.From
	for _, version := range order {
		out = append(out, Hop{From: from, To: version, Why: "stop here: " + at[version]})
		from = version
	}
	why := "no release in between requires a stop"
	if len(out) > 0 {
		why = "the rest of the way"
	}
	return append(out, Hop{From: from, To: env.To, Why: why})
}

// saying is a text of a release's notes.
type saying struct{ release, text string }

func said(in Input) []saying {
	var out []saying
	for _, c := range in.Changes {
		out = append(out, saying{c.Version, c.Context + ": " + c.Text + " " + c.Action})
	}
	for _, u := range in.Upgrade.Coverage.Listed {
		out = append(out, saying{u.Version, u.Text})
	}
	return out
}

// The words with which notes demand a stop: Dify or nothing stands between the verb and
// the version, so that a server's version is none.
var (
	stopFirst = lazyregexp.New(`(?i)\b(?:upgrade|update|migrate|go|move)\s+(?:dify\s+)?(?:to|through|via)\s+(?:dify\s+)?(?:version\s+|release\s+)?v?(\d+\.\d+\.\d+(?:-[\w.]+)?)\b[^.!?;]{0,60}?\b(?:first|before)\b`)
	firstStop = lazyregexp.New(`(?i)\bfirst\s+(?:upgrade|update|migrate|go|move)\s+(?:dify\s+)?(?:to|through|via)\s+(?:dify\s+)?(?:version\s+|release\s+)?v?(\d+\.\d+\.\d+(?:-[\w.]+)?)`)
	stopAt    = lazyregexp.New(`(?i)\b(?:stop|intermediate\s+(?:stop|upgrade|release|version))\b[^.!?;]{0,20}?\b(?:at|on|is|to)\s+(?:version\s+|release\s+)?v?(\d+\.\d+\.\d+(?:-[\w.]+)?)`)
	notDirect = lazyregexp.New(`(?i)\b(?:direct|directly)\b[^.!?;]{0,40}?\b(?:from|older than|before|below|earlier than)\s+(?:versions?\s+|releases?\s+)?(?:older than\s+|before\s+|below\s+|earlier than\s+)?v?(\d+\.\d+\.\d+(?:-[\w.]+)?)\b[^.!?;]{0,40}?\b(?:not|un)\s?(?:supported|possible)`)
	chinese   = lazyregexp.New(`(?:先|必须先|请先)升级(?:到|至)\s*v?(\d+\.\d+\.\d+(?:-[\w.]+)?)`)
	noNeed    = lazyregexp.New(`(?i)\b(?:no need|need not|don't need|do not need|not necessary|not required|needn't|不需要|无需)\b`)
)

// demanded are the versions that a text wants to be stopped at.
func demanded(text string) []string {
	var out []string
	if noNeed().MatchString(text) {
		return nil
	}
	for _, pattern := range []func() *regexp.Regexp{stopFirst, firstStop, stopAt, notDirect, chinese} {
		for _, m := range pattern().FindAllStringSubmatch(text, 8) {
			version := strings.TrimRight(m[1], ".-")
			if _, err := changelog.ParseVersion(version); err == nil && !slices.Contains(out, version) {
				out = append(out, version)
			}
		}
	}
	return out
}
