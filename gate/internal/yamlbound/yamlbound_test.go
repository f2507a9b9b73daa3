package yamlbound

import (
	"fmt"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	var keys, bomb strings.Builder
	for i := range maxKeys + 1 {
		fmt.Fprintf(&keys, "  k%d: 1\n", i)
	}
	bomb.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 7; i++ {
		alias := fmt.Sprintf("*a%d", i-1)
		fmt.Fprintf(&bomb, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(alias+", ", 10), ", "))
	}
	for name, c := range map[string]struct{ text, want string }{
		"fine":      {"a: &a {b: 1}\nc: *a\n", ""},
		"itself":    {"a: &a [*a]\n", "holds itself"},
		"bomb":      {bomb.String(), "unfolds to more"},
		"deep":      {strings.Repeat("[", 300) + strings.Repeat("]", 300), "200 levels"},
		"many keys": {"x: 1\ny:\n" + keys.String(), "line 3: a mapping has more than 4,000 keys"},
	} {
		var root yaml.Node
		if err := yaml.Unmarshal([]byte(c.text), &root); err != nil {
			t.Fatal(err)
		}
		err := Check(&root)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
