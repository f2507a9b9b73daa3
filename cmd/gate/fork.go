package main

// warnOfFork says what a pull request from a fork goes without, so that a skipped
// check is no riddle: GitHub hands it no secrets, and a token that only reads.
// The gate needs neither for its verdict, annotations, outputs and summary.
func (p *process) warnOfFork() {
	if p.onGitHub() && p.getenv("GITHUB_EVENT_NAME") == "pull_request" && p.event().FromFork() {
		p.warn("this pull request comes from a fork: GitHub gives it no secrets and only a read-only token; checks that need a key are skipped, and a SARIF file cannot be uploaded")
	}
}
