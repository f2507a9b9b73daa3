package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/proxy"
)

// routesOptions are the flags of gate routes.
type routesOptions struct {
	dir, to, url, server, env, format string
	files, catalogue                  []string
}

func newRoutes(p *process) *cobra.Command {
	o := &routesOptions{format: "text", to: auto}
	cmd := &cobra.Command{
		Use:   "routes [--dir DIR] [PATH...]",
		Short: "Show where the proxy's files send each path; no request is sent",
		Long: "routes follows paths through the files of nginx (or Apache, Ingress, Traefik and others) as the proxy would: the given paths, or all that the\n" +
			"target release publishes. It only informs: findings do not fail it.\n\n" +
			"Exit codes: 0 all paths were followed, 2 usage or files that the proxy would reject, 3 a path could not be decided.",
		Args: func(_ *cobra.Command, args []string) error {
			for _, a := range args {
				if !strings.HasPrefix(a, "/") {
					return usage("routes: path %q, want one that starts with /", a)
				}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return p.routes(cmd.Context(), o, args) },
	}
	f := cmd.Flags()
	f.StringVar(&o.dir, "dir", "", "the operator's Dify directory: docker-compose*.yaml, .env, nginx/; by default . or ./docker")
	f.StringArrayVar(&o.files, "file", nil, "a proxy file, instead of those found in --dir (repeatable)")
	f.StringVar(&o.env, "env", "", "the variables that templates are rendered with, instead of the compose file's")
	f.StringVar(&o.server, "server", "", "which proxy: nginx, apache, caddy, ingress, gateway or traefik; by default detected from the files")
	f.StringVar(&o.to, "to", auto, "the release whose paths are followed, or auto to read the image tags in --dir")
	registerCatalogue(f, &o.catalogue)
	f.StringVar(&o.url, "url", "", "the public address: its host chooses the server, its path is a sub-path")
	f.Var(enumValue{&o.format, []string{"text", "json"}}, "format", "the format of stdout")
	return cmd
}

func (p *process) routes(ctx context.Context, o *routesOptions, paths []string) error {
	env, err := p.routesEnv(ctx, o)
	if err != nil {
		return err
	}
	spec := &proxy.Proxy{Server: o.server, Files: o.files, Env: o.env, Routes: paths}
	for _, m := range spec.Validate() {
		return usage("routes: %s", m.Message)
	}
	table, err := spec.Table(env)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, proxy.ErrNoProxyFiles):
		return usage("routes: %s", err)
	case err != nil:
		return &exitError{exitInconclusive, fmt.Errorf("routes: %w", err)}
	}
	table = gate.Masked(table, p.maskOperator(env))
	if o.format == "json" {
		err = p.printJSON(table)
	} else {
		err = p.print(routesText(table))
	}
	if err != nil {
		return err
	}
	return routesEnd(table)
}

// routesEnd is the exit code: what was asked for has been printed by then.
func routesEnd(table proxy.Table) error {
	open := 0
	for _, row := range table.Rows {
		if row.Verdict == "unknown" {
			open++
		}
	}
	for _, f := range table.Findings {
		if f.Rule == "proxy/syntax" {
			return usage("routes: the proxy would reject these files, so no path was followed")
		}
	}
	if open > 0 {
		return &exitError{exitInconclusive, fmt.Errorf("routes: %s cannot be decided from the files", plural(open, "path"))}
	}
	return nil
}

func (p *process) routesEnv(ctx context.Context, o *routesOptions) (*check.Env, error) {
	network, err := p.network(networkOptions{})
	if err != nil {
		return nil, err
	}
	env := p.newEnv(network, "")
	if o.dir != "" || len(o.files) == 0 {
		if env.Dir, err = p.dirOrDefault(o.dir); err != nil {
			return nil, err
		}
	}
	if env.Dir == "" && len(o.files) == 0 {
		return nil, usage("routes: want --dir DIR, the directory of docker-compose.yaml and nginx/, or --file FILE")
	}
	if o.to != auto {
		if _, err := changelog.ParseVersion(o.to); err != nil {
			return nil, usage("--to: %s", err)
		}
		env.To = o.to
	}
	if err := p.knowTarget(ctx, env, o.catalogue); err != nil {
		return nil, err
	}
	if o.url != "" {
		u, err := url.Parse(o.url)
		if err != nil || u.Host == "" {
			return nil, usage("--url %q: want http(s)://HOST[/PATH]", gate.RedactURL(o.url))
		}
		env.URL = u
	}
	for i, f := range o.files {
		if !filepath.IsAbs(f) {
			o.files[i] = filepath.Join(p.dir, f)
		}
	}
	return env, nil
}

// routesText is the table, and under it what is wrong.
func routesText(table proxy.Table) string {
	var b strings.Builder
	for _, n := range table.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	if len(table.Rows) > 0 {
		fmt.Fprintf(&b, "%s, compared with Dify %s\n\n", strings.Join(table.Files, " "), table.Release)
		w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "PATH\tGOES TO\tSEES\tBY\tAT\tVERDICT")
		for _, r := range table.Rows {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", oneLine(r.Path), oneLine(routeTo(r)), oneLine(dash(r.URI)), oneLine(dash(r.Location)), routePlace(r.Place), r.Verdict)
		}
		_ = w.Flush() // into a strings.Builder, which never fails
	}
	for _, r := range table.Rows {
		if r.Why != "" {
			fmt.Fprintf(&b, "\n%s: %s\n", oneLine(r.Path), oneLine(r.Why))
		}
	}
	for _, f := range table.Findings {
		fmt.Fprintf(&b, "\n%s %s at %s\n  %s\n", f.Severity, f.Rule, routePlace(f.Location), oneLine(f.Message))
		for line := range strings.Lines(f.Hint) {
			fmt.Fprintf(&b, "    %s\n", oneLine(strings.TrimRight(line, "\n")))
		}
	}
	return b.String()
}

func routeTo(r proxy.Row) string {
	switch {
	case r.Upstream != "":
		return r.Upstream
	case r.Target != "":
		return fmt.Sprintf("%d %s", r.Status, r.Target)
	case r.Status != 0:
		return fmt.Sprintf("%d by the proxy", r.Status)
	}
	return r.Kind
}

func routePlace(l *gate.Location) string {
	if l == nil {
		return "-"
	}
	return fmt.Sprintf("%s:%d:%d", oneLine(l.File), l.Line, l.Column)
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// oneLine makes text from files harmless for a terminal.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 {
			return '?'
		}
		return r
	}, s)
}
