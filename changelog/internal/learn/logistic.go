package learn

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/optimize"
)

// example is one statement: the columns of its signs, and what it is.
type example struct {
	Columns []int32
	Yes     bool
	Weight  float64
	Scale   float64 // of its columns but the bias
}

// logistic fits weights for columns 0 to columns-1 by L-BFGS. penalty is the
// strength of the L2 penalty; column 0 is the bias and is not penalised. It is
// deterministic.
func logistic(examples []example, columns int, penalty float64) ([]float64, error) {
	problem := optimize.Problem{
		Func: func(w []float64) float64 { return loss(examples, w, penalty, nil) },
		Grad: func(grad, w []float64) { loss(examples, w, penalty, grad) },
	}
	settings := &optimize.Settings{MajorIterations: 120, GradientThreshold: 1e-3, Converger: &optimize.FunctionConverge{Relative: 1e-6, Iterations: 5}}
	result, err := optimize.Minimize(problem, make([]float64, columns), settings, &optimize.LBFGS{})
	if err != nil && result == nil {
		return nil, fmt.Errorf("logistic regression: %w", err)
	}
	return result.X, nil
}

// loss is the penalised negative log-likelihood; grad, unless nil, gets its
// gradient.
func loss(examples []example, w []float64, penalty float64, grad []float64) float64 {
	sum := 0.0
	clear(grad)
	for _, e := range examples {
		z := 0.0
		for _, c := range e.Columns {
			if c != 0 {
				z += w[c]
			}
		}
		z = z*e.Scale + w[0]
		sign := -1.0
		if e.Yes {
			sign = 1
		}
		margin := sign * z
		// log(1+exp(-m)), safe for large margins of either sign.
		sum += e.Weight * (math.Log1p(math.Exp(-math.Abs(margin))) + math.Max(-margin, 0))
		if grad != nil {
			g := -sign * e.Weight / (1 + math.Exp(margin))
			grad[0] += g
			g *= e.Scale
			for _, c := range e.Columns {
				if c != 0 {
					grad[c] += g
				}
			}
		}
	}
	for i := 1; i < len(w); i++ {
		sum += penalty / 2 * w[i] * w[i]
		if grad != nil {
			grad[i] += penalty * w[i]
		}
	}
	return sum
}
