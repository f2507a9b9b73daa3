// Generate packs the facts of all releases into the embedded catalogue, and
// reads them anew out of checkouts.
//
//	go generate ./gate/dify
//	    releases/*.json + facts.json ─> catalogue.json.gz
//
//	go run ./gate/dify/internal/generate -learn CHECKOUT [-learn CHECKOUT]
//	    the releases of releases.txt, out of the first checkout that has the
//	    commit, ─> releases/*.json
//
//	go run ./gate/dify/internal/generate -add FACTS.json
//	    one release more, as gate learn printed it, ─> releases.txt and
//	    releases/*.json
//
// All three write the same bytes for the same facts. Nothing outside of the
// repository is read but the checkouts that are named.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/dify-gate/dify-gate/gate/dify"
)

// folders are flags that may be given more than once.
type folders []string

func (f *folders) String() string     { return fmt.Sprint(*f) }
func (f *folders) Set(v string) error { *f = append(*f, v); return nil }

func main() {
	var checkouts folders
	dir := flag.String("dir", ".", "the folder of the package dify")
	add := flag.String("add", "", "facts of one release, to be added")
	flag.Var(&checkouts, "learn", "a git repository of Dify (repeatable)")
	flag.Parse()
	if err := run(*dir, *add, checkouts); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(dir, add string, checkouts []string) error {
	releases := folder{dir: filepath.Join(dir, "releases"), list: filepath.Join(dir, "releases.txt")}
	switch {
	case add != "":
		return releases.add(add)
	case len(checkouts) > 0:
		return releases.learn(context.Background(), checkouts)
	}
	all, err := releases.read()
	if err != nil {
		return err
	}
	c, err := pack(all, filepath.Join(dir, "facts.json"))
	if err != nil {
		return err
	}
	return write(c, filepath.Join(dir, "catalogue.json.gz"))
}

func write(c *dify.Catalogue, path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := c.Encode(f); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
