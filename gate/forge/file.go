package forge

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
)

// File reads a file of the repository at a commit, a branch or a tag; path is below
// the root, with forward slashes. The error is fs.ErrNotExist for what the API does
// not find, which may also be a repository that the token may not read.
func (h *Host) File(ctx context.Context, ref, path string) ([]byte, error) {
	if h.Kind == GitLab {
		data, err := h.raw(ctx, h.read, http.MethodGet, h.repository()+"/repository/files/"+url.PathEscape(path)+"/raw", url.Values{"ref": {ref}}, nil)
		return data, absent(err)
	}
	var parts []string
	for part := range strings.SplitSeq(path, "/") {
		parts = append(parts, url.PathEscape(part))
	}
	var content struct{ Type, Encoding, Content string }
	data, err := h.raw(ctx, h.read, http.MethodGet, h.repository()+"/contents/"+strings.Join(parts, "/"), url.Values{"ref": {ref}}, nil)
	if err != nil {
		return nil, absent(err)
	}
	if strings.HasPrefix(strings.TrimSpace(string(data[:min(len(data), 64)])), "[") {
		return nil, fmt.Errorf("%s: a directory, want a file", path)
	}
	if err := json.Unmarshal(data, &content); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if content.Type != "file" || content.Encoding != "base64" {
		return nil, fmt.Errorf("%s: the API gives a %s as %q, want a file of less than 1 MB", path, content.Type, content.Encoding)
	}
	text, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(content.Content, "\n", ""))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return text, nil
}

// absent makes fs.ErrNotExist of an answer 404.
func absent(err error) error {
	if status := (*StatusError)(nil); errors.As(err, &status) && status.Status == http.StatusNotFound {
		return fs.ErrNotExist
	}
	return err
}
