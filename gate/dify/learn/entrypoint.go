package learn

import (
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
)

// queueList is the value of a variable of queues, or of -Q in the worker's
// command line: ${CELERY_QUEUES:-a,b} or "a,b".
var queueList = lazyregexp.New(`(?:DEFAULT_QUEUES=|-Q\s+)"?(?:\$\{[A-Z_]+:-)?([a-z][a-z0-9_]*(?:,[a-z][a-z0-9_]*)*)[}"\s]`)

// queues reads the worker's default queues. Since 1.10 there are two lists, one
// for Dify's own cloud, which stands under a condition and is left out.
func (r *reader) queues() {
	src, ok := r.text(entrypoint)
	if !ok {
		return
	}
	cloud := false
	for line := range strings.SplitSeq(src, "\n") {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || strings.HasPrefix(words[0], "#"):
			continue
		case words[0] == "if" || words[0] == "elif":
			cloud = strings.Contains(line, `"CLOUD"`)
		case words[0] == "else" || words[0] == "fi":
			cloud = false
		}
		if m := queueList().FindStringSubmatch(line + "\n"); m != nil && !cloud {
			r.facts.Queues = append(r.facts.Queues, strings.Split(m[1], ",")...)
		}
	}
	if len(r.facts.Queues) == 0 {
		r.cannot(entrypoint, "no list of queues that is understood")
	}
}
