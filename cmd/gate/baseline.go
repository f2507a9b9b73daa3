package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
)

// maxBaseline bounds a baseline in bytes: 50,000 findings take about 25 MiB.
const maxBaseline = 128 << 20

// baselineTimeout bounds the fetching of a baseline.
const baselineTimeout = 30 * time.Second

// baseline reads the earlier report; nil without one. A file that is missing or
// is no report of this deployment is a mistake (exit 2), a URL out of reach leaves
// the run undecided (exit 3).
func (p *process) baseline(ctx context.Context, s *settings, now time.Time) (*gate.Baseline, error) {
	if s.kept != nil || s.baseline == "" {
		return s.kept, nil
	}
	shown := gate.RedactURL(s.baseline)
	data, err := p.readBaseline(ctx, s, shown)
	if err != nil {
		return nil, err
	}
	address := ""
	if s.url != nil {
		address = s.url.String()
	}
	b, err := gate.ParseBaseline(data, shown, address, now)
	if err != nil {
		return nil, usage("--baseline %s: %s", shown, err)
	}
	return b, nil
}

func (p *process) readBaseline(ctx context.Context, s *settings, shown string) ([]byte, error) {
	if !strings.HasPrefix(s.baseline, "http://") && !strings.HasPrefix(s.baseline, "https://") {
		data, err := check.ReadFile(p.abs(s.baseline), maxBaseline)
		if err != nil {
			return nil, usage("--baseline %s: %s, want a JSON report of gate run", shown, err)
		}
		return data, nil
	}
	ctx, cancel := context.WithTimeout(ctx, baselineTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.baseline, nil)
	if err != nil {
		return nil, usage("--baseline %s: no URL", shown)
	}
	req.Header.Set("User-Agent", s.network.UserAgent)
	undecided := func(format string, args ...any) error {
		return &exitError{exitInconclusive, fmt.Errorf("--baseline "+shown+": "+format, args...)}
	}
	resp, err := (&http.Client{Transport: s.network.Transport}).Do(req)
	if err != nil {
		return nil, undecided("%s; go on with a file, or without a baseline", strings.ReplaceAll(err.Error(), s.baseline, shown))
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, undecided("HTTP %d, want 200", resp.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxBaseline+1))
	switch {
	case err != nil:
		return nil, undecided("%w", err)
	case len(data) > maxBaseline:
		return nil, undecided("larger than %d MiB, want less", maxBaseline>>20)
	}
	return data, nil
}
