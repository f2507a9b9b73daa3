package routing

import "fmt"

// Entry is a way into a server: what to ask for so that it answers.
type Entry struct {
	Pos   Pos
	Names string // the server's names as written
	Host  string // a Host header that chooses the server; "" for the one that takes the rest
	Port  int
	TLS   bool
	Takes func(host string) bool // whether one of the server's names takes the host
}

// Request is the entry's request for a path.
func (e Entry) Request(method, uri string) Request {
	r := Request{Method: method, Scheme: "http", Host: e.Host, Port: e.Port, URI: uri}
	if e.TLS {
		r.Scheme = "https"
	}
	return r
}

// Router answers from a proxy's files where requests go.
type Router interface {
	// Route is where a request goes.
	Route(Request) Answer
	// Candidates are the answers of every location or mapping that fits the request, had it been chosen.
	Candidates(Request) []Answer
	// Entries are the servers, in file order.
	Entries() []Entry
	// Unknown lists the patterns that cannot be run, in file order. Where one may take a request, Route is Unknown.
	Unknown() []UnknownPattern
}

// UnknownPattern is a pattern of the files of which it is not known what it matches.
type UnknownPattern struct {
	Pos  Pos
	Text string // as written
	Why  string // "it has a recursion or calls a group"
}

func (p UnknownPattern) String() string {
	return fmt.Sprintf("%s: what the pattern %q matches is not known: %s", p.Pos, p.Text, p.Why)
}
