package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"github.com/dify-gate/dify-gate/gate/dify"
)

// rows reads a table: tab-separated, with a comment line and a heading.
func rows(dir, name string, columns int) ([][]string, error) {
	src, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	var out [][]string
	heading := true
	for i, line := range strings.Split(string(src), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if heading {
			heading = false
			continue
		}
		fields := strings.Split(line, "\t")
		if len(fields) < columns {
			return nil, fmt.Errorf("%s:%d: %d columns, want %d", name, i+1, len(fields), columns)
		}
		out = append(out, fields)
	}
	return out, nil
}

var tagRow = regexp.MustCompile("(?m)^\\| (\\d[^ |]*) \\| (\\d{4}-\\d\\d-\\d\\d) \\| `([0-9a-f]{40})` \\|")

// addTags takes the releases that have a folder.
func addTags(c *dify.Catalogue, dir string) error {
	readme, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		return err
	}
	heads, err := rows(dir, "alembic-heads.tsv", 3)
	if err != nil {
		return err
	}
	for _, m := range tagRow.FindAllStringSubmatch(string(readme), -1) {
		if _, err := os.Stat(filepath.Join(dir, m[1])); err != nil {
			return err
		}
		t := dify.Tag{Version: m[1], Date: m[2], Commit: m[3][:12], Pre: isPre(m[1])}
		for _, h := range heads {
			if h[0] == t.Version {
				t.Count, _ = strconv.Atoi(h[1])
				t.Head = h[2]
			}
		}
		if t.Head == "" {
			return fmt.Errorf("alembic-heads.tsv: no head for %s", t.Version)
		}
		c.Tags = append(c.Tags, t)
	}
	if len(c.Tags) == 0 {
		return fmt.Errorf("README.md: no table of releases")
	}
	sort.SliceStable(c.Tags, func(i, j int) bool { return before(c.Tags[i].Version, c.Tags[j].Version) })
	return nil
}

func isPre(version string) bool {
	_, suffix, ok := strings.Cut(version, "-")
	return ok && !strings.HasPrefix(suffix, "fix")
}

// before orders tags as Dify means them: a -fix comes after its release, any
// other suffix before.
func before(a, b string) bool {
	x, y := sortKey(a), sortKey(b)
	for i := range x {
		if x[i] != y[i] {
			return x[i] < y[i]
		}
	}
	return a < b
}

func sortKey(version string) [5]int {
	core, suffix, _ := strings.Cut(version, "-")
	var k [5]int
	for i, part := range strings.SplitN(core, ".", 3) {
		k[i], _ = strconv.Atoi(part)
	}
	switch {
	case strings.HasPrefix(suffix, "fix"):
		k[3] = 1
	case suffix != "":
		k[3] = -1
	}
	k[4], _ = strconv.Atoi(strings.TrimLeft(suffix, "abcdefghijklmnopqrstuvwxyz."))
	return k
}

// addTables reads routes, revisions, commands and prefixes.
func addTables(c *dify.Catalogue, dir string) error {
	known := map[string]bool{}
	for _, t := range c.Tags {
		known[t.Version] = true
	}
	routes, err := rows(dir, "routes.tsv", 3)
	if err != nil {
		return err
	}
	for _, r := range routes {
		since, until, _ := strings.Cut(r[2], "..")
		if !known[since] {
			continue // only on a development branch
		}
		c.API = append(c.API, dify.RouteSpan{Method: r[0], Path: r[1], Since: since, Until: until})
	}
	revisions, err := rows(dir, "alembic-revisions.tsv", 2)
	if err != nil {
		return err
	}
	for _, r := range revisions {
		c.Revisions = append(c.Revisions, dify.Revision{ID: r[0], Release: r[1]})
	}
	commands, err := rows(dir, "flask-commands.tsv", 3)
	if err != nil {
		return err
	}
	for _, r := range commands {
		until := r[2]
		if strings.HasPrefix(until, "main") {
			until = ""
		}
		c.Commands = append(c.Commands, dify.Command{Name: r[0], Since: r[1], Until: until})
	}
	return addPrefixes(c, dir)
}

// socketUpstream is what ${NGINX_SOCKET_IO_UPSTREAM} defaults to.
const socketUpstream = "api_websocket:5001"

func addPrefixes(c *dify.Catalogue, dir string) error {
	table, err := rows(dir, "nginx-locations.tsv", 3)
	if err != nil {
		return err
	}
	at := map[string]map[string]string{}
	for _, r := range table {
		if at[r[0]] == nil {
			at[r[0]] = map[string]string{}
		}
		target := strings.TrimPrefix(r[2], "http://")
		if strings.HasPrefix(target, "$") {
			target = socketUpstream
		}
		at[r[0]][r[1]] = target
	}
	s := spans{}
	for i, t := range c.Tags {
		s.add(i, at[t.Version])
	}
	for _, e := range s.list(c.Tags) {
		service, port, _ := strings.Cut(e.value, ":")
		c.Prefixes = append(c.Prefixes, dify.Prefix{Prefix: e.key, Service: service, Port: port, Since: e.since, Until: e.until})
	}
	return nil
}

// spans turns sets of key and value per release into first and last releases.
type spans map[[2]string][]int

func (s spans) add(release int, set map[string]string) {
	for k, v := range set {
		s[[2]string{k, v}] = append(s[[2]string{k, v}], release)
	}
}

type span struct{ key, value, since, until string }

func (s spans) list(tags []dify.Tag) []span {
	var out []span
	for k, at := range s {
		for start := 0; start < len(at); {
			end := start
			for end+1 < len(at) && at[end+1] == at[end]+1 {
				end++
			}
			e := span{key: k[0], value: k[1], since: tags[at[start]].Version}
			if at[end] < len(tags)-1 {
				e.until = tags[at[end]].Version
			}
			out = append(out, e)
			start = end + 1
		}
	}
	sort.Slice(out, func(i, j int) bool {
		a, b := out[i], out[j]
		if a.key != b.key {
			return a.key < b.key
		}
		return before(a.since, b.since)
	})
	return out
}
