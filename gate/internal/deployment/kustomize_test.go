package deployment

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestKustomize: the images of a kustomization, with their places; one that cannot be
// read is a problem.
func TestKustomize(t *testing.T) {
	t.Parallel()
	read := func(name, text string) (*Deployment, error) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return Read(dir)
	}
	d, err := read("kustomization.yml", "images:\n- name: langgenius/dify-api\n  newTag: 1.14.2\n- name: langgenius/dify-web\n  newName: r.example.com/dify-web\n  digest: sha256:1\n- newTag: x\n- just text\n")
	if err != nil || len(d.Problems) > 0 {
		t.Fatal(err, d)
	}
	var got []string
	for _, i := range d.Images {
		got = append(got, i.Name+":"+i.Tag+" "+filepath.Base(i.Place.String()))
	}
	if want := []string{"langgenius/dify-api:1.14.2 kustomization.yml:3", "r.example.com/dify-web: kustomization.yml:4"}; !slices.Equal(got, want) {
		t.Errorf("images %q, want %q", got, want)
	}
	for text, says := range map[string]string{"images: [": "is not YAML", "\x00": "", "a: &a [*a]": ""} {
		d, err := read("Kustomization", text)
		if err != nil || len(d.Problems) != 1 || !strings.Contains(d.Problems[0].Text, says) {
			t.Errorf("%q: %v, %+v; want a problem: %s", text, err, d.Problems, says)
		}
	}
	// Values of one key alone are values as well.
	if d, err = read("values.yaml", "api:\n  image:\n    repository: langgenius/dify-api\n    tag: 1.14.2\n"); err != nil || len(d.Images) != 1 {
		t.Errorf("%v, %+v", err, d)
	}
}
