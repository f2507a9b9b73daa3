// Command pictures makes the README's pictures, docs/report.png and
// docs/summary.png, from the example upgrade: the gate runs, and Chromium draws
// what it wrote. Run it from the repository's root:
//
//	go run ./scripts/pictures
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(1)
	}
}

func run() error {
	dir, err := os.MkdirTemp("", "pictures")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	report, summary := filepath.Join(dir, "report.html"), filepath.Join(dir, "summary.md")
	if err := os.WriteFile(summary, nil, 0o600); err != nil {
		return err
	}
	gate := exec.Command("go", "run", "./cmd/gate", "run", "--config", "examples/upgrade/gate.yaml", "--phase", "pre", "--report", "html="+report)
	gate.Env = append(os.Environ(), "GITHUB_ACTIONS=true", "GITHUB_STEP_SUMMARY="+summary, "GITHUB_OUTPUT="+filepath.Join(dir, "output"))
	var exit *exec.ExitError
	if out, err := gate.CombinedOutput(); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		return fmt.Errorf("the example ended with %v, want exit 1:\n%s", err, out)
	}
	page, err := pageOf(summary)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "summary.html"), page, 0o600); err != nil {
		return err
	}
	for _, shot := range []struct {
		name          string
		width, height int
	}{{"report", 1040, 860}, {"summary", 900, 760}} {
		if err := picture(dir, shot.name, shot.width, shot.height); err != nil {
			return fmt.Errorf("%s: %w", shot.name, err)
		}
	}
	return nil
}

// pageOf is a step summary as GitHub's pages look; the chart, which GitHub
// draws by a script, is left out.
func pageOf(file string) ([]byte, error) {
	source, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	text, _, _ := strings.Cut(string(source), "```mermaid")
	var b bytes.Buffer
	b.WriteString(`<!DOCTYPE html><meta charset="utf-8"><title>summary</title><style>
body{font:14px/1.5 "Liberation Sans",Arial,sans-serif;color:#1f2328;margin:24px 32px}
h2{font-size:21px;border-bottom:1px solid #d1d9e0;padding-bottom:6px}h3{font-size:17px}h4{font-size:14px}
table{border-collapse:collapse;margin:8px 0 16px}td,th{border:1px solid #d1d9e0;padding:5px 11px;text-align:left;vertical-align:top}tr:nth-child(even){background:#f6f8fa}
code{background:#eff1f3;border-radius:5px;padding:1px 5px;font:12px "Liberation Mono",monospace}pre{background:#f6f8fa;border-radius:6px;padding:12px}pre code{background:none;padding:0}
a{color:#0969da;text-decoration:none}</style>`)
	// The summary's own HTML is <details>, <br> and <sub>.
	md := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithUnsafe()))
	err = md.Convert([]byte(text), &b)
	return b.Bytes(), err
}

// picture draws dir/NAME.html into docs/NAME.png.
func picture(dir, name string, width, height int) error {
	browser := ""
	for _, candidate := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(candidate); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		return errors.New("no chromium, chromium-browser or google-chrome here")
	}
	raw := filepath.Join(dir, name+".png")
	out, err := exec.Command(browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars",
		"--user-data-dir="+filepath.Join(dir, "profile"), fmt.Sprintf("--window-size=%d,%d", width, height),
		"--screenshot="+raw, "file://"+filepath.Join(dir, name+".html")).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w:\n%s", err, out)
	}
	return shrink(raw, filepath.Join("docs", name+".png"))
}
