package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/explain"
)

// diagnoseOptions are the flags of diagnose.
type diagnoseOptions struct {
	dir, to, method, format string
	headers, catalogue      []string
	timeout                 time.Duration
	network                 networkOptions
	noColor                 bool
}

func newDiagnose(p *process) *cobra.Command {
	o := &diagnoseOptions{format: "text", to: auto}
	cmd := &cobra.Command{
		Use:   "diagnose URL",
		Short: "Diagnose one URL: the hops, who answered, why, and what to do",
		Long: "diagnose follows one request: name, connection, TLS, answer, redirects. It shows who answered and why, and which\n" +
			"lines to change. With --dir it also reads the proxy's files; where the files and the answer disagree, that is the\n" +
			"finding. It needs no gate.yaml.\n\n" +
			"Methods other than GET, HEAD and OPTIONS are sent as given, without a body.\n" +
			"Exit codes: 0 nothing is wrong, 1 a failure was found, 2 usage, 3 undecided, 130 interrupted.",
		Args: oneArg("a URL like https://dify.example.com/v1/parameters"),
		RunE: func(cmd *cobra.Command, args []string) error { return p.diagnose(cmd.Context(), o, args[0]) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&o.dir, "dir", "", "the operator's Dify directory: docker-compose*.yaml, .env, nginx/; by default . or ./docker")
	flags.StringVar(&o.to, "to", auto, "the release that should answer, or auto to read the image tags in --dir")
	registerCatalogue(flags, &o.catalogue)
	flags.StringVar(&o.method, "method", http.MethodGet, "the request's method")
	flags.Var(listValue{&o.headers, "'K: V'", checkHeader}, "header", "a request header (repeatable); never shown")
	flags.Var(enumValue{&o.format, []string{"text", "json"}}, "format", "the format of stdout")
	flags.DurationVar(&o.timeout, "timeout", check.DefaultTimeout, "the time limit of each step: a lookup, a connection, an answer")
	o.network.register(flags)
	flags.BoolVar(&o.noColor, "no-color", false, "no colors (or NO_COLOR)")
	return cmd
}

func checkHeader(s string) error {
	name, value, ok := strings.Cut(s, ":")
	if !ok || strings.TrimSpace(name) == "" || strings.ContainsAny(name, " \t\r\n") || strings.ContainsAny(value, "\r\n") {
		return errors.New("no colon in it, or a blank in the name: want NAME: VALUE")
	}
	return nil
}

var methodToken = lazyRegexp(`^[A-Za-z]+$`)

func (p *process) diagnose(ctx context.Context, o *diagnoseOptions, raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return usage("gate diagnose: %q: want a URL like https://dify.example.com/v1/parameters", gate.RedactURL(raw))
	}
	if !methodToken().MatchString(o.method) {
		return usage("gate diagnose: --method %q: want a method like GET", o.method)
	}
	if o.timeout <= 0 {
		return usage("gate diagnose: --timeout %s: want more than 0s", o.timeout)
	}
	if o.dir, err = p.dirOrDefault(o.dir); err != nil {
		return err
	}
	network, err := p.network(o.network)
	if err != nil {
		return usageError(err)
	}
	defer network.Close()
	env := p.newEnv(network, o.dir)
	switch {
	case o.to != auto:
		if _, err := changelog.ParseVersion(o.to); err != nil {
			return usage("gate diagnose: --to: %s", err)
		}
		env.To = o.to
	case o.dir != "":
		env.To, _ = env.Target()
	}
	if err := p.knowTarget(ctx, env, o.catalogue); err != nil {
		return err
	}
	headers, secrets := parseHeaders(o.headers)
	secrets = append(secrets, gate.URLSecrets(u)...)
	p.maskSecrets(secrets)
	m := p.maskOperator(env)
	d := explain.Diagnose(ctx, env, u, explain.DiagnoseOptions{Method: strings.ToUpper(o.method), Headers: headers, Timeout: o.timeout})
	if err := p.printDiagnosis(gate.Masked(d, m), o); err != nil {
		return err
	}
	return diagnosisError(ctx, d)
}

// parseHeaders reads the headers. Whatever an operator hands over may be
// secret: all values are masked in what is printed.
func parseHeaders(lines []string) (http.Header, []gate.Secret) {
	headers := http.Header{}
	var secrets []gate.Secret
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		headers.Add(textproto.CanonicalMIMEHeaderKey(name), value)
		if strings.EqualFold(name, "Host") || strings.EqualFold(name, "Accept") {
			continue
		}
		secrets = append(secrets, gate.NewSecret(value))
		if _, token, ok := strings.Cut(value, " "); ok {
			secrets = append(secrets, gate.NewSecret(token))
		}
	}
	return headers, secrets
}

func (p *process) printDiagnosis(d explain.Diagnosis, o *diagnoseOptions) error {
	if o.format == "text" {
		colour := !o.noColor && p.getenv("NO_COLOR") == "" && p.getenv("TERM") != "dumb" && p.stdoutTerminal
		return p.print(diagnosisText(d, colour))
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(d); err != nil {
		return &exitError{exitInternal, err}
	}
	return p.print(buf.String())
}

// diagnosisError turns the outcome into the exit code.
func diagnosisError(ctx context.Context, d explain.Diagnosis) error {
	switch {
	case ctx.Err() != nil:
		return &exitError{code: exitInterrupted}
	case d.Outcome == explain.DiagnosisTrouble:
		return &exitError{code: exitBlock}
	case d.Outcome == explain.DiagnosisUnknown:
		return &exitError{code: exitInconclusive}
	}
	return nil
}
