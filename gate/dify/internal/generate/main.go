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
//	go run ./gate/dify/internal/generate -bundle FILE
//	    the newest releases, whole, as gate run --catalogue takes them
//
// All of them write the same bytes for the same facts. Nothing outside of the
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
	bundle := flag.String("bundle", "", "the file to write the newest releases to")
	flag.Var(&checkouts, "learn", "a git repository of Dify (repeatable)")
	flag.Parse()
	if err := run(*dir, *add, *bundle, checkouts); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(dir, add, bundle string, checkouts []string) error {
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
	if bundle != "" {
		return writeBundle(all, bundle)
	}
	c, err := pack(all, filepath.Join(dir, "facts.json"))
	if err != nil {
		return err
	}
	return write(c, filepath.Join(dir, "catalogue.json.gz"))
}

// bundled is how many releases a bundle has: gates that are older than that many
// releases of Dify should be updated.
const bundled = 10

func writeBundle(all []*dify.Facts, path string) error {
	b := dify.Bundle{Schema: dify.FactsSchema, Releases: all[max(0, len(all)-bundled):]}
	src, err := compact(b)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(src+"\n"), 0o644) //nolint:gosec // it is published
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
