package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/probe"
	"github.com/dify-gate/dify-gate/gate/report"
)

// traceTimeout bounds the export: a collector that hangs must not hold up the
// verdict.
const traceTimeout = 5 * time.Second

// exportTrace sends the run as a trace to an OTLP/HTTP collector. What goes wrong
// is said and changes nothing: the verdict does not depend on a collector.
func (p *process) exportTrace(ctx context.Context, network *probe.Network, collector string, rep gate.Report) {
	if err := sendTrace(ctx, network, collector, rep); err != nil {
		p.warn("trace not sent to %s: %s", gate.RedactURL(collector), err)
	}
}

func sendTrace(ctx context.Context, network *probe.Network, collector string, rep gate.Report) error {
	var body bytes.Buffer
	if err := report.OTLP(&body, rep); err != nil {
		return err
	}
	address := strings.TrimSuffix(collector, "/")
	if !strings.HasSuffix(address, "/v1/traces") {
		address += "/v1/traces"
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), traceTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, &body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := network.Transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("the collector answered %s", resp.Status)
	}
	return nil
}
