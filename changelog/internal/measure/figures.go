package main

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/changelog/internal/corpus"
	"github.com/dify-gate/dify-gate/changelog/internal/learn"
)

// figures is the report: a row a product, a row a kind, and the sum.
func figures(docs []corpus.Document, folds learn.Folds, use changelog.Part, show string) string {
	var b strings.Builder
	all, byProduct := scores(docs, folds, use)
	for _, name := range sortedKeys(byProduct) {
		b.WriteString(row(name, byProduct[name]))
		if show == name || show == "all" {
			b.WriteString(faults(byProduct[name]))
		}
	}
	b.WriteString(row("all", all))
	for _, kind := range changelog.Kinds() {
		k := all.Kinds[string(kind)]
		fmt.Fprintf(&b, "kind %-15s found %s, reported %s right\n", kind, share(k.Found, k.Firm), share(k.Right, k.Reported))
	}
	return b.String()
}

// scores reads every document by the weights of its fold.
func scores(docs []corpus.Document, folds learn.Folds, use changelog.Part) (all corpus.Score, byProduct map[string]corpus.Score) {
	byProduct = map[string]corpus.Score{}
	for _, d := range docs {
		s := learn.Score(d, changelog.Reader{Model: folds[learn.Group(d.Product)], Use: use})
		sum := byProduct[d.Product]
		sum.Add(s)
		byProduct[d.Product] = sum
		all.Add(s)
	}
	return all, byProduct
}

func sortedKeys(m map[string]corpus.Score) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func row(name string, s corpus.Score) string {
	line := fmt.Sprintf("%-20s firm %s, blocking %s, precision %s", name, share(s.FirmFound, s.Firm), share(s.BlockingFound, s.Blocking), share(s.Right, s.Right+s.Wrong))
	if s.Tempting > 0 {
		line += fmt.Sprintf(", tempting %s", share(s.Tempted, s.Tempting))
	}
	return line + fmt.Sprintf(", kind %.2f\n", ratio(s.KindRight, s.Right))
}

func faults(s corpus.Score) string {
	var b strings.Builder
	for _, it := range s.Missed {
		grave := ""
		if it.Blocking {
			grave = ", blocking"
		}
		fmt.Fprintf(&b, "  missed (%s%s): %.220q\n", it.Kind, grave, it.Quote)
	}
	for _, r := range s.False {
		fmt.Fprintf(&b, "  false (%s): %.220q\n", r.Kind, r.Texts[0])
	}
	return b.String()
}

// share is n of all with the 95 % interval of Wilson: "0.88 (0.85-0.91, 477/543)".
func share(n, all int) string {
	low, high := wilson(n, all)
	return fmt.Sprintf("%.2f (%.2f-%.2f, %d/%d)", ratio(n, all), low, high, n, all)
}

func wilson(n, all int) (low, high float64) {
	if all == 0 {
		return 0, 1
	}
	const z = 1.96
	p, N := float64(n)/float64(all), float64(all)
	middle := (p + z*z/(2*N)) / (1 + z*z/N)
	half := z / (1 + z*z/N) * math.Sqrt(p*(1-p)/N+z*z/(4*N*N))
	return max(0, middle-half), min(1, middle+half)
}

func ratio(n, of int) float64 {
	if of == 0 {
		return 1
	}
	return float64(n) / float64(of)
}

// fell lists the figures of the row "all" that are more than a point below the
// kept ones.
func fell(kept, now string) []string {
	names := []string{"firm", "blocking", "precision"}
	before, after := allFigures(kept, names), allFigures(now, names)
	var worse []string
	for i, name := range names {
		if after[i] < before[i]-0.01 {
			worse = append(worse, fmt.Sprintf("%s %.2f, was %.2f", name, after[i], before[i]))
		}
	}
	return worse
}

// allFigures reads the figures of the row "all".
func allFigures(report string, names []string) []float64 {
	values := make([]float64, len(names))
	for line := range strings.Lines(report) {
		if !strings.HasPrefix(line, "all ") {
			continue
		}
		for i, name := range names {
			if _, rest, ok := strings.Cut(line, name+" "); ok {
				fmt.Sscanf(rest, "%f", &values[i])
			}
		}
	}
	return values
}
