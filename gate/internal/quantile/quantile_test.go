package quantile

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestAtAgainstSorted holds the percentiles of skewed distributions of many
// sizes against those of the sorted values.
func TestAtAgainstSorted(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 99, 100, 101, 160, 333, 1000, 54321} {
		h := New()
		values := make([]time.Duration, n)
		for i := range values {
			values[i] = time.Duration(math.Exp(random.NormFloat64()*1.5+11)) * time.Microsecond
			h.Record(values[i])
		}
		slices.Sort(values)
		for _, q := range []float64{0.5, 0.9, 0.95, 0.99, 0.999, 1} {
			want := values[int(math.Ceil(q*float64(n)))-1]
			got := h.At(q)
			if diff := math.Abs(float64(got-want)) / float64(want); diff > 0.0011 {
				t.Errorf("n %d q %g: got %v, want %v, off by %.3f %%", n, q, got, want, 100*diff)
			}
		}
		if h.Max() != values[n-1] {
			t.Errorf("n %d: max %v, want %v", n, h.Max(), values[n-1])
		}
	}
}

func TestBarsHoldEverything(t *testing.T) {
	t.Parallel()
	h := New()
	for _, d := range []time.Duration{0, 3 * time.Millisecond, 3 * time.Millisecond, 400 * time.Millisecond, 3 * time.Hour, -1} {
		h.Record(d)
	}
	var sum int64
	last := -1.0
	for _, b := range h.Bars() {
		if b.LE <= last {
			t.Errorf("border %g after %g", b.LE, last)
		}
		last = b.LE
		sum += b.Count
	}
	if sum != 6 || h.Count() != 6 {
		t.Errorf("bars hold %d, histogram %d, want 6", sum, h.Count())
	}
	if h.Percentiles()["max"] != 3*3600*1000 {
		t.Errorf("max %v", h.Percentiles()["max"])
	}
}

func TestEmpty(t *testing.T) {
	t.Parallel()
	if h := New(); h.At(0.99) != 0 || len(h.Bars()) != 0 {
		t.Error("an empty histogram has no percentiles and no bars")
	}
}
