// Package learn makes the weights of changelog/internal/model out of labelled
// release notes. It is linked into the trainer and the measure, never into the
// gate.
//
//	Read(docs) -> *Data            statements with signs and labels, once
//	data.Train(keep) -> *Model     weights from the documents that keep allows
package learn

import (
	"slices"
	"strings"
	"unicode"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/changelog/internal/corpus"
	"github.com/dify-gate/dify-gate/changelog/internal/model"
)

// label is what is known of a statement.
type label int

const (
	unknown label = iota
	asksNothing
	firm
	blocking
)

type sample struct {
	signs   []string
	text    string
	label   label
	kind    string
	product string
}

// Data are the statements of all documents.
type Data struct{ samples []sample }

// Heads are the questions that the model answers.
func Heads() []string {
	heads := []string{"concern", "blocking"}
	for _, k := range changelog.Kinds() {
		heads = append(heads, string(k))
	}
	return heads
}

// Release makes a release of a document. Documents are named by more than a
// version, so the version is what their name begins with.
func Release(d corpus.Document) changelog.Release {
	v, err := changelog.ParseVersion(d.Version)
	for text := d.Version; err != nil && text != ""; text = text[:len(text)-1] {
		v, err = changelog.ParseVersion(text)
	}
	if err != nil {
		v, _ = changelog.ParseVersion("3.1.0") // an own body without a version
	}
	return changelog.Release{Version: v, Tag: d.Version, Body: d.Body, Line: 1, File: d.Product}
}

// Read reads the statements of documents and labels them by their items.
func Read(docs []corpus.Document) *Data {
	data := &Data{}
	for _, d := range docs {
		quotes := make([]quote, len(d.Items))
		for k, it := range d.Items {
			quotes[k] = newQuote(it.Quote)
		}
		tempting := make([]map[string]bool, len(d.Tempting))
		for k, line := range d.Tempting {
			tempting[k] = corpus.WordSet(line)
		}
		for _, s := range changelog.Samples(Release(d)) {
			one := sample{signs: s.Signs, text: s.Text, product: d.Product}
			one.label, one.kind = labelOf(d, s.Text, quotes, tempting)
			data.samples = append(data.samples, one)
		}
	}
	return data
}

// alike is the share of words from which on a statement is taken for a quote's,
// for statements of many words and of few; few is how many are few.
const (
	alike    = 0.6
	alikeFew = 0.85
	few      = 6
)

// quote is the words of an item, as statements have them.
type quote struct {
	set  map[string]bool
	flat string // the words in their order
}

func newQuote(text string) quote {
	text = corpus.WithoutLinks(text)
	return quote{corpus.WordSet(text), flatten(text)}
}

// flatten keeps the words of a text, parted by blanks.
func flatten(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' })
	return " " + strings.Join(words, " ") + " "
}

// labelOf finds the item that a statement belongs to. A statement that has only
// some of the words of an item, or is a small part of one, is of no use.
func labelOf(d corpus.Document, text string, quotes []quote, tempting []map[string]bool) (label, string) {
	own := newQuote(text)
	best, at := 0.0, -1
	for i, q := range quotes {
		share := corpus.Overlap(own.set, q.set)
		if strings.Contains(q.flat, own.flat) || strings.Contains(own.flat, q.flat) {
			share += 1 // word for word
		}
		if share > best || share == best && at >= 0 && d.Items[at].Borderline && !d.Items[i].Borderline {
			best, at = share, i
		}
	}
	least := alike
	if min(len(own.set), few) < few {
		least = alikeFew
	}
	switch {
	case best >= 1 && len(own.set) < few && len(own.set)*3 < len(quotes[at].set):
		return unknown, "" // "See the notes." of a longer quote
	case best >= least:
		switch it := d.Items[at]; {
		case it.Borderline:
			return unknown, ""
		case it.Blocking:
			return blocking, it.Kind
		default:
			return firm, it.Kind
		}
	case best >= alike:
		return unknown, ""
	}
	for _, q := range tempting {
		if corpus.Overlap(own.set, q) >= alike {
			return asksNothing, ""
		}
	}
	if d.Partial {
		return unknown, ""
	}
	return asksNothing, ""
}

