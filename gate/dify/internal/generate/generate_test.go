package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dify-gate/dify-gate/gate/dify"
)

const here = "../.."

// releases reads the repository's files once for all tests.
var releases = sync.OnceValues(folder{dir: filepath.Join(here, "releases"), list: filepath.Join(here, "releases.txt")}.read)

// The embedded catalogue is what the generator makes of the files now. The
// unpacked bytes are compared: gzip may differ from Go release to Go release.
func TestCatalogueIsUpToDate(t *testing.T) {
	t.Parallel()
	all, err := releases()
	if err != nil {
		t.Fatal(err)
	}
	c, err := pack(all, filepath.Join(here, "facts.json"))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := c.Encode(&b); err != nil {
		t.Fatal(err)
	}
	packed, err := os.ReadFile(filepath.Join(here, "catalogue.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(unpack(t, b.Bytes()), unpack(t, packed)) {
		t.Error("catalogue.json.gz is out of date, run go generate ./gate/dify")
	}
}

func unpack(t *testing.T, b []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Writing what was read gives the files that are there.
func TestFilesAreAsWritten(t *testing.T) {
	t.Parallel()
	all, err := releases()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	out := folder{dir: filepath.Join(dir, "releases"), list: filepath.Join(dir, "releases.txt")}
	if err := out.write(all); err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		want, err := os.ReadFile(filepath.Join(here, "releases", f.Version+".json"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(out.file(f.Version))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s.json is not as it would be written", f.Version)
		}
	}
	found, err := filepath.Glob(filepath.Join(here, "releases", "*.json"))
	if err != nil || len(found) != len(all) {
		t.Errorf("%d files, %d releases in the list, error %v", len(found), len(all), err)
	}
}

// A release that is added in between takes its place, and the one after it says
// what changed since then.
func TestAddInBetween(t *testing.T) {
	t.Parallel()
	all, err := releases()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	f := folder{dir: filepath.Join(dir, "releases"), list: filepath.Join(dir, "releases.txt")}
	if err := f.write(all); err != nil {
		t.Fatal(err)
	}
	byVersion := map[string]*dify.Facts{}
	for _, r := range all {
		byVersion[r.Version] = r
	}
	added := *byVersion["1.15.0"]
	added.Version, added.Source.Commit = "1.15.1", "0123456789abcdef0123456789abcdef01234567"
	added.Commands = append([]string{"a-new-one"}, added.Commands...)
	path := filepath.Join(dir, "facts.json")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := added.Encode(file); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.add(path); err != nil {
		t.Fatal(err)
	}
	again, err := f.read()
	if err != nil {
		t.Fatal(err)
	}
	if len(again) != len(all)+1 {
		t.Fatalf("%d releases, want %d", len(again), len(all)+1)
	}
	for _, r := range again {
		want := byVersion[r.Version]
		if r.Version == added.Version {
			want = &added
		}
		if diff := cmp.Diff(want, r); diff != "" {
			t.Errorf("%s (-want +got)\n%s", r.Version, diff)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for name, src := range map[string]string{
		"an unknown key":   `{"version":"1.0.0","after":"","colour":1}`,
		"another order":    `{"version":"1.0.0","after":"0.9.0"}`,
		"no JSON":          `version: 1.0.0`,
		"a broken service": `{"version":"1.0.0","after":"","lists":{"services":{"added":[1]}}}`,
	} {
		if _, err := unfold([]byte(src), nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
