// Command measure prints how well release notes are understood: recall of firm
// and blocking items, and precision, by product and by kind. Every product is
// read by weights that were trained without it, so that the figures are those
// of notes never seen.
//
//	go run ./changelog/internal/measure [-data ../shared/changelog] [-write]
//
// The labelled notes are not part of the repository; without them there is
// nothing to measure, which is said. The last figures are kept in
// changelog/testdata/figures.txt: -write renews them, and without it the
// command fails where a figure fell by more than a point.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/changelog/internal/corpus"
	"github.com/dify-gate/dify-gate/changelog/internal/learn"
	"github.com/dify-gate/dify-gate/changelog/internal/model"
)

type options struct {
	data, root, show string
	ablation, write  bool
}

func main() {
	var o options
	flag.StringVar(&o.data, "data", "../shared/changelog", "folder of the labelled notes")
	flag.StringVar(&o.root, "root", "changelog", "folder of the package changelog")
	flag.StringVar(&o.show, "show", "", "print what was missed and what was reported in error for a product, or for all")
	flag.BoolVar(&o.ablation, "ablation", false, "print the figures of the rules alone and of the model alone too")
	flag.BoolVar(&o.write, "write", false, "keep the figures as those to compare with")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	if _, err := os.Stat(filepath.Join(o.data, "corpus")); err != nil {
		fmt.Printf("nothing measured: the labelled notes are not at hand (%s); they are not part of the repository\n", filepath.Join(o.data, "corpus"))
		return nil
	}
	docs, err := corpus.Load(o.data)
	if err != nil {
		return err
	}
	own, err := corpus.Own(filepath.Join(o.root, "testdata"))
	if err != nil {
		return err
	}
	folds, err := learn.CrossValidate(docs, own)
	if err != nil {
		return err
	}
	report := figures(docs, folds, changelog.All, o.show)
	untaught, err := corpus.Lines(filepath.Join(o.root, "testdata", "field.txt"))
	if err != nil {
		return err
	}
	report += row("own, never taught", sum(untaught))
	fmt.Print(report)
	if o.ablation {
		for _, part := range []struct {
			name string
			use  changelog.Part
		}{{"rules alone", changelog.RulesOnly}, {"model alone", changelog.ModelOnly}} {
			all, _ := scores(docs, folds, part.use)
			fmt.Print(row(part.name, all))
		}
	}
	return keep(filepath.Join(o.root, "testdata", "figures.txt"), report, o)
}

// sum reads documents by the embedded weights, which were not trained on them.
func sum(docs []corpus.Document) corpus.Score {
	var all corpus.Score
	for _, d := range docs {
		all.Add(learn.Score(d, changelog.Reader{Model: model.Default()}))
	}
	return all
}

// keep compares the figures with the kept ones, or renews them.
func keep(file, report string, o options) error {
	if o.show != "" {
		return nil
	}
	if o.write {
		return os.WriteFile(file, []byte(report), 0o644)
	}
	kept, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if worse := fell(string(kept), report); len(worse) > 0 {
		return fmt.Errorf("worse than %s:\n%s", file, strings.Join(worse, "\n"))
	}
	return nil
}
