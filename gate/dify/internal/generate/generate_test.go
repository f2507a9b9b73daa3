package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"sync"
	"testing"

	"github.com/dify-gate/dify-gate/gate/dify"
)

const folders = "../../../../../shared/dify"

// built reads the folders once for all tests.
var built = sync.OnceValues(func() (*dify.Catalogue, error) {
	return build(folders, "../../facts.json")
})

// The embedded catalogue is what the generator makes of the folders now. The
// unpacked bytes are compared: gzip may differ from Go release to Go release.
func TestCatalogueIsUpToDate(t *testing.T) {
	if _, err := os.Stat(folders); err != nil {
		t.Skip("no release folders in ../shared/dify")
	}
	c, err := built()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := c.Encode(&b); err != nil {
		t.Fatal(err)
	}
	packed, err := os.ReadFile("../../catalogue.json.gz")
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

// The history of variables that was derived independently must agree.
func TestEnvHistoryAgrees(t *testing.T) {
	table, err := rows(folders, "env-history.tsv", 2)
	if err != nil {
		t.Skip("no env-history.tsv in ../shared/dify")
	}
	c, err := built()
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, k := range c.Env {
		// The table has final releases only.
		if len(k.Example) > 0 && !(isPre(k.Example[0].Since) && k.Example[len(k.Example)-1].Gone) {
			names[k.Name] = true
		}
	}
	for _, r := range table {
		if !names[r[0]] {
			t.Errorf("%s is in the table and not in the catalogue", r[0])
		}
		delete(names, r[0])
	}
	for name := range names {
		t.Errorf("%s is in the catalogue and not in the table", name)
	}
}

func TestBefore(t *testing.T) {
	order := []string{"0.15.8", "1.0.0", "1.9.2", "1.10.0-rc1", "1.10.0", "1.10.1", "1.10.1-fix.1", "1.10.1-fix.2", "1.11.0", "1.14.0-rc1", "1.14.0"}
	for i := 1; i < len(order); i++ {
		if !before(order[i-1], order[i]) || before(order[i], order[i-1]) {
			t.Errorf("%s is not before %s", order[i-1], order[i])
		}
	}
}
