package forge

import (
	"errors"
	"fmt"
	"strings"
)

// Base is what a change is compared with.
type Base struct {
	// Ref is a commit, or the name of a branch where only that is known.
	Ref string
	// Branch: Ref is a branch's name.
	Branch bool
	// What says it in words: the base of pull request 12.
	What string
}

// ErrNoBase means that the run belongs to no change: a schedule, or a start by hand.
var ErrNoBase = errors.New("this run has no base")

// BaseOf finds the base of the run that the environment describes; ErrNoForge where
// none does.
func BaseOf(getenv func(string) string, e Event) (Base, error) {
	switch {
	case getenv("GITHUB_ACTIONS") == "true":
		return baseOnGitHub(getenv, e)
	case getenv("GITLAB_CI") == "true":
		return baseOnGitLab(getenv)
	}
	return Base{}, ErrNoForge
}

func baseOnGitHub(getenv func(string) string, e Event) (Base, error) {
	name := getenv("GITHUB_EVENT_NAME")
	branch := getenv("GITHUB_BASE_REF")
	switch {
	case e.PullRequest != nil && e.PullRequest.Base.SHA != "":
		return Base{Ref: e.PullRequest.Base.SHA, What: fmt.Sprintf("the base of pull request %d", e.PullRequest.Number)}, nil
	case e.MergeGroup != nil && e.MergeGroup.BaseSHA != "":
		return Base{Ref: e.MergeGroup.BaseSHA, What: "the base of the merge queue"}, nil
	case strings.HasPrefix(name, "pull_request") && branch != "":
		return Base{Ref: branch, Branch: true, What: "the branch " + branch + " that the pull request goes to"}, nil
	case name == "push" && e.Before != "" && !zeros(e.Before):
		return Base{Ref: e.Before, What: "the commit before this push"}, nil
	}
	return Base{}, fmt.Errorf("%w: the event %s comes from no pull request, merge queue or push onto a branch that was there", ErrNoBase, name)
}

func baseOnGitLab(getenv func(string) string) (Base, error) {
	request := getenv("CI_MERGE_REQUEST_IID")
	commit, branch, before := getenv("CI_MERGE_REQUEST_DIFF_BASE_SHA"), getenv("CI_MERGE_REQUEST_TARGET_BRANCH_NAME"), getenv("CI_COMMIT_BEFORE_SHA")
	switch {
	case commit != "":
		return Base{Ref: commit, What: "the base of merge request " + request}, nil
	case branch != "":
		return Base{Ref: branch, Branch: true, What: "the branch " + branch + " that merge request " + request + " goes to"}, nil
	case getenv("CI_PIPELINE_SOURCE") == "push" && !zeros(before):
		return Base{Ref: before, What: "the commit before this push"}, nil
	}
	return Base{}, fmt.Errorf("%w: the pipeline's source %s comes from no merge request and no push onto a branch that was there", ErrNoBase, getenv("CI_PIPELINE_SOURCE"))
}
