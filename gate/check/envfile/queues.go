package envfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
)

// queueFlag is the list of queues in a worker's command.
var queueFlag = lazyregexp.New(`(?:^|\s)(?:-Q\s*=?|--queues[= ])\s*([\w,.:-]+)`)

// queueList is a list of queues that somebody wrote by hand.
type queueList struct {
	name  string // for messages
	names string // with commas
	at    deployment.Place
	// value is the variable that has it; without a name it is the command of service.
	value   deployment.Value
	service string
}

// queues compares queues written by hand with those of the target. A worker
// without a list consumes what its image knows, which is all of them.
func (r *envRun) queues() {
	if !r.want.exact || r.d.Standin {
		return
	}
	lists := r.queueLists()
	if len(lists) == 0 {
		return
	}
	var consumed, at []string
	var places []deployment.Place
	for _, l := range lists {
		consumed = append(consumed, strings.FieldsFunc(l.names, func(c rune) bool { return c == ',' || c == ' ' })...)
		at = append(at, l.name)
		if !slices.Contains(places, l.at) {
			places = append(places, l.at)
		}
	}
	var missing []string
	for _, q := range r.want.release.Queues(r.text) {
		if !slices.Contains(consumed, q.Name) {
			missing = append(missing, q.Name)
		}
	}
	if len(missing) == 0 {
		return
	}
	f := r.add(ruleInconsistent, "queues", fmt.Sprintf("%s lacks %s, which Dify %s fills: no worker consumes them, and their tasks wait forever", strings.Join(at, " and "), strings.Join(missing, ", "), r.want.release.Version()),
		"add them to the list, or remove CELERY_QUEUES and -Q so that the image's own list, which has all queues, is used", places[0], places[1:]...)
	r.addQueues(f, lists, missing)
}

// queueLists are the lists of all workers; none where one worker has no list.
func (r *envRun) queueLists() []queueList {
	var out []queueList
	workers, adopted := 0, check.Adopted(r.d, r.env.To)
	for _, s := range r.services() {
		if !s.Active || role(s) != "worker" {
			continue
		}
		workers++
		command := strings.Join(append(slices.Clone(s.Entrypoint), s.Command...), " ")
		v := s.Env["CELERY_QUEUES"]
		if own := r.d.Env["CELERY_QUEUES"]; !adopted && (v.Text == "" || v.Source == deployment.FromDefault) {
			v = own // the target's compose file passes it on, with a default of its own
			if own.Source == deployment.FromDefault {
				v = deployment.Value{}
			}
		}
		switch m := queueFlag().FindStringSubmatch(command); {
		case m != nil:
			out = append(out, queueList{"the command of " + s.Name, m[1], s.Place, deployment.Value{}, s.Name})
		case strings.TrimSpace(v.Text) != "":
			out = append(out, queueList{given{v, []string{s.Name}}.whose(), v.Text, v.Place, v, s.Name})
		default:
			return nil
		}
	}
	if v, ok := r.d.Env["CELERY_QUEUES"]; ok && workers == 0 && strings.TrimSpace(v.Text) != "" {
		out = append(out, queueList{"CELERY_QUEUES", v.Text, v.Place, v, ""})
	}
	return out
}
