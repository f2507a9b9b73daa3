package release

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
	"github.com/dify-gate/dify-gate/gate/internal/yamledit"
)

// retagger proposes edits of image tags. It reads each file once.
type retagger struct {
	d     *deployment.Deployment
	env   *check.EnvText
	files map[string]*check.YAMLText
}

func (t *retagger) file(path string) *check.YAMLText {
	if t.files == nil {
		t.files = map[string]*check.YAMLText{}
	}
	y, ok := t.files[path]
	if !ok {
		y = check.ReadYAMLText(path)
		t.files[path] = y
	}
	return y
}

// retag gives an image another tag in all places, or says why it does not.
func (t *retagger) retag(images []deployment.Image, want string) (edits []gate.Edit, reason string) {
	for _, i := range images {
		y := t.file(i.File)
		if y == nil {
			return nil, filepath.Base(i.File) + " cannot be read as YAML"
		}
		var e gate.Edit
		if slices.Contains(t.d.HelmFiles, i.File) {
			e, reason = t.helm(y, i, want)
		} else {
			e, reason = t.compose(y, i, want)
		}
		if reason != "" {
			return nil, reason
		}
		if !slices.ContainsFunc(edits, func(o gate.Edit) bool { return o.File == e.File && o.Line == e.Line && slices.Equal(o.Text, e.Text) }) {
			edits = append(edits, e)
		}
	}
	return edits, ""
}

const pinnedByDigest = "the image is pinned by a digest, which has to become that of the new tag: docker buildx imagetools inspect shows it"

// compose changes the image of a service.
func (t *retagger) compose(y *check.YAMLText, i deployment.Image, want string) (gate.Edit, string) {
	n, y := t.imageOf(y, i.Service, 0)
	if n == nil {
		return gate.Edit{}, "the service takes its image from a place that the gate does not follow"
	}
	return t.reference(y, n, i.Tag, want)
}

// imageOf finds the image of a service, also in a service that it extends.
func (t *retagger) imageOf(y *check.YAMLText, service string, depth int) (*yaml.Node, *check.YAMLText) {
	if n := y.At("services", service, "image"); n != nil || depth > 5 {
		return n, y
	}
	of := y.At("services", service, "extends")
	if of == nil {
		return nil, y
	}
	if of.Kind == yaml.ScalarNode {
		return t.imageOf(y, of.Value, depth+1)
	}
	base := yamledit.At(of, "service")
	if base == nil {
		return nil, y
	}
	if from := yamledit.At(of, "file"); from != nil {
		path := from.Value
		if !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(y.Path), path)
		}
		if y = t.file(path); y == nil {
			return nil, nil
		}
	}
	return t.imageOf(y, base.Value, depth+1)
}

// reference changes the tag of an image's reference: in its own text, in the variable of
// the env file that it is taken from, or in the default beside that.
func (t *retagger) reference(y *check.YAMLText, n *yaml.Node, have, want string) (gate.Edit, string) {
	raw := n.Value
	if strings.Contains(raw, "@") {
		return gate.Edit{}, pinnedByDigest
	}
	if !strings.Contains(raw, "$") {
		return inText(y, n, retagged(raw, have, want))
	}
	if rest, ok := strings.CutSuffix(raw, ":"+have); ok && have != "" {
		return inText(y, n, rest+":"+want)
	}
	for _, end := range []string{"-local"} { // written behind the variable
		if strings.HasSuffix(raw, end) && strings.HasSuffix(have, end) && strings.HasSuffix(want, end) {
			have, want = strings.TrimSuffix(have, end), strings.TrimSuffix(want, end)
		}
	}
	for _, ref := range deployment.Refs(y.Path, raw) {
		if entry, ok := t.d.File.Last(ref.Name); ok && entry.Value != "" {
			if value, ok := valueWith(entry.Raw, have, want); ok {
				return t.variable(ref.Name, value)
			}
			continue
		}
		if value, ok := valueWith(ref.Default, have, want); ok && ref.HasDefault {
			at := strings.Index(raw, "${"+ref.Name)
			rest := raw[at:]
			return inText(y, n, raw[:at]+strings.Replace(rest, ref.Default, value, 1))
		}
	}
	return gate.Edit{}, "the tag comes from variables in a way that the gate does not follow"
}

// valueWith is a variable's value with the new tag: it is the tag, or an image's whole
// reference.
func valueWith(value, have, want string) (string, bool) {
	switch {
	case have == "" || strings.Contains(value, "@"):
		return "", false
	case value == have:
		return want, true
	}
	rest, ok := strings.CutSuffix(value, ":"+have)
	return rest + ":" + want, ok
}

// retagged is a reference without variables with another tag.
func retagged(raw, have, want string) string {
	if have == "" {
		return raw + ":" + want
	}
	return strings.TrimSuffix(raw, have) + want
}

func (t *retagger) variable(name, value string) (gate.Edit, string) {
	if t.d.Standin {
		return gate.Edit{}, "the tag comes from " + name + ", and there is no .env to set it in"
	}
	if t.env == nil {
		t.env = check.ReadEnvText(t.d.EnvFile)
	}
	if t.env != nil {
		if e, ok := t.env.Set(name, value); ok {
			return e, ""
		}
	}
	return gate.Edit{}, fmt.Sprintf("the tag comes from %s, whose line cannot be changed in place", name)
}

func inText(y *check.YAMLText, n *yaml.Node, value string) (gate.Edit, string) {
	if e, ok := y.Set(n, value); ok {
		return e, ""
	}
	return gate.Edit{}, "the tag's line cannot be changed in place"
}

// helm changes an image of Helm values: the tag beside its repository, the tag that
// stands for all, or the tag in its reference.
func (t *retagger) helm(y *check.YAMLText, i deployment.Image, want string) (gate.Edit, string) {
	for _, doc := range y.Docs {
		if m := mappingAt(doc, i.Line); m != nil {
			if digest := yamledit.At(m, "digest"); digest != nil && digest.Value != "" {
				return gate.Edit{}, pinnedByDigest
			}
			if tag := yamledit.At(m, "tag"); tag != nil && tag.Value != "" {
				return inText(y, tag, want)
			}
			if image := yamledit.At(m, "image"); image != nil && image.Kind == yaml.ScalarNode && image.Line == i.Line {
				return t.reference(y, image, i.Tag, want)
			}
		}
		if tag := yamledit.At(doc, "global", "image", "tag"); tag != nil && tag.Value != "" && tag.Value == i.Tag {
			return inText(y, tag, want)
		}
	}
	return gate.Edit{}, "no tag is written here, so that the chart's own counts: choose the chart's version that has this release"
}

// mappingAt finds the mapping in which a tag, a repository or an image stands on a line.
func mappingAt(n *yaml.Node, line int) *yaml.Node {
	var found *yaml.Node
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i].Value, n.Content[i+1]
		if value.Line == line && value.Kind == yaml.ScalarNode && slices.Contains([]string{"tag", "repository", "image"}, key) {
			return n
		}
	}
	for _, c := range n.Content {
		if found = mappingAt(c, line); found != nil {
			return found
		}
	}
	return nil
}
