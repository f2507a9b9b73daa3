package corpus

import (
	"strings"
	"unicode"
)

// Report is a reported change, as the score sees it.
type Report struct {
	Texts []string // the change's text and those of its mentions
	Kind  string
}

// Score counts what was found and what was reported.
type Score struct {
	Firm, FirmFound         int
	Blocking, BlockingFound int
	Right, Wrong            int // reports that overlap a firm item, and none
	Tempting, Tempted       int
	KindRight               int
	Kinds                   map[string]KindScore // by the item's kind, or by the report's
	Missed                  []Item
	False                   []Report
}

// KindScore counts the items of a kind that were found, and the reports of a
// kind that overlap a firm item.
type KindScore struct{ Firm, Found, Reported, Right int }

func (s *Score) kind(name string, change func(*KindScore)) {
	if s.Kinds == nil {
		s.Kinds = map[string]KindScore{}
	}
	k := s.Kinds[name]
	change(&k)
	s.Kinds[name] = k
}

// enough is the share of the shorter text's words that an item and a report
// must have in common.
const enough = 0.6

// Of scores the reports of one document.
func Of(d Document, reports []Report) Score {
	var s Score
	quotes := make([]map[string]bool, len(d.Items))
	for i, it := range d.Items {
		quotes[i] = WordSet(it.Quote)
	}
	found := make([]bool, len(d.Items))
	for _, r := range reports {
		s.report(d, r, quotes, found)
	}
	for i, it := range d.Items {
		if it.Borderline {
			continue
		}
		s.Firm++
		if it.Blocking {
			s.Blocking++
		}
		s.kind(it.Kind, func(k *KindScore) {
			k.Firm++
			if found[i] {
				k.Found++
			}
		})
		switch {
		case !found[i]:
			s.Missed = append(s.Missed, it)
		case it.Blocking:
			s.BlockingFound++
			s.FirmFound++
		default:
			s.FirmFound++
		}
	}
	for _, line := range d.Tempting {
		s.Tempting++
		set := WordSet(line)
		for _, r := range reports {
			if overlaps(set, r) {
				s.Tempted++
				break
			}
		}
	}
	return s
}

// report counts one report and marks the items that it finds.
func (s *Score) report(d Document, r Report, quotes []map[string]bool, found []bool) {
	firm, border, kind := false, false, false
	for i, it := range d.Items {
		if !overlaps(quotes[i], r) {
			continue
		}
		found[i] = true
		firm = firm || !it.Borderline
		border = border || it.Borderline
		kind = kind || it.Kind == r.Kind
	}
	switch {
	case firm:
		s.Right++
		s.kind(r.Kind, func(k *KindScore) { k.Reported++; k.Right++ })
		if kind {
			s.KindRight++
		}
	case !border:
		s.Wrong++
		s.kind(r.Kind, func(k *KindScore) { k.Reported++ })
		s.False = append(s.False, r)
	}
}

func overlaps(quote map[string]bool, r Report) bool {
	for _, text := range r.Texts {
		if Overlap(quote, WordSet(text)) >= enough {
			return true
		}
	}
	return false
}

// Add adds another score.
func (s *Score) Add(o Score) {
	s.Firm += o.Firm
	s.FirmFound += o.FirmFound
	s.Blocking += o.Blocking
	s.BlockingFound += o.BlockingFound
	s.Right += o.Right
	s.Wrong += o.Wrong
	s.Tempting += o.Tempting
	s.Tempted += o.Tempted
	s.KindRight += o.KindRight
	for name, k := range o.Kinds {
		s.kind(name, func(to *KindScore) {
			to.Firm += k.Firm
			to.Found += k.Found
			to.Reported += k.Reported
			to.Right += k.Right
		})
	}
	s.Missed = append(s.Missed, o.Missed...)
	s.False = append(s.False, o.False...)
}

// WordSet is a text's words without repeats; Chinese characters stand alone.
func WordSet(text string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' }) {
		start := 0
		for i, r := range w {
			if !unicode.Is(unicode.Han, r) {
				continue
			}
			if start < i {
				set[w[start:i]] = true
			}
			start = i + len(string(r))
			set[string(r)] = true
		}
		if start < len(w) {
			set[w[start:]] = true
		}
	}
	return set
}

// Overlap is the share of the smaller set's words that the other has too.
func Overlap(a, b map[string]bool) float64 {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) == 0 {
		return 0
	}
	n := 0
	for w := range a {
		if b[w] {
			n++
		}
	}
	return float64(n) / float64(len(a))
}

// WithoutLinks drops the targets of links and bare addresses, which entries do
// not have in their text.
func WithoutLinks(text string) string {
	for {
		open := strings.Index(text, "](")
		if open < 0 {
			break
		}
		end := strings.IndexByte(text[open:], ')')
		if end < 0 {
			break
		}
		text = text[:open] + " " + text[open+end+1:]
	}
	var words []string
	for _, w := range strings.Fields(text) {
		if !strings.HasPrefix(strings.Trim(w, "(<`"), "http") {
			words = append(words, w)
		}
	}
	return strings.Join(words, " ")
}
