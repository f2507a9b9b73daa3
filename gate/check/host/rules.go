package host

import "github.com/dify-gate/dify-gate/gate"

var ruleFirewallBlocked = gate.Rule{
	ID: "firewall/blocked", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "the firewall stops connections to a port",
	What:    "A new TCP connection from the given network to the port ends at a rule or policy that drops or rejects it.",
	Why:     "The service may be up and healthy, and nobody reaches it.",
	Fix:     "Add a rule that accepts the port before the one named; for containers in DOCKER-USER, with the container's own port.",
	Example: "port 443 from 0.0.0.0/0 is blocked by \"policy drop of chain filter/INPUT\", want it open",
}

var ruleFirewallUnknown = gate.Rule{
	ID: "firewall/unknown", Severity: gate.Warning, Phase: gate.PhasePre,
	Title:   "what the firewall does cannot be told",
	What:    "No rules could be read here, or the answer hangs on something that a dump does not say: a mark, a rate limit, an interface.",
	Why:     "What is not known is no pass.",
	Fix:     "Give the interface, the address, or a dump made by root on the host.",
	Example: "port 443 from 0.0.0.0/0: it hangs on \"-m mark --mark 0x1\", want a rule that decides",
}

var ruleLogrotateSyntax = gate.Rule{
	ID: "logrotate/syntax", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "logrotate refuses the configuration",
	What:    "A directive or a value is wrong. logrotate skips the stanza, or the line, and goes on. Where logrotate is installed its own dry run is asked too.",
	Why:     "logrotate complains to cron's mailbox only; the disk fills up weeks later.",
	Fix:     "Correct the place; a value takes the rest of its line, comments included.",
	Example: `rotate "3 # keep three": want a whole number and nothing else on the line`,
}

var ruleLogrotateUncovered = gate.Rule{
	ID: "logrotate/uncovered", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a log is in no stanza",
	What:    "A log, or the glob of logs that do not exist yet, is matched by no stanza of the file and what it includes.",
	Why:     "An upgrade that moves a log leaves the old stanza behind; nothing rotates the new one.",
	Fix:     "Add the log's name or a glob to a stanza.",
	Example: "/var/log/dify/worker.log is in no stanza of /etc/logrotate.d/dify, want one",
}

var ruleLogrotateUnrotated = gate.Rule{
	ID: "logrotate/unrotated", Severity: gate.Warning, Phase: gate.PhasePre,
	Title:   "a log is not being rotated",
	What:    "The log is older or larger than its stanza lets it become: more than two periods and a day have passed since it began, or it is larger than its size and has been for days.",
	Why:     "The stanza is right, but logrotate does not run, or cannot write there.",
	Fix:     "Run logrotate -v FILE by hand and read what it says; see that cron or the systemd timer runs.",
	Example: "/var/log/dify/server.log begins at 2026-09-01, want a rotation each day",
}

var ruleLogsForbidden = gate.Rule{
	ID: "logs/forbidden", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "a forbidden pattern is in the logs",
	What:    "An event, all its lines together, holds a text or a pattern that forbid lists.",
	Why:     "Some troubles show in the logs long before a probe fails.",
	Fix:     "Read the first example at its place; when it is harmless, list it under ignore.",
	Example: `"Traceback" in 12 events of the last 15m0s, the first at log/server.log:120, want none`,
}

var ruleLogsErrors = gate.Rule{
	ID: "logs/errors", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "too many errors in the logs",
	What:    "More events of level error or worse, or tracebacks that no log line announces, than max_errors allows. A traceback is part of the event that announces it and counts once.",
	Why:     "A service that logs errors right after an upgrade is not healthy, whatever its end points say.",
	Fix:     "Read the first error at its place; the evidence lists the most frequent ones.",
	Example: "7 errors in the last 15m0s, the first at log/server.log:120, want at most 0",
}

var ruleLogsUnreadable = gate.Rule{
	ID: "logs/unreadable", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "a log cannot be read",
	What:    "A file is missing, is no regular file, may not be read, or is a broken gzip file; or a pattern matches no file.",
	Why:     "A log that nobody can read proves nothing, and mostly means that the path is wrong.",
	Fix:     "Mend the path or the permissions; in the official images access.log is a link to the container's standard output, to be saved with docker compose logs.",
	Example: "/var/log/dify/*.log: no file matches, want one at least",
}

var rulePortClosed = gate.Rule{
	ID: "port/closed", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "nothing listens on the port",
	What:    "No process listens on the TCP port, and a connection to it from the same host is refused.",
	Why:     "The service is not running, or runs with another port.",
	Fix:     "Start the service, or correct its port; note that the gate looks at the host or container that it runs in.",
	Example: "nothing listens on port 5001, want a process",
}

var rulePortLoopbackOnly = gate.Rule{
	ID: "port/loopback-only", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "the port can be reached from the same host only",
	What:    "Every process that listens on the port is bound to a loopback address, while exposed wants one that others can reach.",
	Why:     "A check from the same host passes, and everybody else is refused.",
	Fix:     "Bind to 0.0.0.0 or to the address of an interface (for Dify's api DIFY_BIND_ADDRESS), or put a proxy in front.",
	Example: "port 5001 is listened on at 127.0.0.1 only, want an address that others can reach",
}

var rulePortOtherProcess = gate.Rule{
	ID: "port/other-process", Severity: gate.Warning, Phase: gate.PhasePost,
	Title:   "another process has the port",
	What:    "A process listens on the port, but neither its name nor its command line matches.",
	Why:     "A left-over of the old release, or another service, answers in the place of the new one.",
	Fix:     "Stop the other process, or correct the expression; a port that Docker publishes belongs to docker-proxy.",
	Example: `port 5001 belongs to "python3" (pid 812), want gunicorn`,
}

var ruleProcessMissing = gate.Rule{
	ID: "process/missing", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "too few processes run",
	What:    "Fewer processes than wanted have a command line that matches.",
	Why:     "A service or some of its workers did not start, or died.",
	Fix:     "Start them and read their log; note that the gate sees the processes of the host or container that it runs in.",
	Example: `no process matches "celery.*worker", want at least 1`,
}

var ruleProcessRestarting = gate.Rule{
	ID: "process/restarting", Severity: gate.Warning, Phase: gate.PhasePost,
	Title:   "a process was started again",
	What:    "A matching process is younger than min_uptime, or ended and was replaced while the gate watched.",
	Why:     "A service that a supervisor starts again and again looks healthy at any one moment.",
	Fix:     "Read the service's log for why it ends; right after a deploy, give it time or lower min_uptime.",
	Example: "gunicorn (pid 812) has run for 3s, want at least 1m0s",
}

var ruleRuntimeMissing = gate.Rule{
	ID: "runtime/missing", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a tool is missing",
	What:    "None of the tool's usual commands is on the PATH, or the compose files have no such service.",
	Why:     "The upgrade calls it, and stops half-way when it is not there.",
	Fix:     "Install the tool where the upgrade runs, or give the command that prints its version.",
	Example: "docker-compose: neither docker compose nor docker-compose is there, want >=2.24",
}

var ruleRuntimeVersion = gate.Rule{
	ID: "runtime/version", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a tool in an unwanted version",
	What:    "The tool is there, in a version outside of the wanted range.",
	Why:     "Newer releases use what older tools do not know: Dify's compose files since 1.14.1 need Docker Compose 2.24.",
	Fix:     "Install a version of the range.",
	Example: "docker-compose is 2.20.3, want >=2.24",
}
