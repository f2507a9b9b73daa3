package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/report"
)

// request is the body of a request: which upgrade, and which checks. Where to look
// is not for a caller to say, or the service would probe for anybody.
type request struct {
	From  string     `json:"from"`
	To    string     `json:"to"`
	Phase gate.Phase `json:"phase"`
	Only  []string   `json:"only"`
	Skip  []string   `json:"skip"`
	// Keep asks for the report to be the next baseline whatever its verdict is.
	Keep bool `json:"keep"`
}

// verdicts is the service.
func (p *process) verdicts(o *serveOptions, flags *pflag.FlagSet) http.Handler {
	slots := make(chan struct{}, o.parallel)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close") // a probe comes back in seconds, not at once
		_, _ = io.WriteString(w, "ok\n")
	})
	mux.HandleFunc("POST /v1/verdict", func(w http.ResponseWriter, r *http.Request) {
		if !authorized(r, o.token) {
			w.Header().Set("Connection", "close")
			w.Header().Set("WWW-Authenticate", "Bearer")
			refuse(w, http.StatusUnauthorized, "want the header Authorization: Bearer TOKEN with the token of gate serve")
			return
		}
		defer trust(r.Context())()
		var a request
		if code, err := readAsk(w, r, &a); err != nil {
			refuse(w, code, err.Error())
			return
		}
		// A read deadline that passes during the run would look like a caller who
		// has gone, and end it.
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
		default:
			w.Header().Set("Retry-After", "10")
			refuse(w, http.StatusTooManyRequests, fmt.Sprintf("%s at a time, and as many are running", plural(o.parallel, "run")))
			return
		}
		p.answer(w, r, o, flags, a)
	})
	return mux
}

// authorized compares in constant time, whatever the lengths.
func authorized(r *http.Request, token gate.Secret) bool {
	scheme, given, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	a, b := sha256.Sum256([]byte(strings.TrimSpace(given))), sha256.Sum256([]byte(token.Reveal()))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1 && ok && strings.EqualFold(scheme, "Bearer")
}

// readAsk reads the body; an empty one asks for the run as it is configured.
func readAsk(w http.ResponseWriter, r *http.Request, a *request) (int, error) {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); r.Header.Get("Content-Type") != "" && (err != nil || t != "application/json") {
		return http.StatusUnsupportedMediaType, errors.New("want a body of application/json, or none")
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxAsk))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge, fmt.Errorf("the body is larger than %d KiB", maxAsk>>10)
	case err != nil:
		return http.StatusBadRequest, errors.New("the body broke off")
	case len(bytes.TrimSpace(data)) == 0:
		return 0, nil
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(a); err != nil {
		said := strings.TrimPrefix(err.Error(), "json: ")
		if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
			said = strings.TrimSpace(wrong.Field + " is of the type " + wrong.Value)
		}
		return http.StatusBadRequest, fmt.Errorf("%s, want {\"from\", \"to\", \"phase\", \"only\", \"skip\", \"keep\"}", said)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return http.StatusBadRequest, errors.New("more than one JSON value, want one")
	}
	return 0, nil
}

// answer runs the gate and writes the report. The caller's going away ends the
// run.
func (p *process) answer(w http.ResponseWriter, r *http.Request, o *serveOptions, flags *pflag.FlagSet, a request) {
	started := time.Now()
	rep, err := p.verdictOf(r.Context(), o, flags, a, started)
	if err != nil {
		var exit *exitError
		code := http.StatusInternalServerError
		if errors.As(err, &exit) && exit.code == exitUsage {
			code = http.StatusBadRequest
		}
		p.logAsked(a, "%d: %q", code, err.Error())
		refuse(w, code, err.Error())
		return
	}
	var buf bytes.Buffer
	if err := report.JSON(&buf, rep); err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	p.logAsked(a, "%s in %s", rep.Verdict, time.Since(started).Round(time.Millisecond))
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Gate-Verdict", string(rep.Verdict))
	_, _ = w.Write(buf.Bytes())
}

// logAsked writes the log's line of a request: all that was asked, and what came
// of it.
func (p *process) logAsked(a request, format string, args ...any) {
	_, _ = fmt.Fprintf(p.stderr, "gate: from %q to %q phase %q only %q skip %q: %s\n", a.From, a.To, a.Phase, a.Only, a.Skip, fmt.Sprintf(format, args...))
}

// verdictOf is a run by the service's flags and the caller's wishes. A panic in
// it is that request's failure alone.
func (p *process) verdictOf(ctx context.Context, o *serveOptions, given *pflag.FlagSet, a request, started time.Time) (rep gate.Report, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &exitError{exitInternal, fmt.Errorf("internal error: %v", r)}
		}
	}()
	run := &runOptions{}
	flags := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	run.register(flags)
	*run = o.run
	run.quiet = true
	given.VisitAll(func(f *pflag.Flag) {
		if twin := flags.Lookup(f.Name); twin != nil {
			twin.Changed = f.Changed
		}
	})
	for flag, value := range map[string]string{"from": a.From, "to": a.To} {
		if value == "" {
			continue
		}
		if fixed := flags.Lookup(flag); fixed.Changed {
			if err := narrows(flag, value, fixed.Value.String()); err != nil {
				return rep, err
			}
		}
		if err := flags.Set(flag, value); err != nil {
			return rep, usage("%s: %s", flag, err)
		}
	}
	// What is asked narrows what the operator allows.
	run.within = selections{{phase: gate.Phase(o.run.phase), only: o.run.only, skip: o.run.skip}}
	run.only, run.skip = a.Only, a.Skip
	if a.Phase != "" && a.Phase != gate.PhaseAll {
		if err := flags.Set("phase", string(a.Phase)); err != nil {
			return rep, usage("phase: %s", err)
		}
	}
	s, err := p.loadSettings(ctx, run, flags)
	if err != nil {
		return rep, err
	}
	defer s.network.Close()
	if s.cfg != nil {
		err = errors.Join(narrows("from", a.From, s.cfg.Upgrade.From), narrows("to", a.To, s.cfg.Upgrade.To))
		if err != nil {
			return rep, usageError(err)
		}
	}
	if a.Keep && o.keep == "" {
		return rep, usage("keep: this service keeps no reports, want gate serve --keep DIR, or no such wish")
	}
	kept := keeper{o.keep}
	s.kept = p.loadKept(kept, s, a, started)
	if rep, err = p.judge(ctx, s, run, started); err == nil {
		p.store(kept, s, a, rep)
	}
	return rep, err
}

// narrows refuses a version other than the one that the operator has fixed.
func narrows(end, asked, fixed string) error {
	if asked == "" || asked == fixed || fixed == "" || fixed == auto {
		return nil
	}
	return usage("%s %q: this service only judges %s %s, want that or none", end, asked, end, fixed)
}

// refuse answers what is no verdict.
func refuse(w http.ResponseWriter, code int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": report.Printable(message)})
}
