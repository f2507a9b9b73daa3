//go:build tables

package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/dotenv"
)

// Tables that were derived from the same releases by other means are compared
// with the facts:
//
//	go test -tags tables ./gate/dify/internal/generate -run TestTables -v -args -tables DIR
var tables = flag.String("tables", "", "folder of routes.tsv, alembic-heads.tsv, …")

// explained are the differences whose cause is known, and not in the extractor.
var explained = map[string]string{
	"- GET /api/files/upload": "the table takes the class FileApi of another module, which has get; that of api/controllers/web has post alone",
}

// rows reads a table: tab-separated, with a comment line and a heading.
func rows(t *testing.T, name string) [][]string {
	t.Helper()
	src, err := os.ReadFile(filepath.Join(*tables, name))
	if err != nil {
		t.Fatal(err)
	}
	var out [][]string
	for line := range strings.Lines(string(src)) {
		if line = strings.TrimRight(line, "\n"); line != "" && !strings.HasPrefix(line, "#") {
			out = append(out, append(strings.Split(line, "\t"), "", "", ""))
		}
	}
	return out[1:]
}

func finals(t *testing.T) []*dify.Facts {
	t.Helper()
	all, err := releases()
	if err != nil {
		t.Fatal(err)
	}
	// The tables have final releases only.
	return slices.DeleteFunc(slices.Clone(all), func(f *dify.Facts) bool { return strings.Contains(f.Version, "-rc") })
}

func place(list []*dify.Facts, version string) int {
	return slices.IndexFunc(list, func(f *dify.Facts) bool { return f.Version == version })
}

func TestTablesRoutes(t *testing.T) {
	list := finals(t)
	want := make([]map[string]bool, len(list))
	for i := range want {
		want[i] = map[string]bool{}
	}
	for _, r := range rows(t, "routes.tsv") {
		since, until, _ := strings.Cut(r[2], "..")
		from, to := place(list, since), len(list)-1
		if until != "" {
			to = place(list, until)
		}
		for i := from; i >= 0 && i <= to; i++ {
			want[i][r[0]+" "+r[1]] = true
		}
	}
	for i, f := range list {
		got := map[string]bool{}
		for _, r := range f.Routes {
			got[r.Method+" "+r.Path] = true
		}
		wrong := 0
		for k := range want[i] {
			if !got[k] && explained["- "+k] == "" {
				t.Errorf("%s: lacks %s", f.Version, k)
			}
			if !got[k] {
				wrong++
			}
		}
		for k := range got {
			if !want[i][k] {
				wrong++
				t.Errorf("%s: has %s", f.Version, k)
			}
		}
		t.Logf("%-12s routes: table %4d, facts %4d, agree %.2f %%; unread %d", f.Version, len(want[i]), len(got), 100*(1-float64(wrong)/float64(len(want[i]))), len(f.Unread))
	}
}

func TestTablesMigrations(t *testing.T) {
	all, err := releases()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows(t, "alembic-heads.tsv") {
		if i := place(all, r[0]); i >= 0 {
			m := all[i].Migrations
			if len(m.Heads) != 1 || m.Heads[0] != r[2] || fmt.Sprint(len(m.Revisions)) != r[1] {
				t.Errorf("%s: heads %v of %d, want %s of %s", r[0], m.Heads, len(m.Revisions), r[2], r[1])
			}
		}
	}
}

func TestTablesImages(t *testing.T) {
	all, err := releases()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range all {
		for _, s := range f.Services {
			image := s.Image
			if image == "" {
				image = "build"
			}
			got[f.Version+" "+s.Name] = fmt.Sprintf("%s %s %d", image, strings.Join(s.Profiles, ","), len(s.Ports))
		}
	}
	for _, r := range rows(t, "images.tsv") {
		key, want := r[0]+" "+r[1], fmt.Sprintf("%s %s %d", r[2], r[3], len(strings.Fields(r[4])))
		if got[key] != want {
			t.Errorf("%s: got %s, want %s", key, got[key], want)
		}
		delete(got, key)
	}
	for key := range got {
		t.Errorf("%s is not in the table", key)
	}
}

func TestTablesLocations(t *testing.T) {
	all, err := releases()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range all {
		for _, p := range f.Prefixes {
			got[f.Version+" "+p.Path] = "http://" + p.Service + ":" + p.Port
		}
	}
	for _, r := range rows(t, "nginx-locations.tsv") {
		key, want := r[0]+" "+r[1], strings.ReplaceAll(r[2], "$socket_io_upstream", "api_websocket:5001")
		if got[key] != want {
			t.Errorf("%s: got %s, want %s", key, got[key], want)
		}
		delete(got, key)
	}
	for key := range got {
		t.Errorf("%s is not in the table", key)
	}
}

func TestTablesCommands(t *testing.T) {
	list := finals(t)
	first, last := map[string]string{}, map[string]string{}
	for _, f := range list {
		for _, c := range f.Commands {
			if first[c] == "" {
				first[c] = f.Version
			}
			last[c] = f.Version
		}
	}
	newest := list[len(list)-1].Version
	for _, r := range rows(t, "flask-commands.tsv") {
		until := r[2]
		if strings.HasPrefix(until, "main") {
			until = newest
		}
		if first[r[0]] != r[1] || last[r[0]] != until {
			t.Errorf("%s: %s to %s, want %s to %s", r[0], first[r[0]], last[r[0]], r[1], until)
		}
		delete(first, r[0])
	}
	for c := range first {
		// @click.command() without a name: the table looked for names alone.
		if c != "cleanup-orphaned-draft-variables" {
			t.Errorf("%s is not in the table", c)
		}
	}
}

func TestTablesVariables(t *testing.T) {
	list := finals(t)
	for _, r := range rows(t, "env-history.tsv") {
		history := strings.Split(r[1], " | ")
		for i, f := range list {
			want, there := "", false
			for _, step := range history {
				since, value, _ := strings.Cut(step, "=")
				if at := place(list, since); at >= 0 && at <= i {
					want, there = value, value != "-"
				}
			}
			at := slices.IndexFunc(f.Env, func(v dify.EnvFact) bool { return v.Name == r[0] && strings.HasSuffix(v.Files[0], ".env.example") })
			switch {
			case at < 0 && there:
				t.Errorf("%s: lacks %s", f.Version, r[0])
			case at >= 0 && !there:
				t.Errorf("%s: has %s", f.Version, r[0])
			case r[0] == "MODE": // several files set it, each for its service; the table has the last one
			case at >= 0 && dotenv.IsSecret(r[0], want) && f.Env[at].Sum != dify.Sum(want), at >= 0 && !dotenv.IsSecret(r[0], want) && f.Env[at].Default != want:
				t.Errorf("%s: %s=%q, want %q", f.Version, r[0], f.Env[at].Default, want)
			}
		}
	}
}
