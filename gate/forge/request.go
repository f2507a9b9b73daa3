package forge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// patience bounds one request.
const patience = 20 * time.Second

// ask sends one request to the API and decodes the answer into out, unless that is
// nil. path has its parts escaped and begins with a slash.
func (h *Host) ask(ctx context.Context, as credential, method, path string, query url.Values, body, out any) error {
	data, err := h.raw(ctx, as, method, path, query, body)
	if err != nil || out == nil {
		return err
	}
	if err := json.Unmarshal(data, out); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

func (h *Host) raw(ctx context.Context, as credential, method, path string, query url.Values, body any) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var content bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&content).Encode(body); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, h.API.String()+path, &content)
	if err != nil {
		return nil, err
	}
	req.URL.RawQuery = query.Encode()
	req.Header.Set("User-Agent", "dify-gate")
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if h.API.Scheme == "https" && !as.token.Empty() {
		req.Header.Set(as.header, as.prefix+as.token.Reveal())
	}
	resp, err := h.client.Do(req)
	if err != nil {
		var uerr *url.Error
		if errors.As(err, &uerr) {
			err = uerr.Err
		}
		return nil, fmt.Errorf("%s %s%s: %w", method, h.API.Redacted(), path, err)
	}
	return read(req, resp)
}

// repository is the path of the repository in the API.
func (h *Host) repository() string {
	if h.Kind == GitLab {
		return "/projects/" + url.PathEscape(h.Repository)
	}
	return "/repos/" + h.Repository
}
