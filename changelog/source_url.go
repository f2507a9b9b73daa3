package changelog

import (
	"bytes"
	"context"
	"errors"
	"net/url"
)

type urlSource struct {
	url   *url.URL
	fetch *fetcher
}

func (s *urlSource) String() string { return redact(s.url.String()) }

// Load downloads Markdown or releases JSON. What arrives broken could also
// have been broken on the way, so every failure is an *UnreachableError.
func (s *urlSource) Load(ctx context.Context, _ Need) (Loaded, error) {
	page, err := s.fetch.get(ctx, s.url.String(), maxSource, false)
	if err != nil {
		return Loaded{}, unreachable(s.String(), err)
	}
	if head := bytes.ToLower(bytes.TrimSpace(page.Body[:min(len(page.Body), 256)])); bytes.HasPrefix(head, []byte("<!doctype html")) || bytes.HasPrefix(head, []byte("<html")) {
		return Loaded{}, unreachable(s.String(), errors.New("an HTML page, want Markdown or releases JSON (github:OWNER/REPO reads a repository's releases)"))
	}
	releases, err := decodeSource(s.String(), page.Body)
	if err != nil {
		return Loaded{}, unreachable(s.String(), err)
	}
	return Loaded{Releases: releases, Cached: page.cached, Age: page.age}, nil
}

func unreachable(place string, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	var refused *refusedError
	temporary := !errors.As(err, &refused) && errors.As(err, new(*networkError)) || refused != nil && refused.again
	return &UnreachableError{Place: place, Err: err, Temporary: temporary}
}
