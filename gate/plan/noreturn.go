package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/dify"
)

// destructive are migrations that delete or merge data, so that even their own
// downgrade would not bring it back. None of them was read in the source: reports of
// operators about 1.17.
var destructive = map[string]string{
	"f6e4c5686857": "drops the table agent_runtime_sessions",
	"89919253ca7a": "drops the table agent_drive_files",
	"5578e028b2f2": "merges model types, with an empty downgrade",
}

// oneWay are commands after which the old release may not read the data.
var oneWay = map[string]string{
	"migrate-data-for-plugin":          "rewrites the names of providers (docs, migration to 1.0.0)",
	"transform-datasource-credentials": "rewrites the credentials of data sources (langgenius/dify#26160)",
	"legacy-model-types":               "rewrites model types (langgenius/dify#41294)",
}

// revisions are the database migrations between two releases; false when the catalogue
// does not know one of them.
func revisions(c *dify.Catalogue, from, to dify.Known) ([]Revision, bool) {
	if !from.Exact || !to.Exact || from.Head() == "" || to.Head() == "" {
		return nil, false
	}
	out := []Revision{}
	if from.Head() == to.Head() {
		return out, true
	}
	for _, r := range c.Revisions {
		if between(r.Release, from.Version(), to.Version()) {
			out = append(out, Revision{ID: r.ID, Release: r.Release})
		}
	}
	slices.SortStableFunc(out, func(a, b Revision) int {
		v, err := changelog.ParseVersion(a.Release)
		w, errW := changelog.ParseVersion(b.Release)
		if err != nil || errW != nil {
			return 0
		}
		return v.Compare(w)
	})
	return out, true
}

// noReturn finds the first step after which images and files alone do not lead back.
func noReturn(path check.UpgradePath, steps []Step, env *check.Env) *NoReturn {
	list, known := revisions(path.Catalogue, *path.From, path.To)
	out := &NoReturn{Migrations: len(list), Head: path.From.Head(), TargetHead: path.To.Head(), Revisions: list, OneWay: []string{}}
	if !known {
		out.Migrations, out.Revisions = -1, []Revision{}
		if !path.From.Exact {
			out.Head = ""
		}
		if !path.To.Exact {
			out.TargetHead = ""
		}
	}
	for _, r := range list {
		if what := destructive[r.ID]; what != "" {
			out.OneWay = append(out.OneWay, "migration "+r.ID+" of "+r.Release+" "+what)
		}
	}
	first := 0
	for i, s := range steps {
		if s.Phase != During {
			continue
		}
		text := strings.Join(s.Commands, "\n")
		starts := strings.Contains(text, " up -d") || strings.Contains(text, "helm ") && strings.Contains(text, " --wait") || strings.Contains(text, "flask db upgrade")
		if starts && first == 0 && (!known || len(list) > 0 || strings.HasPrefix(s.What, "Start the new Weaviate") || strings.HasPrefix(s.What, "Take Weaviate")) {
			first = i + 1
		}
		for name, what := range oneWay {
			if strings.Contains(text, " "+name) {
				out.OneWay = append(out.OneWay, "flask "+name+" "+what)
				if first == 0 {
					first = i + 1
				}
			}
		}
	}
	if first == 0 {
		return nil
	}
	slices.Sort(out.OneWay)
	out.Step = first
	switch {
	case known && len(list) > 0:
		out.Why = fmt.Sprintf("From here on the database is changed: %s from %s to %s. %s refuses the new schema (Can't locate revision identified by '%s'). The way back is the copy of the database, with what was written since then lost.",
			plural(len(list), "migration"), short(out.Head), short(out.TargetHead), env.From, out.TargetHead)
	case known:
		out.Why = "No database migration lies between, but data is rewritten from here on. The way back is the copy."
	default:
		out.Why = "The migrations between are not known: take the start of the new release for the point of no return. The way back is the copy of the database."
	}
	return out
}

func short(head string) string {
	if head == "" {
		return "an unknown revision"
	}
	return head
}
