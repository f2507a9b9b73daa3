// Package celerywire reads what Celery leaves on a Redis broker, by the
// formats of kombu's Redis transport (kombu/transport/redis.py) and of
// Celery's remote control (celery/app/control.py, kombu/pidbox.py).
//
//	a queue            lists NAME, NAME \x06\x16 3, … 6, … 9, one a priority
//	a worker waits     BRPOP on all its lists with a time-out of one second
//	a worker lives     PUBLISH /DB.celeryev/worker.heartbeat every two seconds
//	a queue was bound  set _kombu.binding.NAME; by workers, but by senders too
//	delivered, not yet acknowledged   sorted set unacked_index by time
//	remote control     PUBLISH /DB.celery.pidbox, answers in a list of one's own
package celerywire
