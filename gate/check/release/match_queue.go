package release

import (
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/deployment"
	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
)

var queueFlag = lazyregexp.New(`(?:^|\s)(?:-Q\s*|--queues[= ])([\w,.:-]+)`)

// consumes reports whether a service that runs the API's image is a worker.
func consumes(s deployment.Service) bool {
	if !strings.Contains(s.Image, "dify-api") {
		return false
	}
	if mode := s.Env["MODE"].Text; mode != "" {
		return mode == "worker"
	}
	return strings.Contains(s.Name, "worker") && !strings.Contains(s.Name, "beat")
}

// queue looks a queue up in every list of queues that the operator wrote: with
// none, the image's own list counts, which has what the release needs.
func (f operatorFiles) queue(name string) match {
	lists, free := f.queueLists()
	if free.Name != "" && len(lists) > 0 && !slices.ContainsFunc(lists, func(v deployment.Value) bool { return v.Source == deployment.FromEnv }) {
		return match{answer: answerHandled, evidence: []evidence{{text: "the worker " + free.Name + " has no list of its own and consumes all queues", at: free.Place}}}
	}
	if len(lists) == 0 {
		return f.unset("CELERY_QUEUES", answerNo)
	}
	for _, l := range lists {
		if hasItem(l.Text, name) {
			return match{answer: answerHandled, evidence: []evidence{{text: l.Name + " has " + name, at: l.Place}}}
		}
	}
	out := match{answer: answerYes}
	for _, l := range lists {
		out.evidence = append(out.evidence, evidence{"sets " + l.Name + " without " + name + ", expected it in the list", l.Place, "add " + name + " to " + l.Name})
	}
	return out
}

// queueUsed is for a queue that goes away: lists that still have it are wrong.
func (f operatorFiles) queueUsed(name string) match {
	lists, _ := f.queueLists()
	out := match{answer: answerYes}
	for _, l := range lists {
		if hasItem(l.Text, name) {
			out.evidence = append(out.evidence, evidence{"sets " + l.Name + " with " + name, l.Place, "take " + name + " out of " + l.Name})
		}
	}
	switch {
	case len(out.evidence) > 0:
		return out
	case len(lists) > 0:
		return match{answer: answerNo, evidence: []evidence{{text: lists[0].Name + " does not have " + name, at: lists[0].Place}}}
	}
	return f.unset("CELERY_QUEUES", answerNo)
}

// queueLists are the lists of queues that the operator wrote, and a worker
// without one, which consumes what its image knows.
func (f operatorFiles) queueLists() (lists []deployment.Value, free deployment.Service) {
	lists = append(lists, f.own("CELERY_QUEUES")...)
	set := len(lists) > 0 // else a default that a compose file passes on is a list too
	for _, s := range f.d.Services {
		listed := s.Env["CELERY_QUEUES"].Text != ""
		if v := s.Env["CELERY_QUEUES"]; difys(s) && listed && !set {
			v.Name = "CELERY_QUEUES"
			lists = append(lists, v)
		}
		if m := queueFlag().FindStringSubmatch(strings.Join(append(slices.Clone(s.Entrypoint), s.Command...), " ")); m != nil {
			listed = true
			lists = append(lists, deployment.Value{Name: "the command of " + s.Name, Text: m[1], Place: s.Place})
		}
		if !listed && consumes(s) {
			free = s
		}
	}
	return lists, free
}
