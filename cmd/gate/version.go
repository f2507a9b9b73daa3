package main

import (
	_ "embed"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// versionFile is the version of the source. The action's image is built from
// the repository's archive, without .git and without flags, so it has to stand
// in a file.
//
//go:embed VERSION
var versionFile string

// Set by -ldflags -X; else what the Go tool knows of the checkout.
var commit, date string

// build is what a binary knows of itself.
type build struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Date    string `json:"date"`
	Go      string `json:"go"`
}

func thisBuild() build {
	b := build{Version: strings.TrimSpace(versionFile), Commit: commit, Date: date, Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && b.Commit == "":
			b.Commit = s.Value
		case s.Key == "vcs.time" && b.Date == "":
			b.Date = s.Value
		}
	}
	return b
}

func newVersion(p *process) *cobra.Command {
	format := "text"
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print version, commit, date and Go version",
		RunE: func(*cobra.Command, []string) error {
			b := thisBuild()
			if format == "json" {
				return p.printJSON(b)
			}
			return p.print(b.String())
		},
	}
	cmd.Flags().Var(enumValue{&format, []string{"text", "json"}}, "format", "the format of stdout")
	return cmd
}

func (b build) String() string {
	return fmt.Sprintf("gate %s (commit %s, %s, %s)\n", b.Version, orUnknown(b.Commit), orUnknown(b.Date), b.Go)
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}
