// Package corpus reads labelled release notes and scores what was found in
// them. The texts of other products are not part of the repository; those of
// our own making are.
//
//	Load(dir) -> []Document   the notes of other products, if they are at hand
//	Own(dir)  -> []Document   bodies and lines written for this project
//	Score(doc, changes)       what was found, missed and reported in error
package corpus

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Item is a statement that an operator has to know.
type Item struct {
	Quote      string
	Kind       string
	Blocking   bool
	Borderline bool
	Context    string
}

// Document is one release's notes with their labels.
type Document struct {
	Product  string
	Version  string
	Body     string
	Items    []Item
	Tempting []string // lines that sound like an item and are none
	Partial  bool     // what is not listed is not judged; else it asks nothing
}

// Load reads the folder of labelled notes: corpus/*.json, and releases.json
// with truth.json as the product "dify releases". A folder that is missing is
// an error.
func Load(dir string) ([]Document, error) {
	files, err := filepath.Glob(filepath.Join(dir, "corpus", "*.json"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no labelled notes in %s (corpus/*.json)", dir)
	}
	slices.Sort(files)
	var docs []Document
	for _, file := range files {
		var product struct {
			Product   string
			Documents []Document
		}
		if err := readJSON(file, &product); err != nil {
			return nil, err
		}
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		for _, d := range product.Documents {
			d.Product, d.Body = name, plainLines(d.Body)
			docs = append(docs, d)
		}
	}
	five, err := truth(dir)
	return append(docs, five...), err
}

// FiveDify is the product name of the releases of the truth table.
const FiveDify = "dify releases"

// truth reads releases.json and truth.json.
func truth(dir string) ([]Document, error) {
	var releases []struct {
		Tag  string `json:"tag_name"`
		Body string
	}
	if err := readJSON(filepath.Join(dir, "releases.json"), &releases); err != nil {
		return nil, err
	}
	var table struct {
		Items []struct {
			Item
			Version string
		}
		FalsePositives []struct {
			Version, Quote string
		} `json:"false_positives"`
	}
	if err := readJSON(filepath.Join(dir, "truth.json"), &table); err != nil {
		return nil, err
	}
	kinds := map[string]string{"action-required": "action", "dependency": "config", "performance-regression": "regression"}
	var docs []Document
	for _, r := range releases {
		d := Document{Product: FiveDify, Version: r.Tag, Body: plainLines(r.Body)}
		for _, it := range table.Items {
			if it.Version != r.Tag {
				continue
			}
			if kind, ok := kinds[it.Kind]; ok {
				it.Kind = kind
			}
			d.Items = append(d.Items, it.Item)
		}
		for _, f := range table.FalsePositives {
			if f.Version == r.Tag {
				d.Tempting = append(d.Tempting, f.Quote)
			}
		}
		docs = append(docs, d)
	}
	return docs, nil
}

func plainLines(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

func readJSON(file string, to any) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, to); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// Own reads the bodies and lines of our own making below a testdata folder:
// judged/NAME.md with NAME.labels ("class quote" lines), and lines.txt and
// lessons.txt ("kind | heading | line").
func Own(dir string) ([]Document, error) {
	files, err := filepath.Glob(filepath.Join(dir, "judged", "*.md"))
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	var docs []Document
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		labels, err := os.ReadFile(strings.TrimSuffix(file, ".md") + ".labels")
		if err != nil {
			return nil, err
		}
		d := Document{Product: OwnProduct, Version: strings.TrimSuffix(filepath.Base(file), ".md"), Body: string(body), Partial: true}
		for line := range strings.Lines(string(labels)) {
			class, quote, _ := strings.Cut(strings.TrimSpace(line), " ")
			switch class {
			case "firm", "blocking", "border":
				d.Items = append(d.Items, Item{Quote: quote, Blocking: class == "blocking", Borderline: class == "border"})
			case "tempting":
				d.Tempting = append(d.Tempting, quote)
			}
		}
		docs = append(docs, d)
	}
	for _, name := range []string{"lines.txt", "lessons.txt"} {
		more, err := Lines(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		docs = append(docs, more...)
	}
	return docs, nil
}

// OwnProduct is the product name of what was written for this project.
const OwnProduct = "own"

// Lines reads "kind | heading | line" lines, each a document of its own. "-" is
// a line that asks nothing; several kinds are parted by "/", the first counts.
// "^" before the heading: the line is of a list of pull requests. ">WARNING "
// before it: the line is an alert. "!" after the kind: blocking.
func Lines(file string) ([]Document, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var docs []Document
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimRight(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		for _, one := range expand(line, variants) {
			d, err := lineDocument(fmt.Sprintf("%s:%d", filepath.Base(file), number), one)
			if err != nil {
				return nil, err
			}
			docs = append(docs, d)
		}
	}
	return docs, nil
}

// variants bounds how many sentences one line with alternatives makes.
const variants = 14

// lineDocument makes a document of one "kind | heading | line".
func lineDocument(place, line string) (Document, error) {
	part := strings.SplitN(line, " | ", 3)
	if len(part) != 3 {
		return Document{}, fmt.Errorf("%s: %d parts, want \"kind | heading | line\"", place, len(part))
	}
	title, listed := strings.CutPrefix(part[1], "^")
	bullet := part[2]
	if listed {
		bullet += " by @some-one in https://github.com/langgenius/dify/pull/41234"
	}
	d := Document{Product: OwnProduct, Version: place, Body: "- " + bullet + "\n"}
	if alert, plain, ok := strings.Cut(strings.TrimPrefix(title, ">"), " "); ok && title != plain && strings.HasPrefix(title, ">") {
		title = plain
		d.Body = "> [!" + alert + "]\n> " + bullet + "\n"
	}
	if title != "" {
		d.Body = "## " + title + "\n\n" + d.Body
	}
	kind, _, _ := strings.Cut(part[0], "/")
	kind, blocking := strings.CutSuffix(strings.TrimSpace(kind), "!")
	if kind != "-" {
		d.Items = []Item{{Quote: part[2], Kind: kind, Blocking: blocking}}
	}
	return d, nil
}

// expand writes out the alternatives of "{a|b}": at most most lines, which use
// every alternative of the widest choice.
func expand(line string, most int) []string {
	var parts [][]string // literal text and choices by turns
	widest := 1
	for line != "" {
		open := strings.IndexByte(line, '{')
		end := -1
		if open >= 0 {
			end = strings.IndexByte(line[open:], '}')
		}
		if end < 0 {
			parts = append(parts, []string{line})
			break
		}
		choices := strings.Split(line[open+1:open+end], "|")
		parts = append(parts, []string{line[:open]}, choices)
		widest = max(widest, len(choices))
		line = line[open+end+1:]
	}
	out := make([]string, 0, min(widest, most))
	for i := range min(widest, most) {
		var b strings.Builder
		for k, p := range parts {
			b.WriteString(p[(i+i/len(p)*(k%3))%len(p)])
		}
		out = append(out, b.String())
	}
	return out
}
