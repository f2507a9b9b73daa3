package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/dify-gate/dify-gate/gate/config"
	"github.com/dify-gate/dify-gate/gate/kinds"
)

// initFile is what gate init writes by default: the first name that gate run
// looks for.
const initFile = "gate.yaml"

type initOptions struct {
	dir, url, file string
	force          bool
}

func newInit(p *process) *cobra.Command {
	o := &initOptions{}
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a commented gate.yaml for the files in --dir",
		Long: "gate init reads the operator's Dify directory and the public address, and writes a gate.yaml. Its comments say\n" +
			"what was found where, and which checks are built in. It sends nothing, and writes no secrets.",
		RunE: func(cmd *cobra.Command, _ []string) error { return p.initConfig(cmd.Context(), o) },
	}
	cmd.Flags().StringVar(&o.dir, "dir", "", "the operator's Dify directory: docker-compose*.yaml, .env, nginx/; by default . or ./docker")
	cmd.Flags().StringVar(&o.url, "url", "", "the public address of the deployment")
	cmd.Flags().StringVar(&o.file, "config", initFile, "the file to write")
	cmd.Flags().BoolVar(&o.force, "force", false, "overwrite an existing file")
	return cmd
}

// initConfig writes the file; what it wrote has passed gate validate.
func (p *process) initConfig(_ context.Context, o *initOptions) error {
	path := p.abs(o.file)
	if _, err := os.Lstat(path); err == nil && !o.force {
		return usage("%s already exists, want --force to overwrite it, or another --config FILE", o.file)
	} else if err != nil && !errors.Is(err, os.ErrNotExist) {
		return usageError(err)
	}
	found, err := p.find(o, path)
	if err != nil {
		return err
	}
	text := found.text()
	if _, err := config.Parse(o.file, []byte(text), config.Options{WorkDir: p.dir, LookupEnv: p.lookup, Now: time.Now()}); err != nil {
		return &exitError{exitInternal, fmt.Errorf("the gate.yaml that gate init made is not valid: %w", err)}
	}
	if err := p.writeFile(path, []byte(text)); err != nil {
		return usageError(err)
	}
	for _, note := range found.notes {
		p.warn("%s", note)
	}
	return p.print(fmt.Sprintf("wrote %s; review it, then run: gate validate, gate run --dry-run --from VERSION\n", o.file))
}

// find looks at the directory and the address.
func (p *process) find(o *initOptions, path string) (*finds, error) {
	u, err := baseURL("--url", o.url)
	if err != nil {
		return nil, err
	}
	network, err := p.network(networkOptions{})
	if err != nil {
		return nil, err
	}
	f := &finds{url: u, file: path}
	f.env = p.newEnv(network, "")
	f.env.URL = u
	if o.dir != "" {
		f.env.Dir = p.abs(o.dir)
	} else if f.env.Dir = p.defaultDir(); f.env.Dir == "" {
		f.notes = append(f.notes, "no --dir, and neither . nor ./docker has Dify's compose file: the operator's files were not read")
		return f, nil
	}
	p.maskOperator(f.env)
	f.to, f.toSource = f.env.Target()
	f.env.To = f.to
	survey, err := kinds.SurveyDir(f.env)
	if err != nil {
		return nil, usageError(fmt.Errorf("--dir: %w", err))
	}
	f.survey = &survey
	f.notes = append(append(f.notes, survey.Notes...), survey.Problems...)
	return f, nil
}
