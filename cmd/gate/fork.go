package main

import (
	"encoding/json"
	"io"
	"os"
)

// maxEvent bounds GitHub's event file. A payload is at the most 25 MB.
const maxEvent = 26 << 20

// warnOfFork says what a pull request from a fork goes without, so that a skipped
// check is no riddle: GitHub hands it no secrets, and a token that only reads.
// The gate needs neither for its verdict, annotations, outputs and summary.
func (p *process) warnOfFork() {
	if !p.onGitHub() || p.getenv("GITHUB_EVENT_NAME") != "pull_request" {
		return
	}
	f, err := os.Open(p.getenv("GITHUB_EVENT_PATH"))
	if err != nil {
		return
	}
	defer func() { _ = f.Close() }()
	if fromFork(io.LimitReader(f, maxEvent)) {
		p.warn("this pull request comes from a fork: GitHub gives it no secrets and only a read-only token; checks that need a key are skipped, and a SARIF file cannot be uploaded")
	}
}

// fromFork reads whether a pull request's branch is another repository's than
// its target.
func fromFork(event io.Reader) bool {
	type side struct {
		Repo *struct {
			FullName string `json:"full_name"`
		}
	}
	var e struct {
		PullRequest *struct{ Head, Base side } `json:"pull_request"`
	}
	if json.NewDecoder(event).Decode(&e) != nil || e.PullRequest == nil || e.PullRequest.Base.Repo == nil {
		return false
	}
	// A fork that has been deleted is null.
	head := e.PullRequest.Head.Repo
	return head == nil || head.FullName != e.PullRequest.Base.Repo.FullName
}
