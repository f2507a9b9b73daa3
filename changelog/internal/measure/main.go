// Command measure prints how well release notes are understood: recall of firm
// and blocking items and precision, by product, each product read by weights
// that were trained without it.
//
//	go run ./changelog/internal/measure [-data ../shared/changelog]
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/changelog/internal/corpus"
	"github.com/dify-gate/dify-gate/changelog/internal/learn"
	"github.com/dify-gate/dify-gate/changelog/internal/model"
)

func main() {
	data := flag.String("data", "../shared/changelog", "folder of the labelled notes")
	root := flag.String("root", "changelog", "folder of the package changelog")
	show := flag.String("show", "", "print what was missed and reported in error for this product (all: every one)")
	o := learn.Defaults()
	flag.Float64Var(&o.Penalty, "penalty", o.Penalty, "L2")
	flag.Float64Var(&o.Kinds, "kinds", o.Kinds, "L2 of kinds")
	flag.IntVar(&o.Products, "products", o.Products, "products a sign must stand in")
	flag.Float64Var(&o.Blocking, "blocking", o.Blocking, "weight of blocking")
	flag.Float64Var(&o.Own, "own", o.Own, "weight of own")
	flag.Float64Var(&o.Near, "near", 0, "")
	flag.Float64Var(&o.Mates, "mates", 0, "")
	flag.Float64Var(&o.Doc, "doc", 0, "")
	flag.StringVar(&o.Drop, "drop", "", "sorts of signs to leave out")
	flag.BoolVar(&curve, "curve", false, "print the curve of statements")
	shift := flag.Float64("shift", 0, "added to the bias")
	flag.Parse()
	learn.Shift = *shift
	if err := run(*data, *root, *show, o); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

var curve bool

func run(data, root, show string, o learn.Options) error {
	docs, err := corpus.Load(data)
	if err != nil {
		return err
	}
	own, err := corpus.Own(filepath.Join(root, "testdata"))
	if err != nil {
		return err
	}
	all := learn.Read(append(slices.Clone(docs), own...))
	if curve {
		points, err := all.Curve(o, group, []float64{0.6, 0.7, 0.8, 0.85, 0.9, 0.95})
		for _, p := range points {
			fmt.Printf("R %.2f B %.2f P %.2f (%.1f)  ", p.Recall, p.Blocking, p.Precision, p.Threshold)
		}
		fmt.Println()
		return err
	}
	groups := groupsOf(docs)
	scores := make([]corpus.Score, len(groups))
	var wait sync.WaitGroup
	limit := make(chan bool, 2)
	for i, g := range groups {
		wait.Add(1)
		go func() {
			defer wait.Done()
			limit <- true
			defer func() { <-limit }()
			m, err := all.Train(o, func(product string) bool { return group(product) != g })
			if err != nil {
				panic(err)
			}
			for _, d := range docs {
				if group(d.Product) == g {
					scores[i].Add(read(d, m, changelog.All))
				}
			}
		}()
	}
	wait.Wait()
	var total corpus.Score
	for i, g := range groups {
		print(g, scores[i])
		total.Add(scores[i])
		if show == g || show == "all" {
			for _, it := range scores[i].Missed {
				fmt.Printf("   missed %s %v: %.220q\n", it.Kind, it.Blocking, it.Quote)
			}
			for _, r := range scores[i].False {
				fmt.Printf("   false %s: %.220q\n", r.Kind, r.Texts[0])
			}
		}
	}
	print("all", total)
	return nil
}

// group joins the products that are one for cross-validation.
func group(product string) string {
	if product == corpus.FiveDify {
		return "dify"
	}
	return product
}

func groupsOf(docs []corpus.Document) []string {
	var list []string
	for _, d := range docs {
		if g := group(d.Product); !slices.Contains(list, g) {
			list = append(list, g)
		}
	}
	slices.SortFunc(list, strings.Compare)
	return list
}

func read(d corpus.Document, m *model.Model, use changelog.Part) corpus.Score {
	r := learn.Release(d)
	from, _ := changelog.ParseVersion("0.0.1-dev")
	reading := changelog.Reader{Model: m, Use: use}.Read(changelog.SelectRange([]changelog.Release{r}, from, r.Version), nil)
	var reports []corpus.Report
	for _, ch := range reading.Changes {
		report := corpus.Report{Texts: []string{ch.Text}, Kind: string(ch.Kind)}
		for _, m := range ch.Also {
			report.Texts = append(report.Texts, m.Text)
		}
		reports = append(reports, report)
	}
	return corpus.Of(d, reports)
}

func print(name string, s corpus.Score) {
	fmt.Printf("%-22s firm %.2f (%d/%d)  blocking %.2f (%d/%d)  precision %.2f (%d/%d)  tempting %d/%d  kind %.2f\n", name,
		ratio(s.FirmFound, s.Firm), s.FirmFound, s.Firm, ratio(s.BlockingFound, s.Blocking), s.BlockingFound, s.Blocking,
		ratio(s.Right, s.Right+s.Wrong), s.Right, s.Right+s.Wrong, s.Tempted, s.Tempting, ratio(s.KindRight, s.Right))
}

func ratio(n, of int) float64 {
	if of == 0 {
		return 1
	}
	return float64(n) / float64(of)
}
