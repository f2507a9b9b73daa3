package dify

import "slices"

// spans turn lists of first and last releases into sets of a release and back.
type spans[K comparable] struct {
	o     *overlay
	order []K // as they were met, so that the result does not depend on a map
	at    map[K][][2]int
	in    map[K]bool
	// read: the facts have the list. Otherwise the release has what is known of
	// it, or what the one before it has.
	read bool
}

func newSpans[K comparable](o *overlay, size int, read bool) *spans[K] {
	return &spans[K]{o: o, at: make(map[K][][2]int, size), in: make(map[K]bool, size), read: read}
}

// has reports whether the release has an item.
func (s *spans[K]) has(item K) bool {
	if s.read {
		return s.in[item]
	}
	at := s.o.at
	if s.o.new {
		at--
	}
	return slices.ContainsFunc(s.at[item], func(span [2]int) bool { return span[0] <= at && at <= span[1] })
}

// have notes that releases since to until have an item, by the old tags.
func (s *spans[K]) have(item K, since, until string) {
	from, to := s.o.c.order[since], s.o.shift(s.o.old-1)
	if until != "" {
		to = s.o.c.order[until]
	}
	s.know(item)
	s.at[item] = append(s.at[item], [2]int{from, to})
}

// set notes that the release has an item.
func (s *spans[K]) set(item K) {
	s.know(item)
	s.in[item] = true
}

func (s *spans[K]) know(item K) {
	if _, ok := s.at[item]; !ok {
		s.at[item] = nil
		s.order = append(s.order, item)
	}
}

// each hands on the new spans.
func (s *spans[K]) each(yield func(item K, since, until string)) {
	for _, item := range s.order {
		for _, span := range replaced(s.at[item], s.o.at, s.has(item)) {
			until := ""
			if span[1] < s.o.last() {
				until = s.o.version(span[1])
			}
			yield(item, s.o.version(span[0]), until)
		}
	}
}

// replaced are the spans with one place in or out; spans that touch are one.
func replaced(list [][2]int, at int, in bool) [][2]int {
	var out [][2]int
	for _, s := range list {
		if at < s[0] || at > s[1] {
			out = append(out, s)
			continue
		}
		if s[0] < at {
			out = append(out, [2]int{s[0], at - 1})
		}
		if at < s[1] {
			out = append(out, [2]int{at + 1, s[1]})
		}
	}
	if !in {
		return out
	}
	out = append(out, [2]int{at, at})
	slices.SortFunc(out, func(a, b [2]int) int { return a[0] - b[0] })
	joined := out[:1]
	for _, s := range out[1:] {
		if end := &joined[len(joined)-1]; s[0] <= end[1]+1 {
			end[1] = max(end[1], s[1])
			continue
		}
		joined = append(joined, s)
	}
	return joined
}
