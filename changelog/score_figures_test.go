package changelog

import "fmt"

// score counts what was found and what was flagged without need.
type score struct{ firm, firmHit, blocking, blockingHit, tempting, flagged int }

func (s *score) count(class string, found bool) {
	one := 0
	if found {
		one = 1
	}
	switch class {
	case "blocking":
		s.blocking++
		s.blockingHit += one
		s.firm++
		s.firmHit += one
	case "firm":
		s.firm++
		s.firmHit += one
	case "tempting":
		s.tempting++
		s.flagged += one
	}
}

func (s *score) add(o score) {
	s.firm += o.firm
	s.firmHit += o.firmHit
	s.blocking += o.blocking
	s.blockingHit += o.blockingHit
	s.tempting += o.tempting
	s.flagged += o.flagged
}

func (s score) recall() float64  { return ratio(s.firmHit, s.firm) }
func (s score) tempted() float64 { return ratio(s.flagged, s.tempting) }

func (s score) String() string {
	return fmt.Sprintf("recall of firm items %.2f (%d of %d), of blocking items %.2f (%d of %d), tempting lines flagged %.2f (%d of %d)",
		s.recall(), s.firmHit, s.firm, ratio(s.blockingHit, s.blocking), s.blockingHit, s.blocking, s.tempted(), s.flagged, s.tempting)
}
