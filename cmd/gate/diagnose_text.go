package main

import (
	"fmt"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/explain"
)

// diagnosisText is the diagnosis for a person: the steps of each hop, who
// answered, the cause, and what to do.
func diagnosisText(d explain.Diagnosis, colour bool) string {
	w := &diagnosisWriter{colour: colour}
	w.line("%s %s", d.Method, d.URL)
	for i, hop := range d.Hops {
		if i > 0 {
			w.line("")
			w.line("-> %s", hop.URL)
		}
		w.hop(hop)
	}
	w.after(d)
	w.verdict(d)
	return w.b.String()
}

type diagnosisWriter struct {
	b      strings.Builder
	colour bool
}

func (w *diagnosisWriter) line(format string, args ...any) { fmt.Fprintf(&w.b, format+"\n", args...) }

// row is a labelled line; text of several lines is indented below the label.
func (w *diagnosisWriter) row(label, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	w.line("  %-10s %s", label, strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", 13)))
}

func (w *diagnosisWriter) hop(h explain.Hop) {
	if h.Proxy != "" {
		w.row("Proxy", "%s", h.Proxy)
	}
	if h.DNS != nil {
		w.dns(h.DNS)
	}
	for i, t := range h.TCP {
		label := "TCP"
		if i > 0 {
			label = ""
		}
		w.row(label, "%s %s%s", t.Address, t.Outcome, took(t.MS))
	}
	if h.TLS != nil {
		w.tls(h.TLS)
	}
	if h.HTTP != nil {
		w.http(h.HTTP)
	}
	if h.Error != "" {
		w.row("HTTP", "%s", h.Error)
	}
	if r := h.Responder; r != nil {
		w.responder(r)
	}
}

func took(ms float64) string { return fmt.Sprintf(" (%.1f ms)", ms) }

func (w *diagnosisWriter) dns(d *explain.DNSView) {
	switch {
	case d.Error != "":
		w.row("DNS", "%s%s", d.Error, took(d.MS))
	case d.Source == "literal":
	case d.Source == "--resolve":
		w.row("DNS", "%s -> %s, by --resolve", d.Host, strings.Join(d.Addresses, ", "))
	default:
		w.row("DNS", "%s -> %s%s", d.Host, strings.Join(d.Addresses, ", "), took(d.MS))
	}
}

func (w *diagnosisWriter) tls(t *explain.TLSView) {
	if t.Error != "" {
		w.row("TLS", "%s%s", t.Error, took(t.MS))
		return
	}
	trust := "trusted"
	if !t.Trusted {
		trust = "NOT trusted: " + t.Untrusted
	}
	text := fmt.Sprintf("%s, %s; %s; %d days left%s", t.Version, orNone(t.Protocol, "no ALPN"), trust, t.Days, took(t.MS))
	for _, c := range t.Chain {
		text += fmt.Sprintf("\n%s, issued by %s, until %s", orNone(c.Names, c.Subject), c.Issuer, c.Until.Format("2006-01-02"))
	}
	w.row("TLS", "%s", text)
}

func (w *diagnosisWriter) http(h *explain.HTTPView) {
	text := strings.TrimSpace(fmt.Sprintf("%d %s", h.Status, h.Reason))
	text += fmt.Sprintf(" over %s, %d bytes (first byte %.1f ms, total %.1f ms)", h.Protocol, h.Bytes, number(h.TimingsMS["first_byte"]), number(h.TimingsMS["total"]))
	if h.Location != "" {
		text += "\nLocation: " + h.Location
	}
	w.row("HTTP", "%s", text)
}

func number(v any) float64 {
	f, _ := v.(float64)
	return f
}

func (w *diagnosisWriter) responder(r *explain.ResponderView) {
	text := r.Name + " (" + r.Confidence + ")"
	if r.Version != "" {
		text += ", version " + r.Version
	}
	if r.Through != "" {
		text += ", through " + r.Through
	}
	if len(r.Evidence) > 0 {
		text += ": " + strings.Join(r.Evidence, "; ")
	}
	w.row("Responder", "%s", text)
}

// after is what was asked besides, and the notes.
func (w *diagnosisWriter) after(d explain.Diagnosis) {
	if b := d.Beside; b != nil {
		seen := fmt.Sprintf("%d by %s %s", b.Status, b.Responder, b.Version)
		if b.Error != "" {
			seen = b.Error
		}
		w.row("Beside it", "GET %s: %s", b.URL, strings.TrimSpace(seen))
	}
	if f := d.Files; f != nil {
		to := f.Upstream
		if to == "" {
			to = "nowhere: the proxy answers by itself"
		} else if f.URI != "" {
			to += " as " + f.URI
		}
		if f.Reachable != "" {
			to += "; from here: " + f.Reachable
		}
		w.row("Files", "%s sends it to %s%s", f.Decided, to, placeOf(f.Location))
	}
	for _, n := range d.Notes {
		w.row("Note", "%s", n)
	}
}

func (w *diagnosisWriter) verdict(d explain.Diagnosis) {
	w.line("")
	label := map[string]string{explain.DiagnosisFine: "fine", explain.DiagnosisTrouble: "trouble", explain.DiagnosisUnknown: "unknown"}[d.Outcome]
	code := map[string]string{explain.DiagnosisFine: "32", explain.DiagnosisTrouble: "31", explain.DiagnosisUnknown: "33"}[d.Outcome]
	if w.colour {
		label = "\x1b[1;" + code + "m" + label + "\x1b[0m"
	}
	w.line("%s: %s", label, d.Summary)
	if c := d.Cause; c != nil {
		w.row("Cause", "%s%s", c.ID, placeOf(c.Location))
		for _, e := range c.Evidence {
			w.row("", "%s", e)
		}
	}
	if d.Advice != "" {
		w.row("What to do", "%s", d.Advice)
	}
	if d.Cause != nil && d.Cause.Lines != "" && !d.Cause.Fine {
		w.line("")
		w.line("      %s", strings.ReplaceAll(d.Cause.Lines, "\n", "\n      "))
	}
}

func placeOf(l *gate.Location) string {
	if l == nil || l.File == "" {
		return ""
	}
	return fmt.Sprintf(" (%s:%d)", l.File, l.Line)
}

func orNone(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
