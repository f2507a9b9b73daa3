package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/dify"
)

// typeCatalogue is the type of --catalogue.
const typeCatalogue = "FILE|FOLDER|URL"

// registerCatalogue adds --catalogue to a command.
func registerCatalogue(flags *pflag.FlagSet, to *[]string) {
	flags.Var(listValue{to, typeCatalogue, nil}, "catalogue", "facts of further releases, as gate learn prints them: a file, a folder of files or a URL (repeatable)")
}

// catalogue is the built-in one with the facts that --catalogue names over it.
func (p *process) catalogue(ctx context.Context, o *learnOptions) (*dify.Catalogue, error) {
	c, err := dify.Load()
	if err != nil || len(o.catalogue) == 0 {
		return c, err
	}
	network, err := p.network(o.network)
	if err != nil {
		return nil, usageError(err)
	}
	defer network.Close()
	return p.withCatalogues(ctx, c, o.catalogue, trusted(network))
}

// withCatalogues lays the facts of files, folders and URLs over a catalogue.
func (p *process) withCatalogues(ctx context.Context, c *dify.Catalogue, sources []string, client *http.Client) (*dify.Catalogue, error) {
	for _, source := range sources {
		facts, err := p.readCatalogue(ctx, source, client)
		if err != nil {
			return nil, err
		}
		if c, err = c.Layer(facts...); err != nil {
			return nil, usage("--catalogue %s: %s", gate.RedactURL(source), err)
		}
	}
	return c, nil
}

func (p *process) readCatalogue(ctx context.Context, source string, client *http.Client) ([]*dify.Facts, error) {
	if strings.HasPrefix(source, "http://") || strings.HasPrefix(source, "https://") {
		return p.fetchCatalogue(ctx, source, client)
	}
	path := p.abs(source)
	folder, err := check.IsDir(path)
	if err != nil {
		return nil, usage("--catalogue %s: %s", source, err)
	}
	files := []string{path}
	if folder {
		if files, err = check.ListFiles(filepath.Join(path, "*.json")); err != nil {
			return nil, usage("--catalogue %s: %s", source, err)
		}
		if len(files) == 0 {
			return nil, usage("--catalogue %s: no *.json in it, want files that gate learn printed", source)
		}
	}
	var out []*dify.Facts
	for _, file := range files {
		facts, err := readFacts(file)
		if err != nil {
			return nil, usage("--catalogue %s: %s", p.short(file), err)
		}
		out = append(out, facts...)
	}
	return out, nil
}

// short is a path as messages have it.
func (p *process) short(path string) string {
	if rel := relativeTo(p.dir, path); rel != "" {
		return rel
	}
	return path
}

func readFacts(path string) ([]*dify.Facts, error) {
	text, err := check.ReadText(path, maxFacts)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w, want a file of facts, a folder of them, or a URL", err)
	}
	if err != nil {
		return nil, err
	}
	return dify.DecodeAll(bytes.NewReader(text))
}

// maxFacts bounds a file of facts, in bytes; a release has about 200 KiB.
const maxFacts = 64 << 20

// catalogueTimeout bounds the fetching of one catalogue.
const catalogueTimeout = 30 * time.Second

// fetchCatalogue reads facts from a URL. Without an answer the run is
// inconclusive, as with release notes.
func (p *process) fetchCatalogue(ctx context.Context, source string, client *http.Client) ([]*dify.Facts, error) {
	shown := gate.RedactURL(source)
	ctx, cancel := context.WithTimeout(ctx, catalogueTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, source, nil)
	if err != nil {
		return nil, usage("--catalogue %s: no URL", shown)
	}
	req.Header.Set("User-Agent", "dify-gate/"+thisBuild().Version)
	resp, err := client.Do(req)
	if err != nil {
		return nil, &exitError{exitInconclusive, fmt.Errorf("--catalogue %s: %s", shown, strings.ReplaceAll(err.Error(), source, shown))}
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, &exitError{exitInconclusive, fmt.Errorf("--catalogue %s: HTTP %d, want 200", shown, resp.StatusCode)}
	}
	facts, err := dify.DecodeAll(io.Reader(resp.Body))
	if err != nil {
		return nil, &exitError{exitInconclusive, fmt.Errorf("--catalogue %s: %w", shown, err)}
	}
	return facts, nil
}
