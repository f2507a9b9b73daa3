package model

import (
	"bytes"
	"strings"
	"testing"
)

// TestWeightsSurviveTheFile: what is written is read again, to a hundredth, and
// rows that weigh next to nothing are left out.
func TestWeightsSurviveTheFile(t *testing.T) {
	t.Parallel()
	m := New([]string{"a", "b"}, map[string][]float64{"x": {1.234, -0.5}, "y": {0.001, 0}})
	var file bytes.Buffer
	if err := m.Write(&file); err != nil {
		t.Fatal(err)
	}
	again, err := Read(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	row := again.Row([]byte("x"))
	if again.Rows() != 1 || row < 0 || again.Weight(row, again.Head("b")) != -0.5 || again.Weight(row, 0) < 1.225 || again.Weight(row, 0) > 1.235 {
		t.Errorf("file %q gives %d rows, want x alone with 1.23 and -0.5", file.String(), again.Rows())
	}
}

func TestBrokenWeights(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "no heads", "a b\nx\t1\n": "line 2", "a\nx\tone\n": "no integer", "a\nx 1\n": "no tab", "a\nx\t1 2\n": "more weights"} {
		if _, err := Read([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

// TestEmbeddedWeights: the gate has a model for every question.
func TestEmbeddedWeights(t *testing.T) {
	t.Parallel()
	m := Default()
	if m.Rows() < 1000 || m.Row([]byte(Bias)) < 0 {
		t.Errorf("%d rows, bias in row %d, want a trained model", m.Rows(), m.Row([]byte(Bias)))
	}
	for _, head := range []string{"concern", "breaking", "action", "migration", "removal", "config", "deprecation", "security", "regression"} {
		m.Head(head)
	}
}
