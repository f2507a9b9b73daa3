// Package forge is what the gate knows of the machine that hosts the repository of
// its run: GitHub, Gitea, Forgejo or GitLab. It finds the base of a pull or merge
// request, reads a file at a commit, and keeps one comment.
//
// A token goes to its own forge only, and only over TLS.
package forge
