package celerywire

import (
	"strconv"
	"strings"
)

// separator stands between a queue's name and its priority, and between the
// parts of a binding.
const separator = "\x06\x16"

// BindingPrefix begins the name of the set that remembers a queue's bindings.
const BindingPrefix = "_kombu.binding."

// UnackedIndex is the sorted set of messages that were delivered and not yet
// acknowledged, by the time of delivery in seconds.
const UnackedIndex = "unacked_index"

// Lists returns the Redis lists that make up a queue: one for each of kombu's
// default priority steps.
func Lists(queue string) []string {
	return []string{queue, queue + separator + "3", queue + separator + "6", queue + separator + "9"}
}

// Queue is the queue that a list belongs to.
func Queue(list string) string {
	name, _, _ := strings.Cut(list, separator)
	return name
}

// Command is one that a server carried out, as its MONITOR tells.
type Command struct {
	DB     int
	Client string // address
	Args   []string
}

// ParseMonitor reads a line of MONITOR:
//
//	+1795603808.625021 [1 127.0.0.1:59412] "BRPOP" "mail" "mail\x06\x163" "1"
//
// A line that was cut off yields the arguments that are complete.
func ParseMonitor(line string) (Command, bool) {
	_, rest, ok := strings.Cut(line, " [")
	if !ok {
		return Command{}, false
	}
	source, args, ok := strings.Cut(rest, "] ")
	if !ok {
		return Command{}, false
	}
	db, client, ok := strings.Cut(source, " ")
	n, err := strconv.Atoi(db)
	if !ok || err != nil {
		return Command{}, false
	}
	c := Command{DB: n, Client: client}
	for {
		args = strings.TrimLeft(args, " ")
		arg, rest, ok := unquote(args)
		if !ok {
			break
		}
		c.Args, args = append(c.Args, arg), rest
	}
	return c, len(c.Args) > 0
}

// unquote reads one argument as sdscatrepr writes it (redis/src/sds.c).
func unquote(s string) (arg, rest string, ok bool) {
	if s == "" || s[0] != '"' {
		return "", "", false
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:], true
		case s[i] != '\\':
			b.WriteByte(s[i])
		case i+3 < len(s) && s[i+1] == 'x':
			n, err := strconv.ParseUint(s[i+2:i+4], 16, 8)
			if err != nil {
				return "", "", false
			}
			b.WriteByte(byte(n))
			i += 3
		case i+1 < len(s):
			i++
			if at := strings.IndexByte("nrtab", s[i]); at >= 0 {
				b.WriteByte("\n\r\t\a\b"[at])
			} else {
				b.WriteByte(s[i])
			}
		}
	}
	return "", "", false
}

// Consumed returns the queues that a command waits on, nil when it waits on
// none. prefix is the transport's global_keyprefix.
func (c Command) Consumed(prefix string) []string {
	if len(c.Args) < 3 || !strings.EqualFold(c.Args[0], "BRPOP") {
		return nil
	}
	var out []string
	for _, list := range c.Args[1 : len(c.Args)-1] {
		name, ok := strings.CutPrefix(list, prefix)
		if q := Queue(name); ok && q == name { // the lists of priorities repeat it
			out = append(out, q)
		}
	}
	return out
}

// Published returns the channel and the message of a PUBLISH.
func (c Command) Published() (channel, message string, ok bool) {
	if len(c.Args) != 3 || !strings.EqualFold(c.Args[0], "PUBLISH") {
		return "", "", false
	}
	return c.Args[1], c.Args[2], true
}
