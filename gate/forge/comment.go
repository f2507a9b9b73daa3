package forge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// The reasons why there is no comment, which are no failure of the run.
var (
	ErrNoChange = errors.New("this run belongs to no pull or merge request")
	ErrFork     = errors.New("the request comes from a fork, whose token only reads")
	ErrNoToken  = errors.New("there is no token to comment with")
	ErrNoTLS    = errors.New("the forge's API is not reached over https, so the token is not sent")
)

// The bounds of a search for the comment: pages of a hundred.
const (
	pageSize = 100
	maxPages = 30
)

// comment is one of a request, in the fields of both APIs.
type comment struct {
	ID      int64
	Body    string
	HTMLURL string `json:"html_url"`
	User    account
	Author  account
	System  bool // GitLab's own words
}

// account is who wrote it: GitHub has login and type, GitLab a username.
type account struct {
	ID              int64
	Login, Username string
	Type            string
}

// Comment keeps the one comment of a request that begins with the marker: it is made
// once, and changed from then on. The address is "" where the API gives none.
func (h *Host) Comment(ctx context.Context, marker, body string) (string, error) {
	switch {
	case h.Change == 0:
		return "", ErrNoChange
	case h.Fork:
		return "", ErrFork
	case h.write.token.Empty():
		return "", ErrNoToken
	case h.API.Scheme != "https":
		return "", ErrNoTLS
	}
	have, err := h.find(ctx, marker)
	if err != nil {
		return "", err
	}
	method, path := http.MethodPost, h.comments()
	if have != nil {
		method, path = h.change(have.ID)
	}
	var now comment
	if err := h.ask(ctx, h.write, method, path, nil, map[string]string{"body": marker + "\n" + body}, &now); err != nil {
		return "", denied(err)
	}
	return now.HTMLURL, nil
}

// comments is the path of the request's comments.
func (h *Host) comments() string {
	if h.Kind == GitLab {
		return fmt.Sprintf("%s/merge_requests/%d/notes", h.repository(), h.Change)
	}
	return fmt.Sprintf("%s/issues/%d/comments", h.repository(), h.Change)
}

// change is how a comment is changed.
func (h *Host) change(id int64) (method, path string) {
	if h.Kind == GitLab {
		return http.MethodPut, fmt.Sprintf("%s/%d", h.comments(), id)
	}
	return http.MethodPatch, fmt.Sprintf("%s/issues/comments/%d", h.repository(), id)
}

// find finds our comment; nil for none. One that somebody else wrote with our marker
// is not ours: its author could change it after us.
func (h *Host) find(ctx context.Context, marker string) (*comment, error) {
	me := h.me(ctx)
	for page := 1; page <= maxPages; page++ {
		var list []comment
		query := url.Values{"per_page": {strconv.Itoa(pageSize)}, "page": {strconv.Itoa(page)}}
		if h.Kind == GitLab {
			query.Set("sort", "asc")
			query.Set("order_by", "created_at")
		}
		if err := h.ask(ctx, h.write, http.MethodGet, h.comments(), query, nil, &list); err != nil {
			return nil, denied(err)
		}
		for i := range list {
			if strings.HasPrefix(list[i].Body, marker) && h.ours(list[i], me) {
				return &list[i], nil
			}
		}
		if len(list) < pageSize || h.Kind == Gitea { // Gitea gives all at once
			return nil, nil
		}
	}
	return nil, fmt.Errorf("more than %d comments, none of them the gate's in the first ones", maxPages*pageSize)
}

// me is the account of the token; empty where the API does not say, as for the token
// of a job on GitHub.
func (h *Host) me(ctx context.Context) account {
	var who account
	if err := h.ask(ctx, h.write, http.MethodGet, "/user", nil, nil, &who); err != nil {
		return account{}
	}
	return who
}

func (h *Host) ours(c comment, me account) bool {
	by := c.User
	if h.Kind == GitLab {
		by = c.Author
	}
	switch {
	case c.System:
		return false
	case me.ID != 0:
		return by.ID == me.ID
	case h.Kind == GitHub:
		return by.Type == "Bot"
	}
	return true
}

// denied adds what to do to an answer that refuses the token.
func denied(err error) error {
	status := (*StatusError)(nil)
	if errors.As(err, &status) && (status.Status == http.StatusForbidden || status.Status == http.StatusUnauthorized || status.Status == http.StatusNotFound) {
		return fmt.Errorf("%w; want a token that may comment: permissions: pull-requests: write on GitHub, the scope api on GitLab", err)
	}
	return err
}
