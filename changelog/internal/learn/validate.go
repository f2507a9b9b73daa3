package learn

import (
	"runtime"
	"sync"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/changelog/internal/corpus"
	"github.com/dify-gate/dify-gate/changelog/internal/model"
)

// Folds are weights by the group of products that they were trained without.
type Folds map[string]*model.Model

// Group joins what is one product for cross-validation.
func Group(product string) string {
	if product == corpus.FiveDify {
		return "dify"
	}
	return product
}

// CrossValidate trains one model for each group of products, on all the others
// and on our own sentences.
func CrossValidate(docs, own []corpus.Document) (Folds, error) {
	data := Read(append(append([]corpus.Document{}, docs...), own...))
	folds := Folds{}
	for _, d := range docs {
		folds[Group(d.Product)] = nil
	}
	var lock sync.Mutex
	var wait sync.WaitGroup
	var failed error
	limit := make(chan struct{}, runtime.NumCPU())
	for g := range folds {
		wait.Go(func() {
			limit <- struct{}{}
			defer func() { <-limit }()
			m, err := data.Train(Defaults(), func(product string) bool { return Group(product) != g })
			lock.Lock()
			defer lock.Unlock()
			if err != nil {
				failed = err
			}
			folds[g] = m
		})
	}
	wait.Wait()
	return folds, failed
}

// Score reads a document as the only release of its source and scores it.
func Score(d corpus.Document, reader changelog.Reader) corpus.Score {
	r := Release(d)
	from, _ := changelog.ParseVersion("0.0.1-dev") // before every document
	reading := reader.Read(changelog.SelectRange([]changelog.Release{r}, from, r.Version), nil)
	reports := make([]corpus.Report, 0, len(reading.Changes))
	for _, ch := range reading.Changes {
		report := corpus.Report{Texts: []string{ch.Text}, Kind: string(ch.Kind)}
		for _, m := range ch.Also {
			report.Texts = append(report.Texts, m.Text)
		}
		reports = append(reports, report)
	}
	return corpus.Of(d, reports)
}