// Options are the knobs of the training.
type Options struct {
	Penalty  float64 // L2, of the concern
	Kinds    float64 // L2, of the kinds
	Products int     // a sign counts when it stands in the notes of that many products
	Blocking float64 // weight of a blocking statement
	Own      float64 // weight of our own sentences
	Times    int     // a sign counts when it stands in that many statements
}

// Defaults are the options that were chosen by cross-validation.
func Defaults() Options {
	return Options{Penalty: 6, Kinds: 1, Products: 2, Times: 3, Blocking: 2, Own: 2}
}

// Train fits the weights on the documents whose product keep allows.
func (d *Data) Train(o Options, keep func(product string) bool) (*model.Model, error) {
	var list []*sample
	for i := range d.samples {
		if keep(d.samples[i].product) {
			list = append(list, &d.samples[i])
		}
	}
	columns, names := vocabulary(list, o)
	weights := make(map[string][]float64, len(names))
	for _, name := range names {
		weights[name] = make([]float64, len(Heads()))
	}
	for h, head := range Heads() {
		examples, penalty := d.examples(list, columns, head, o)
		if !hasBoth(examples) {
			continue
		}
		w, err := logistic(examples, len(names), penalty)
		if err != nil {
			return nil, err
		}
		for i, name := range names {
			weights[name][h] = w[i]
		}
	}
	return model.New(Heads(), weights), nil
}

// vocabulary numbers the signs that stand in the notes of enough products.
func vocabulary(list []*sample, o Options) (map[string]int32, []string) {
	type seen struct {
		times    int
		products map[string]bool
	}
	signs := map[string]*seen{}
	for _, s := range list {
		if s.label == unknown {
			continue
		}
		for _, sign := range s.signs {
			v := signs[sign]
			if v == nil {
				v = &seen{products: map[string]bool{}}
				signs[sign] = v
			}
			v.products[s.product] = true
			v.times++
		}
	}
	var names []string
	for sign, v := range signs {
		if sign != model.Bias && len(v.products) >= o.Products && v.times >= o.Times {
			names = append(names, sign)
		}
	}
	slices.Sort(names)
	names = append([]string{model.Bias}, names...)
	columns := make(map[string]int32, len(names))
	for i, name := range names {
		columns[name] = int32(i)
	}
	return columns, names
}

// examples are the statements that a question is trained on: all for the
// concern, those that concern an operator for the others.
func (d *Data) examples(list []*sample, columns map[string]int32, head string, o Options) ([]example, float64) {
	var out []example
	for _, s := range list {
		positive := s.label == firm || s.label == blocking
		e := example{Weight: 1}
		switch {
		case s.label == unknown:
			continue
		case head == "concern":
			e.Yes = positive
			if s.label == blocking {
				e.Weight = o.Blocking
			}
		case !positive:
			continue
		case head == "blocking":
			e.Yes = s.label == blocking
		case s.kind == "":
			continue
		default:
			e.Yes = s.kind == head
		}
		if s.product == corpus.OwnProduct {
			e.Weight *= o.Own
		}
		for _, sign := range s.signs {
			if c, ok := columns[sign]; ok {
				e.Columns = append(e.Columns, c)
			}
		}
		e.Scale = model.Scale(len(e.Columns) - 1) // the bias is among them
		out = append(out, e)
	}
	if head == "concern" {
		return out, o.Penalty
	}
	return out, o.Kinds
}

func hasBoth(examples []example) bool {
	yes := slices.ContainsFunc(examples, func(e example) bool { return e.Yes })
	no := slices.ContainsFunc(examples, func(e example) bool { return !e.Yes })
	return yes && no
}
