package host

import "github.com/dify-gate/dify-gate/gate"

var ruleFirewallBlocked = gate.Rule{
	ID: "firewall/blocked", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "the firewall stops connections to a port",
	What:    "A new TCP connection from the given network to the port ends at a rule or policy that drops or rejects it.",
	Why:     "The service may be healthy, but nobody can reach it.",
	Fix:     "Add a rule that accepts the port before the rule named; for containers add it to DOCKER-USER, with the container's port.",
	Example: "port 443 from 0.0.0.0/0 is blocked by \"policy drop of chain filter/INPUT\", expected it open",
}

var ruleFirewallUnknown = gate.Rule{
	ID: "firewall/unknown", Severity: gate.Warning, Phase: gate.PhasePre,
	Title:   "what the firewall does is unknown",
	What:    "No rules could be read, or the answer depends on something that a dump does not show: a mark, a rate limit, an interface.",
	Why:     "What is unknown is not a pass.",
	Fix:     "Set the interface or the address, or use a dump made by root on the host.",
	Example: "port 443 from 0.0.0.0/0: it depends on \"-m mark --mark 0x1\"",
}

var ruleLogrotateSyntax = gate.Rule{
	ID: "logrotate/syntax", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "logrotate refuses the configuration",
	What:    "A directive or a value is wrong. logrotate skips the stanza, or the line, and goes on. If logrotate is installed, its own dry run is used too.",
	Why:     "logrotate only reports it to cron's mailbox; the disk fills up weeks later.",
	Fix:     "Correct the line; a value goes on to the end of its line, comments included.",
	Example: `rotate "3 # keep three": expected a whole number and nothing else on the line`,
}

var ruleLogrotateUncovered = gate.Rule{
	ID: "logrotate/uncovered", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a log is in no stanza",
	What:    "A log, or the glob of logs that do not exist yet, is matched by no stanza of the file and what it includes.",
	Why:     "An upgrade that moves a log leaves the old stanza behind; nothing rotates the new one.",
	Fix:     "Add the log's name or a glob to a stanza.",
	Example: "/var/log/dify/worker.log is in no stanza of /etc/logrotate.d/dify",
}

var ruleLogrotateUnrotated = gate.Rule{
	ID: "logrotate/unrotated", Severity: gate.Warning, Phase: gate.PhasePre,
	Title:   "a log is not being rotated",
	What:    "The log is older or larger than its stanza allows: it began more than two periods and a day ago, or it has exceeded its size for days.",
	Why:     "The stanza is right, but logrotate does not run, or cannot write there.",
	Fix:     "Run logrotate -v FILE manually and read its output; check that cron or the systemd timer runs.",
	Example: "/var/log/dify/server.log begins at 2026-09-01; its stanza rotates it every day",
}

var ruleLogsForbidden = gate.Rule{
	ID: "logs/forbidden", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "a forbidden pattern is in the logs",
	What:    "A log event, with all its lines, contains a text or a pattern that forbid lists.",
	Why:     "Some failures show in the logs long before a probe fails.",
	Fix:     "Read the first example in the log; if it is harmless, list it under ignore.",
	Example: `"Traceback" in 12 events of the last 15m0s, the first at log/server.log:120, expected none`,
}

var ruleLogsErrors = gate.Rule{
	ID: "logs/errors", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "too many errors in the logs",
	What:    "There are more events of level error or worse, or tracebacks without a log line, than max_errors allows. A traceback and its log line count once.",
	Why:     "A service that logs errors right after an upgrade is not healthy, whatever its endpoints answer.",
	Fix:     "Read the first error in the log; the evidence lists the most frequent ones.",
	Example: "7 errors in the last 15m0s, the first at log/server.log:120, expected at most 0",
}

var ruleLogsUnreadable = gate.Rule{
	ID: "logs/unreadable", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "a log cannot be read",
	What:    "A file is missing, is not a regular file, cannot be read, or is a broken gzip file; or a pattern matches no file.",
	Why:     "A log that cannot be read proves nothing, and usually means that the path is wrong.",
	Fix:     "Fix the path or the permissions. In the official images access.log is a link to the container's standard output: save it with docker compose logs.",
	Example: "/var/log/dify/*.log: no file matches",
}

var rulePortClosed = gate.Rule{
	ID: "port/closed", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "nothing listens on the port",
	What:    "No process listens on the TCP port, and a connection to it from the same host is refused.",
	Why:     "The service is not running, or runs with another port.",
	Fix:     "Start the service, or correct its port. The gate looks at the host or container in which it runs itself.",
	Example: "nothing listens on port 5001",
}

var rulePortLoopbackOnly = gate.Rule{
	ID: "port/loopback-only", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "the port can only be reached from the same host",
	What:    "Every process that listens on the port is bound to a loopback address, and exposed requires one that others can reach.",
	Why:     "A check from the same host passes, but everybody else is refused.",
	Fix:     "Bind to 0.0.0.0 or to the address of a network interface (DIFY_BIND_ADDRESS for Dify's api), or put a proxy in front.",
	Example: "the process on port 5001 listens on 127.0.0.1 only",
}

var rulePortOtherProcess = gate.Rule{
	ID: "port/other-process", Severity: gate.Warning, Phase: gate.PhasePost,
	Title:   "another process has the port",
	What:    "A process listens on the port, but neither its name nor its command line matches.",
	Why:     "A process left over from the old release, or another service, answers instead of the new one.",
	Fix:     "Stop the other process, or correct the expression; a port that Docker publishes belongs to docker-proxy.",
	Example: `port 5001 belongs to "python3" (pid 812), expected gunicorn`,
}

var ruleProcessMissing = gate.Rule{
	ID: "process/missing", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "too few processes run",
	What:    "Fewer processes than expected have a command line that matches.",
	Why:     "A service or some of its workers did not start, or died.",
	Fix:     "Start them and read their log. The gate sees the processes of the host or container in which it runs itself.",
	Example: `no process matches "celery.*worker", expected at least 1`,
}

var ruleProcessRestarting = gate.Rule{
	ID: "process/restarting", Severity: gate.Warning, Phase: gate.PhasePost,
	Title:   "a process has restarted",
	What:    "A matching process has run for less than min_uptime, or ended and was replaced while the gate watched.",
	Why:     "A service that crashes and is restarted again and again looks healthy at any single moment.",
	Fix:     "Read the service's log to see why it exits; right after a deploy, give it time or lower min_uptime.",
	Example: "gunicorn (pid 812) has run for 3s, expected at least 1m0s",
}

var ruleRuntimeMissing = gate.Rule{
	ID: "runtime/missing", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a tool is missing",
	What:    "None of the tool's usual commands is on the PATH, or the compose files have no such service.",
	Why:     "The upgrade needs it, and stops half-way without it.",
	Fix:     "Install the tool where the upgrade runs, or set the command that prints its version.",
	Example: "docker-compose: neither docker compose nor docker-compose is installed, expected >=2.24",
}

var ruleRuntimeVersion = gate.Rule{
	ID: "runtime/version", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a tool has an unsupported version",
	What:    "The tool is installed, but its version is outside the required range.",
	Why:     "Newer releases use features that older tools lack: Dify's compose files since 1.14.1 need Docker Compose 2.24.",
	Fix:     "Install a version in the range.",
	Example: "docker-compose is 2.20.3, expected >=2.24",
}
