package learn

import (
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/dify-gate/dify-gate/changelog/internal/corpus"
)

// Point is a place on the curve of precision over recall.
type Point struct{ Recall, Blocking, Precision, Threshold float64 }

// Curve judges every statement by weights that were trained without its group
// of products, and returns the precision at each of the recalls.
func (d *Data) Curve(o Options, group func(product string) string, recalls []float64) ([]Point, error) {
	type scored struct {
		score float64
		label label
	}
	byGroup := map[string][]*sample{}
	var groups []string
	for i := range d.samples {
		s := &d.samples[i]
		if s.product == corpus.OwnProduct {
			continue
		}
		g := group(s.product)
		if byGroup[g] == nil {
			groups = append(groups, g)
		}
		byGroup[g] = append(byGroup[g], s)
	}
	var all []scored
	var lock sync.Mutex
	var wait sync.WaitGroup
	limit := make(chan bool, runtime.NumCPU())
	var failed error
	for _, g := range groups {
		wait.Add(1)
		go func() {
			defer wait.Done()
			limit <- true
			defer func() { <-limit }()
			m, err := d.train(o, func(product string) bool { return group(product) != g }, Heads()[:1])
			lock.Lock()
			defer lock.Unlock()
			if err != nil {
				failed = err
				return
			}
			list := byGroup[g]
			raw := make([]float64, len(list))
			type acc struct{ sum, n float64 }
			sections, entries, docs := map[string]*acc{}, map[string]*acc{}, map[int]*acc{}
			for i, s := range list {
				for _, sign := range s.signs {
					if row := m.Row([]byte(sign)); row >= 0 {
						raw[i] += m.Weight(row, 0)
					}
				}
				k := fmt.Sprint(s.doc, s.section)
				if sections[k] == nil {
					sections[k] = &acc{}
				}
				sections[k].sum += clip(raw[i])
				sections[k].n++
				k = fmt.Sprint(s.doc, " ", s.entry)
				if entries[k] == nil {
					entries[k] = &acc{}
				}
				entries[k].sum += clip(raw[i])
				entries[k].n++
				if docs[s.doc] == nil {
					docs[s.doc] = &acc{}
				}
				docs[s.doc].sum += clip(raw[i])
				docs[s.doc].n++
			}
			for i, s := range list {
				if s.label != unknown {
					a := sections[fmt.Sprint(s.doc, s.section)]
					e := entries[fmt.Sprint(s.doc, " ", s.entry)]
					d := docs[s.doc]
					score := raw[i]
					c := clip(raw[i])
					if o.Near != 0 {
						score += o.Near * (a.sum - c) / (a.n + 1)
					}
					if o.Mates != 0 {
						score += o.Mates * (e.sum - c) / (e.n)
					}
					if o.Doc != 0 {
						score += o.Doc * (d.sum - c) / (d.n + 3)
					}
					all = append(all, scored{score, s.label})
				}
			}
		}()
	}
	wait.Wait()
	if failed != nil {
		return nil, failed
	}
	slices.SortFunc(all, func(a, b scored) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return int(b.label) - int(a.label)
	})
	positives, grave := 0, 0
	for _, s := range all {
		if s.label != asksNothing {
			positives++
		}
		if s.label == blocking {
			grave++
		}
	}
	var points []Point
	right, heavy := 0, 0
	for i, s := range all {
		if s.label != asksNothing {
			right++
		}
		if s.label == blocking {
			heavy++
		}
		recall := float64(right) / float64(positives)
		if len(points) < len(recalls) && recall >= recalls[len(points)] {
			points = append(points, Point{recall, float64(heavy) / float64(grave), float64(right) / float64(i+1), s.score})
		}
	}
	return points, nil
}

func clip(x float64) float64 { return max(-3, min(3, x)) }
