// Package routing holds what the simulators of reverse proxies share: the request that is asked for, the answer where it
// goes, and places in files. nginxroute, apacheroute and ingressroute speak it; it decides nothing itself.
package routing

import (
	"fmt"
	"net/http"
)

// Pos is a place in a file as the operator has it: for a rendered template the place in the template. Line and Col
// count from 1; Col counts bytes.
type Pos struct {
	File      string
	Line, Col int
}

func (p Pos) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col) }

// Request is what is asked. Only URI is required.
type Request struct {
	Method string // "" is GET
	Scheme string // "" is http
	Host   string // the Host header, with or without port; "" is what a catch-all server gets
	Port   int    // the port that the proxy listens on; 0 is the scheme's own, or else the first that the files listen on
	Addr   string // the local address, where servers listen on several; "" is any
	URI    string // path and query as sent: "/v1/parameters?x=1"
	Header http.Header
	Remote string // the client's address, for allow and deny; "" is not known
	// Admit takes it that allow, deny, passwords and other modules' verdicts let the request through, where they let any.
	Admit bool
	// Stat says what is at a path of the proxy's file system; nil: not known.
	Stat func(path string) File
}

// File is what stands at a path of the proxy's file system.
type File int

const (
	FileUnknown File = iota
	FileAbsent
	FileRegular
	FileDir
)

// NoFiles is a Stat for requests that no file answers, as API paths are.
func NoFiles(string) File { return FileAbsent }

// Kind says how a request ends.
type Kind int

const (
	Unknown  Kind = iota + 1 // cannot be decided from the files: Why says what is missing
	Proxied                  // handed to Upstream with URI
	Local                    // the proxy answers by itself with Status
	Redirect                 // Status 3xx with Target
	Static                   // a file is sent: FilePath; Status 0 when it is not known whether it exists
	Closed                   // the connection is closed without an answer (return 444)
	Refused                  // nothing listens on the port
)

func (k Kind) String() string {
	names := []string{"", "unknown", "proxied", "local", "redirect", "static", "closed", "refused"}
	if k < 0 || int(k) >= len(names) {
		return "invalid"
	}
	return names[k]
}

// Step is one line that had a say in the answer, in the order in which they acted.
type Step struct {
	Pos  Pos
	Text string // "location /v1", "rewrite ^/api/(.*) /$1 break", "proxy_pass http://api:5001"
	Note string // what it did: "/api/x becomes /x"
}

// Place is a server or location that took the request.
type Place struct {
	Pos      Pos
	Name     string // server_name as written, or the location with its modifier: "^~ /files"
	Modifier string // "", "=", "^~", "~", "~*", "@"
	Path     string // the location's own text, without modifier
}

// Answer is where the request goes.
type Answer struct {
	Kind     Kind
	Protocol string   // of Proxied: http, https, fastcgi, uwsgi, scgi, grpc, grpcs, memcached
	Upstream string   // host:port of the first target, or unix:/path
	Targets  []string // all targets of an upstream block, in file order
	// Unresolved: the target's name comes from a variable and nothing resolves it, so the proxy answers 502.
	Unresolved bool
	Group      string // the upstream block's name, if there is one
	URI        string // path and query as the upstream sees them
	Method     string // as the upstream sees it
	Status     int    // of Local, Redirect, Static; of Proxied only where error_page replaces the upstream's
	Target     string // of Redirect: the Location header
	FilePath   string // of Static
	Server     *Place
	Location   *Place
	Decided    Pos // the directive that settled it: proxy_pass, return, rewrite …
	Steps      []Step
	Why        string // of Unknown
	// Unread is an include of the server's whose file is not at hand, and which may hold a place that wins over one that
	// takes all: "site.conf:2:3: include routes.inc is not at hand".
	Unread string
	Notes  []string // what an operator should know besides: no resolver, include not read
}

// SyntaxError is one reason for which the proxy would refuse the files.
type SyntaxError struct {
	Pos Pos
	Msg string
}

func (e SyntaxError) Error() string { return e.Pos.String() + ": " + e.Msg }

// Errors are all reasons found for which the proxy would refuse the files; never empty.
type Errors []SyntaxError

func (e Errors) Error() string {
	if len(e) == 1 {
		return e[0].Error()
	}
	return fmt.Sprintf("%s (and %d more)", e[0].Error(), len(e)-1)
}
