package learn

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"
)

// The bounds of a tarball. Dify 1.16.0 has 60 MB, 210 MB unpacked.
const (
	maxPacked   = 512 << 20
	maxUnpacked = 1 << 30
)

// Tarball reads a .tar.gz as it comes, with the tree at its top or in one
// folder, as GitHub packs it. Nothing is unpacked to disk.
func Tarball(ctx context.Context, from io.Reader) (*Tree, error) {
	packed := &bounded{ctx: ctx, from: from, left: maxPacked, what: "packed"}
	z, err := gzip.NewReader(packed)
	if err != nil {
		return nil, archiveError(err)
	}
	unpacked := &bounded{ctx: ctx, from: z, left: maxUnpacked, what: "unpacked"}
	a := archive{trees: map[string]*Tree{}}
	if err := a.read(tar.NewReader(unpacked)); err != nil {
		return nil, archiveError(err)
	}
	t := a.best()
	if t == nil || !t.isDify() {
		return nil, ErrNotDify
	}
	t.Source.Commit, t.Source.Date = a.commit, a.date
	return t, nil
}

func archiveError(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return errors.New("the tarball is cut: it ends before its end")
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.Is(err, tar.ErrHeader):
		return fmt.Errorf("not a .tar.gz: %w", err)
	}
	return err
}

// bounded ends a stream that grows beyond its limit, or whose time is up.
type bounded struct {
	ctx  context.Context
	from io.Reader
	left int64
	what string
}

func (b *bounded) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	if b.left <= 0 {
		return 0, fmt.Errorf("the tarball is larger than any of Dify's, %s: %w", b.what, errTooMuch)
	}
	n, err := b.from.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// archive collects the wanted files under each folder that may be the root: the
// top, and the folders in it.
type archive struct {
	trees  map[string]*Tree
	commit string
	date   string
}

func (a *archive) read(from *tar.Reader) error {
	for entries := 0; ; entries++ {
		h, err := from.Next()
		if errors.Is(err, io.EOF) && entries > 0 {
			return nil
		}
		if err != nil {
			return err
		}
		if entries > maxEntries {
			return errTooMuch
		}
		if h.Typeflag == tar.TypeXGlobalHeader {
			// git archive writes the commit there
			a.commit = commitID(h.PAXRecords["comment"])
			continue
		}
		name := path.Clean(h.Name)
		if path.IsAbs(h.Name) || name == ".." || strings.HasPrefix(name, "../") || strings.Contains(h.Name, "\\") {
			return fmt.Errorf("entry %q leaves the tree", h.Name)
		}
		if err := a.entry(name, h, from); err != nil {
			return err
		}
	}
}

// entry keeps a wanted file, under the root that its name has.
func (a *archive) entry(name string, h *tar.Header, from io.Reader) error {
	root := ""
	if !wanted(name) {
		var rest string
		root, rest, _ = strings.Cut(name, "/")
		if name = rest; !wanted(name) {
			return nil
		}
	}
	t := a.trees[root]
	if t == nil {
		if len(a.trees) >= 16 {
			return errTooMuch
		}
		t = newTree("tarball")
		a.trees[root] = t
	}
	switch h.Typeflag {
	case tar.TypeReg:
	case tar.TypeSymlink, tar.TypeLink:
		t.skip(name, whyLink)
		return nil
	default:
		return nil
	}
	if h.Size > maxFile {
		t.skip(name, whyLarge)
		return nil
	}
	if a.date == "" && !h.ModTime.IsZero() {
		a.date = h.ModTime.UTC().Format(time.DateOnly)
	}
	data := make([]byte, h.Size)
	if _, err := io.ReadFull(from, data); err != nil {
		return err
	}
	return t.put(name, data)
}

// best is the tree with the most files.
func (a *archive) best() *Tree {
	var best *Tree
	for _, t := range a.trees {
		if best == nil || len(t.files) > len(best.files) {
			best = t
		}
	}
	return best
}

// commitID is the text when it is one, else "".
func commitID(text string) string {
	if len(text) != 40 || strings.Trim(text, "0123456789abcdef") != "" {
		return ""
	}
	return text
}
