package redis

import (
	"github.com/dify-gate/dify-gate/gate"
)

var ruleCeleryNoWorker = gate.Rule{
	ID: "celery/no-worker", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "no worker consumes the queues",
	What:    "No client of the broker waits on a queue, and no worker gives a sign of life.",
	Why:     "Documents are not indexed, workflows that run in the background do not start, mails are not sent; the API looks healthy all the while.",
	Fix:     "Start the worker; its CELERY_BROKER_URL has to name the same server and database as the API's.",
	Example: "celery redis:6379/1: nobody consumes any queue, want a worker",
}

var ruleCeleryQueueUnserved = gate.Rule{
	ID: "celery/queue-unserved", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "a queue of the release has no worker",
	What:    "Workers are there, but none consumes a queue that the target release (or the entry's list) demands.",
	Why:     "A release that moves work to a new queue needs a worker on it; an own list in CELERY_QUEUES or -Q is not extended by the upgrade, and the tasks wait for ever.",
	Fix:     "Add the queue to the list, or leave CELERY_QUEUES empty so that the image's own list holds.",
	Example: "celery redis:6379/1: nobody consumes queue workflow_based_app_execution, which Dify 1.13.1 demands (consumed: dataset, mail), want a worker on it",
}

var ruleCeleryBacklog = gate.Rule{
	ID: "celery/backlog", Severity: gate.Warning, Phase: gate.PhasePost,
	Title:   "a queue is filling up",
	What:    "More messages wait in a queue than max_backlog.",
	Why:     "Work is late by as much as the backlog takes, and messages of the older release are still to be read by the new one.",
	Fix:     "Add workers for the queue, or find out what holds them up.",
	Example: "celery redis:6379/1: 5120 messages wait in queue dataset, want at most 1000",
}

// celeryRules are the rules of the kind celery.
func celeryRules() []gate.Rule {
	return []gate.Rule{
		ruleCeleryNoWorker, ruleCeleryQueueUnserved, ruleCeleryBacklog,
	}
}
