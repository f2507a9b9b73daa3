// Package model holds the weights by which statements of release notes are
// judged: a linear model with one weight a sign for each of a few questions
// ("heads"). The weights are made by changelog/internal/train and embedded.
//
//	Default() -> *Model      the embedded weights, parsed at their first use
//	m.Row(sign) -> int       the row of a sign, or -1
//	m.Weight(row, head)      its weight for a question
//
// The file has one line a sign: the sign, a tab, and one integer a head, in
// hundredths.
package model

import (
	"bufio"
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed weights.txt
var embedded []byte

// Bias is the sign that every statement has.
const Bias = "bias"

// unit is what an integer of the file stands for.
const unit = 0.01

// Model is a linear model: read only, safe for concurrent use.
type Model struct {
	heads   []string
	rows    map[string]int32
	names   []string
	weights []float32 // row by row, one a head
	bias    int       // row of the bias, or -1
}

// Default returns the embedded model. A file that is broken panics: a test
// reads it.
var Default = sync.OnceValue(Embedded)

// Embedded parses the embedded weights anew.
func Embedded() *Model {
	m, err := Read(embedded)
	if err != nil {
		panic("changelog: weights.txt: " + err.Error())
	}
	return m
}

// New makes a model of weights by sign.
func New(heads []string, weights map[string][]float64) *Model {
	m := &Model{heads: heads, rows: make(map[string]int32, len(weights))}
	for sign := range weights {
		m.names = append(m.names, sign)
	}
	slices.Sort(m.names)
	for i, sign := range m.names {
		m.rows[sign] = int32(i)
		for h := range heads {
			m.weights = append(m.weights, float32(weights[sign][h]))
		}
	}
	m.bias = m.Row([]byte(Bias))
	return m
}

// Read parses a file of weights.
func Read(text []byte) (*Model, error) {
	m := &Model{}
	first, rest, _ := bytes.Cut(text, []byte{'\n'})
	m.heads = strings.Fields(string(first))
	if len(m.heads) == 0 {
		return nil, fmt.Errorf("line 1 names no heads")
	}
	lines := bytes.Count(rest, []byte{'\n'})
	m.rows = make(map[string]int32, lines)
	m.names = make([]string, 0, lines)
	m.weights = make([]float32, 0, lines*len(m.heads))
	number := 1
	for line := range strings.Lines(string(rest)) {
		number++
		if err := m.line(strings.TrimSuffix(line, "\n")); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
	}
	m.bias = m.Row([]byte(Bias))
	return m, nil
}

func (m *Model) line(line string) error {
	sign, numbers, ok := strings.Cut(line, "\t")
	if !ok {
		return fmt.Errorf("%q has no tab", line)
	}
	m.rows[sign] = int32(len(m.names))
	m.names = append(m.names, sign)
	for range m.heads {
		var field string
		field, numbers, _ = strings.Cut(numbers, " ")
		n, err := strconv.Atoi(field)
		if err != nil {
			return fmt.Errorf("weight %q of %s is no integer", field, sign)
		}
		m.weights = append(m.weights, float32(n)*unit)
	}
	if numbers != "" {
		return fmt.Errorf("%s has more weights than there are heads", sign)
	}
	return nil
}

// Write writes the model as Read reads it; rows whose weights are all next to nothing
// are left out.
func (m *Model) Write(to io.Writer) error {
	w := bufio.NewWriter(to)
	fmt.Fprintln(w, strings.Join(m.heads, " "))
	for row, sign := range m.names {
		fields := make([]string, len(m.heads))
		zero := true
		for h := range m.heads {
			n := int(roundTo(m.Weight(row, h)))
			zero = zero && -least < n && n < least
			fields[h] = strconv.Itoa(n)
		}
		if !zero {
			fmt.Fprintf(w, "%s\t%s\n", sign, strings.Join(fields, " "))
		}
	}
	return w.Flush()
}

func roundTo(w float64) float64 {
	if w < 0 {
		return float64(int(w/unit - 0.5))
	}
	return float64(int(w/unit + 0.5))
}

// least is the smallest weight, in hundredths, that a row is kept for.
const least = 4

// Rows is how many signs have weights.
func (m *Model) Rows() int { return len(m.names) }

// Head returns the number of a question; it panics on one that the model lacks.
func (m *Model) Head(name string) int {
	i := slices.Index(m.heads, name)
	if i < 0 {
		panic("changelog: the model has no head " + name)
	}
	return i
}

// Row returns the row of a sign, or -1.
func (m *Model) Row(sign []byte) int {
	if row, ok := m.rows[string(sign)]; ok {
		return int(row)
	}
	return -1
}

// Name returns the sign of a row.
func (m *Model) Name(row int) string { return m.names[row] }

// Weight returns a row's weight for a head.
func (m *Model) Weight(row, head int) float64 { return float64(m.weights[row*len(m.heads)+head]) }

// Sum is the score of a statement for a head: the bias and the weights of its
// rows, which count the less the more there are. rows may hold the bias.
func (m *Model) Sum(rows []int, head int) float64 {
	sum, bias, n := 0.0, 0.0, 0
	for _, row := range rows {
		w := float64(m.weights[row*len(m.heads)+head])
		if row == m.bias {
			bias = w
			continue
		}
		sum += w
		n++
	}
	return bias + sum*Scale(n)
}

// Scale is the weight of each of n signs of a statement. A long sentence has
// more signs than a short one and is not the surer for it; the power was chosen
// by cross-validation.
func Scale(n int) float64 {
	const usual, power = 120, 0.6
	return math.Pow(usual/float64(max(n, 1)), power)
}
