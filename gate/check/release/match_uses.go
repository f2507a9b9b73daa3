package release

import (
	"strings"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
)

// uses answers by whether the operator's files use what a change takes away.
func (f operatorFiles) uses(c changelog.Condition) match {
	switch c.Op {
	case changelog.OpQueueUsed:
		return f.queueUsed(c.Name)
	case changelog.OpImage:
		return f.image(c.Name)
	case changelog.OpOption, changelog.OpCommand:
		return f.named(c.Name, len(f.d.ComposeFiles)+len(f.d.HelmFiles) > 0, func(t operatorText) bool { return t.sort != envText })
	case changelog.OpRoute:
		return f.named(c.Name, f.texts().proxies, func(t operatorText) bool { return t.sort == proxyText || t.sort == composeText })
	case changelog.OpKey:
		return f.key(c.Name)
	}
	return match{answer: answerUnknown}
}

// enoughEvidence is how many places of one use are listed.
const enoughEvidence = 5

// image looks an image up among those that the files declare; without a tag any
// tag is meant.
func (f operatorFiles) image(name string) match {
	if len(f.d.Images) == 0 {
		return match{answer: answerUnknown}
	}
	repository, tag := deployment.SplitImage(name)
	out := match{answer: answerYes}
	for _, i := range f.d.Images {
		if (i.Name == repository || strings.HasSuffix(i.Name, "/"+repository)) && (tag == "" || tag == i.Tag) && len(out.evidence) < enoughEvidence {
			out.evidence = append(out.evidence, evidence{text: "uses the image " + i.Name + tagOf(i.Tag), at: i.Place})
		}
	}
	if len(out.evidence) == 0 {
		return match{answer: answerNo, evidence: []evidence{{text: "no service uses the image " + name}}}
	}
	return out
}

func tagOf(tag string) string {
	if tag == "" {
		return ""
	}
	return ":" + tag
}

// named looks a text up in the lines of the files of some sorts; known reports
// whether those who do not have it do not use it.
func (f operatorFiles) named(name string, known bool, sort func(operatorText) bool) match {
	out := match{answer: answerYes}
	for _, t := range f.texts().list {
		if !sort(t) {
			continue
		}
		for i, line := range t.lines {
			if len(out.evidence) < enoughEvidence && hasName(line, name) {
				out.evidence = append(out.evidence, evidence{text: "names " + name, at: deployment.Place{File: t.file, Line: i + 1}})
			}
		}
	}
	switch {
	case len(out.evidence) > 0:
		return out
	case !known || f.texts().cut:
		return match{answer: answerUnknown}
	}
	return match{answer: answerNo, evidence: []evidence{{text: "no file names " + name}}}
}

// hasName reports whether a line has a name as a whole, outside of a comment.
// What goes on with a slash is below a path that is named.
func hasName(line, name string) bool {
	if strings.HasPrefix(strings.TrimSpace(line), "#") {
		return false
	}
	if cut := strings.Index(line, " #"); cut >= 0 {
		line = line[:cut]
	}
	for from := 0; ; {
		at := strings.Index(line[from:], name)
		if at < 0 {
			return false
		}
		at += from
		end := at + len(name)
		before := at == 0 || !nameByte(line[at-1]) && (name[0] == '/' || line[at-1] != '/')
		if before && (end == len(line) || !nameByte(line[end])) {
			return true
		}
		from = at + 1
	}
}

func nameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-'
}

// key looks a key up in Helm values and other YAML: "a.b.c" by its path. A single
// word may be anything, so that its absence says nothing.
func (f operatorFiles) key(name string) match {
	path := strings.Split(name, ".")
	out := match{answer: answerYes}
	for _, t := range f.texts().list {
		if t.sort != yamlText && t.sort != plainText {
			continue
		}
		if line := keyLine(t.lines, path); line > 0 && len(out.evidence) < enoughEvidence {
			out.evidence = append(out.evidence, evidence{text: "sets " + name, at: deployment.Place{File: t.file, Line: line}})
		}
	}
	switch {
	case len(out.evidence) > 0:
		return out
	case len(path) < 2 || len(f.d.HelmFiles) == 0 || f.texts().cut:
		return match{answer: answerUnknown}
	}
	return match{answer: answerNo, evidence: []evidence{{text: name + " is not set", at: deployment.Place{File: f.d.HelmFiles[0]}}}}
}

// keyLine finds the 1-based line of a key by its path of parents, by the
// indentation of block style; 0: it is not there.
func keyLine(lines []string, path []string) int {
	type level struct {
		indent int
		key    string
	}
	var open []level
	for i, line := range lines {
		text := strings.TrimLeft(line, " ")
		key, _, ok := strings.Cut(text, ":")
		if !ok && len(path) == 1 {
			key, _, ok = strings.Cut(text, "=")
		}
		if !ok || text[0] == '#' || text[0] == '-' {
			continue
		}
		key = strings.Trim(strings.TrimSpace(key), `"'`)
		indent := len(line) - len(text)
		for len(open) > 0 && open[len(open)-1].indent >= indent {
			open = open[:len(open)-1]
		}
		open = append(open, level{indent, key})
		if len(open) < len(path) || len(path) > 1 && len(open) != len(path) {
			continue
		}
		same := true
		for k, part := range path {
			same = same && open[len(open)-len(path)+k].key == part
		}
		if same {
			return i + 1
		}
	}
	return 0
}
