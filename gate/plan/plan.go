package plan

import (
	"github.com/dify-gate/dify-gate/gate"
)

// Schema is the version of the JSON document.
const Schema = 1

// Phase is when a step is done.
type Phase string

// The phases, in their order.
const (
	Before   Phase = "before"
	During   Phase = "during"
	After    Phase = "after"
	Rollback Phase = "rollback"
)

// The ways in which Dify is deployed.
const (
	Compose = "compose"
	Helm    = "helm"
	Source  = "source"
)

// Plan is an upgrade as a run-book.
type Plan struct {
	Schema  int          `json:"schema"`
	Upgrade gate.Upgrade `json:"upgrade"`
	// Way is compose, helm or source.
	Way string `json:"way"`
	// Hops are the upgrades to make one after the other; the last ends at the target.
	Hops []Hop `json:"hops"`
	// NoReturn is the point of no return; nil where images and files alone lead back.
	NoReturn *NoReturn `json:"point_of_no_return"`
	Steps    []Step    `json:"steps"`
	// Notes say what was assumed, and what the plan leaves to the reader.
	Notes []string `json:"notes"`
	// Incomplete says what could not be read; "" when all was.
	Incomplete string `json:"incomplete,omitempty"`
}

// Hop is one upgrade of several.
type Hop struct {
	From string `json:"from"`
	To   string `json:"to"`
	Why  string `json:"why"`
}

// Step is one thing to do.
type Step struct {
	// Hop counts from 1.
	Hop   int   `json:"hop"`
	Phase Phase `json:"phase"`
	// What is the step in one line.
	What string `json:"what"`
	// Commands are whole lines of shell; none for what is done by hand.
	Commands []string `json:"commands"`
	Why      string   `json:"why"`
	// Since is the release that demands the step; "" for those of every upgrade.
	Since string `json:"since"`
	// Required is false for what may be left out.
	Required bool `json:"required"`
}

// NoReturn is the point after which images and files alone do not lead back.
type NoReturn struct {
	// Step is its place in Plan.Steps, counted from 1.
	Step int    `json:"step"`
	Why  string `json:"why"`
	// Migrations is the number of database migrations between, -1 when not known.
	Migrations int        `json:"migrations"`
	Head       string     `json:"head"`        // the database's revision before
	TargetHead string     `json:"target_head"` // and after it
	Revisions  []Revision `json:"revisions"`
	// OneWay are what deletes or rewrites data, each with its reason.
	OneWay []string `json:"one_way"`
}

// Revision is a database migration and the release that brings it.
type Revision struct {
	ID      string `json:"id"`
	Release string `json:"release"`
}

// Input is what the command line knows.
type Input struct {
	Upgrade    gate.Upgrade
	Changes    []gate.Change
	RunBook    []gate.Step
	Incomplete string
	// Compose is the program: "docker compose" or "docker-compose".
	Compose string
	// URL is the deployment's public address without credentials, "" when it is not
	// known or has some.
	URL string
	// Gate are the flags with which the gate is called again; their paths are absolute.
	Gate []Flag
}

// Flag is a flag of gate run with its value.
type Flag struct {
	Name, Value string
	Path        bool // the value is a path, absolute
}
