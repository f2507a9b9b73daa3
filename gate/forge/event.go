package forge

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
)

// maxEvent bounds GitHub's event file. A payload is at most 25 MB.
const maxEvent = 26 << 20

// Event is what the gate reads of the event that started a job on GitHub, Gitea or
// Forgejo.
type Event struct {
	PullRequest *struct {
		Number     int
		Head, Base struct {
			SHA, Ref string
			Repo     *struct {
				FullName string `json:"full_name"`
			}
		}
	} `json:"pull_request"`
	MergeGroup *struct {
		BaseSHA string `json:"base_sha"`
	} `json:"merge_group"`
	Before string // of a push
}

// ReadEvent reads the file of an event. One that is missing or broken is an error
// and an empty event.
func ReadEvent(path string) (Event, error) {
	f, err := os.Open(path)
	if err != nil {
		return Event{}, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxEvent+1))
	if err == nil && len(data) > maxEvent {
		err = errors.New("larger than any event")
	}
	var e Event
	if err == nil {
		err = json.Unmarshal(data, &e)
	}
	if err != nil {
		return Event{}, err
	}
	return e, nil
}

// FromFork reports whether a pull request's branch is another repository's than its
// target. A fork that has been deleted is null.
func (e Event) FromFork() bool {
	if e.PullRequest == nil || e.PullRequest.Base.Repo == nil {
		return false
	}
	head := e.PullRequest.Head.Repo
	return head == nil || head.FullName != e.PullRequest.Base.Repo.FullName
}

// Number is the pull request's, 0 for none.
func (e Event) Number() int {
	if e.PullRequest == nil {
		return 0
	}
	return e.PullRequest.Number
}

// zeros is the commit before a branch's first.
func zeros(commit string) bool { return strings.Trim(commit, "0") == "" }
