// Package host holds the kinds that look at the machine, or the container, that
// the gate runs in, and at files of one:
//
//	port       who listens on a TCP port
//	process    which processes run
//	runtime    which version a tool has
//	firewall   whether the rules let connections to a port in
//	logs       which patterns and errors log files contain
//	logrotate  whether logs are rotated
//
// Each kind has a file of its name with the entry, its validation and its run;
// logs_scan.go reads one log file event by event, logrotate_age.go finds out how
// old a log is, logrotate_dryrun.go asks the program. rules.go holds the rules of
// all six. Only port opens a connection: one, to the host itself.
package host
