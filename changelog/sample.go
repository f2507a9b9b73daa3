package changelog

import "github.com/dify-gate/dify-gate/changelog/internal/model"

// Sample is a statement as the model sees it, for the trainer.
type Sample struct {
	Text  string
	Signs []string // each once, in the order in which they were found
	Entry Entry
	Ruled bool // a label that its author set decides; the model is not asked
}

// Samples are the statements of a release that the model would be asked about.
func Samples(r Release) []Sample {
	var samples []Sample
	j := newJudge(model.New([]string{"concern", "blocking", "breaking", "action", "migration", "removal", "config", "deprecation", "security", "regression"}, nil))
	j.watch = func(st *statement) {
		_, ruled := j.declared(st)
		samples = append(samples, Sample{Text: st.text, Signs: signsOf(st), Entry: *st.entry, Ruled: ruled})
	}
	entries, _ := ParseEntries(r)
	j.classify(r, entries, nil)
	return samples
}

// signsOf lists a statement's signs, each once.
func signsOf(st *statement) []string {
	var list []string
	seen := map[string]bool{}
	w := signWriter{emit: func(sign []byte) {
		if s := string(sign); !seen[s] {
			seen[s] = true
			list = append(list, s)
		}
	}}
	st.write(&w)
	return list
}
