package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/forge"
	"github.com/dify-gate/dify-gate/gate/report"
)

// commentPatience bounds all that is asked of the forge for a comment.
const commentPatience = 45 * time.Second

// keepComment puts the report into the one comment of the pull or merge request and
// returns its address. What keeps it from being there is said, and changes no verdict.
func (p *process) keepComment(ctx context.Context, s *settings, rep gate.Report, opts report.Options) string {
	if !s.comment || ctx.Err() != nil {
		return ""
	}
	host, err := p.host(s)
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, commentPatience)
		defer cancel()
		var body strings.Builder
		if err = report.Markdown(&body, rep, report.MarkdownOptions{ReportPath: opts.ReportPath, Link: opts.Link}); err == nil {
			var address string
			if address, err = host.Comment(ctx, p.marker(s), body.String()+p.runLink()); err == nil {
				return address
			}
		}
	}
	p.warn("--comment: %s: no comment is written%s", err, instead(err))
	return ""
}

// instead says what to do about a comment that is not written.
func instead(err error) string {
	switch {
	case errors.Is(err, forge.ErrFork):
		return "; the summary of this job has the report"
	case errors.Is(err, forge.ErrNoToken):
		return "; give --github-token on GitHub, --gitlab-token with the scope api on GitLab"
	}
	return ""
}

var notInMarker = lazyRegexp(`[^A-Za-z0-9._/-]+|--+`)

// marker begins the comment: HTML that nobody sees. Where the directory is none of the
// usual ones it is named, so that the gates of several deployments keep a comment each.
func (p *process) marker(s *settings) string {
	dir := relativeTo(p.dir, s.dir)
	for _, usual := range append(defaultDirs, "") {
		if dir == usual {
			return "<!-- dify-gate -->"
		}
	}
	return fmt.Sprintf("<!-- dify-gate %s -->", notInMarker().ReplaceAllString(dir, "-"))
}

// runLink leads from the comment to the job that wrote it.
func (p *process) runLink() string {
	address := p.getenv("CI_JOB_URL")
	if p.onGitHub() && p.getenv("GITHUB_RUN_ID") != "" {
		address = fmt.Sprintf("%s/%s/actions/runs/%s", p.getenv("GITHUB_SERVER_URL"), p.getenv("GITHUB_REPOSITORY"), p.getenv("GITHUB_RUN_ID"))
	}
	if !strings.HasPrefix(address, "https://") || strings.ContainsAny(address, " ()<>\n") {
		return ""
	}
	return fmt.Sprintf("\n[The whole report is in this run](%s)\n", address)
}
