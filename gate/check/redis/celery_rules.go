package redis

import (
	"github.com/dify-gate/dify-gate/gate"
)

var ruleCeleryNoWorker = gate.Rule{
	ID: "celery/no-worker", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "no worker consumes the queues",
	What:    "No client of the broker waits on a queue, and no worker shows any activity.",
	Why:     "Documents are not indexed, background workflows do not start, and mails are not sent, while the API looks healthy.",
	Fix:     "Start the worker; its CELERY_BROKER_URL has to name the same server and database as the API's.",
	Example: "celery redis:6379/1: no worker consumes any queue",
}

var ruleCeleryQueueUnserved = gate.Rule{
	ID: "celery/queue-unserved", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "a queue of the release has no worker",
	What:    "Workers run, but none consumes a queue that the target release (or the list in gate.yaml) needs.",
	Why:     "A release that moves work to a new queue needs a worker on it; the upgrade does not extend your own list in CELERY_QUEUES or -Q, and the tasks wait forever.",
	Fix:     "Add the queue to the list, or leave CELERY_QUEUES empty so that the image's own list applies.",
	Example: "celery redis:6379/1: no worker consumes queue workflow_based_app_execution, which Dify 1.13.1 needs (consumed: dataset, mail)",
}

var ruleCeleryBacklog = gate.Rule{
	ID: "celery/backlog", Severity: gate.Warning, Phase: gate.PhasePost,
	Title:   "a queue is filling up",
	What:    "More messages wait in a queue than max_backlog.",
	Why:     "Tasks are delayed by the backlog, and the new release has to read messages that the old one wrote.",
	Fix:     "Add workers for the queue, or find out what slows them down.",
	Example: "celery redis:6379/1: 5120 messages wait in queue dataset, expected at most 1000",
}

// celeryRules are the rules of the kind celery.
func celeryRules() []gate.Rule {
	return []gate.Rule{
		ruleCeleryNoWorker, ruleCeleryQueueUnserved, ruleCeleryBacklog,
	}
}
