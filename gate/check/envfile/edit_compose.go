package envfile

import (
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
	"github.com/dify-gate/dify-gate/gate/internal/yamledit"
)

// scalarOf is the value of a variable in an environment section: of a mapping, or the
// item NAME=value of a list.
func scalarOf(env *yaml.Node, name string) *yaml.Node {
	if env.Kind == yaml.SequenceNode {
		for _, item := range env.Content {
			if key, _, _ := strings.Cut(item.Value, "="); key == name {
				return item
			}
		}
		return nil
	}
	return yamledit.At(env, name)
}

// passOn proposes that a service gets a variable, with a default where one is known.
func (r *envRun) passOn(s deployment.Service, name string) ([]gate.Edit, string) {
	y := check.ReadYAMLText(s.File)
	if y == nil {
		return nil, "its compose file cannot be read as YAML"
	}
	value := "${" + name + ":-}"
	if r.want.release != nil {
		if v, ok := r.want.release.EnvVar(name); ok && v.Default.Sum == "" {
			value = "${" + name + ":-" + v.Default.Text + "}"
		}
	}
	service := y.At("services", s.Name)
	if service == nil || service.Kind != yaml.MappingNode || service.Style&yaml.FlowStyle != 0 || len(service.Content) == 0 {
		return nil, "the service is written in a way that the gate does not change"
	}
	env := yamledit.Resolve(yamledit.At(service, "environment"))
	if env == nil {
		first := service.Content[0]
		indent := yamledit.Indent(first)
		return []gate.Edit{y.Insert(first.Line, "", indent+"environment:", indent+"  "+name+": "+value)}, ""
	}
	key := yamledit.Key(service, "environment")
	if key == nil || env.Style&yaml.FlowStyle != 0 || len(env.Content) == 0 || env.Content[0].Line <= key.Line {
		return nil, "the service's environment is written in a way that the gate does not change"
	}
	first := env.Content[0]
	if env.Kind == yaml.SequenceNode {
		// An item begins behind its dash, whose place is that of the line.
		line := y.Line(first.Line)
		dash := line[:strings.IndexByte(line, '-')+1]
		return []gate.Edit{y.Insert(first.Line, "", dash+" "+name+"="+value)}, ""
	}
	return []gate.Edit{y.Insert(first.Line, "", yamledit.Indent(first)+name+": "+value)}, ""
}

// takeOutOfService proposes that a line of a service's environment has the new name, or
// becomes a comment.
func (r *envRun) takeOutOfService(f *gate.Finding, v deployment.Value, reason string) {
	const inPlace = "its line cannot be changed in place"
	y := check.ReadYAMLText(v.File)
	if y == nil {
		f.Unfixed = "its compose file cannot be read as YAML"
		return
	}
	line := y.Line(v.Line)
	key := strings.TrimLeft(line, " ")
	indent := line[:len(line)-len(key)]
	name := strings.TrimLeft(strings.TrimLeft(key, "- "), `"'`)
	if !strings.HasPrefix(name, v.Name) || !y.OnOneLine(v.Line) {
		f.Unfixed = inPlace
		return
	}
	text := indent + "# " + reason + ": " + key
	if rename, ok := r.want.release.RenamedTo(v.Name); ok {
		f.Hint = rename.New + " is its name since " + rename.Since + ": rename it"
		text = strings.Replace(line, v.Name, rename.New, 1)
		if word(rename.New).MatchString(strings.Join(y.Texts(), "\n")) {
			f.Unfixed = rename.New + " is its name since " + rename.Since + ", and this file has it already: keep the value that is meant"
			return
		}
	}
	f.Edits = []gate.Edit{y.Replace(v.Line, v.Line, text)}
}
