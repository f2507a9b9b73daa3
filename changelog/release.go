package changelog

import "time"

// Release is one section of a changelog or one release of GitHub's JSON. Its
// body is Markdown and not yet parsed.
type Release struct {
	Version    Version
	Tag        string    // as the source spells it: "v1.14.1"
	Name       string    // the release's title, may be empty
	Date       time.Time // zero when the source gives none; never used to order releases
	URL        string    // the release's page, from GitHub
	Draft      bool
	Prerelease bool // flagged by GitHub, or by the form of the version
	Body       string

	File string // the file or URL it was read from
	Line int    // 1-based line of the body's first line in File; from JSON always 1: lines are counted within the body
	JSON bool   // from releases JSON: lines of its entries are lines of the body
	// Described: the body is the description of a release of GitLab's form.
	Described bool
}

// Location is a place in a file, 1-based; from JSON it is the line and column
// within the release's body.
type Location struct {
	File    string
	Line    int
	Column  int
	EndLine int
}

// Block says what kind of Markdown block an entry is.
type Block int

// The blocks that make entries.
const (
	Paragraph Block = iota + 1
	Bullet
	TableRow
	Fence // a fence that belongs to no entry before it
	Raw   // text of an HTML block
	Title // a heading itself; its text is also in the Path of what follows
)

// Code is a fence that belongs to an entry: the commands of a numbered step.
type Code struct {
	Lang string
	Text string
	Line int
}

// Entry is a bullet, a paragraph or a table row of a release's body.
type Entry struct {
	Text     string   // inline text, emphasis dropped, code spans in backquotes
	Path     []string // the headings above it, outermost first; bold pseudo-headings count
	Label    string   // bold lead-in: "Breaking change" of "**Breaking change:** …"
	Alert    string   // IMPORTANT, WARNING, CAUTION, NOTE or TIP when it stands in a GitHub alert
	Parent   string   // text of the bullet or table head it belongs to
	Block    Block
	Ordered  bool // in a numbered list
	Quoted   bool // in a block quote
	Code     []Code
	Link     string // first link in it, mostly a pull request
	Location Location

	breaks []int // offsets in Text at which further lines of the source begin
}

// Kind is what a change asks for.
type Kind string

// The kinds of changes.
const (
	Breaking    Kind = "breaking"
	Action      Kind = "action"
	Migration   Kind = "migration"
	Removal     Kind = "removal"
	Config      Kind = "config"
	Deprecation Kind = "deprecation"
	Security    Kind = "security"
	Regression  Kind = "regression"
)

// Kinds lists all kinds, the gravest first.
func Kinds() []Kind {
	return []Kind{Breaking, Action, Migration, Removal, Regression, Config, Deprecation, Security}
}

// Names are the things that a change names and that can be looked up in an
// operator's files. Env names may end in "*".
type Names struct {
	Env      []string `json:"env"`
	Commands []string `json:"commands"`
	Queues   []string `json:"queues"`
	Ports    []string `json:"ports,omitempty"`
	Paths    []string `json:"paths,omitempty"`
	Versions []string `json:"versions,omitempty"`
	CVEs     []string `json:"cves,omitempty"`
	Services []string `json:"services,omitempty"`
}

// Where a change was learned.
const (
	FromNotes    = "notes"
	FromAdvisory = "advisory"
	FromBoth     = "both"
)

// Mention is another place that tells the same change.
type Mention struct {
	Version  Version
	Text     string
	Location Location
	URL      string
}

// Change is an entry (or a part of one) that needs an operator.
type Change struct {
	Version   Version
	Kind      Kind
	Signal    string // what decided: "heading", "alert", "obligation: must", "advisory" …
	Text      string // close to the source's own words
	Context   string // heading, label or parent bullet that the text needs to be understood
	Names     Names
	Condition *Condition // when it concerns a deployment; nil: not known
	Todo      string     // what to do, in our words, from an advisory
	Commands  []Command  // commands of the run-book
	Location  Location
	URL       string
	Evidence  []string // links that prove an advisory
	Source    string   // notes, advisory or both
	Advisory  string   // id of the advisory, if one is part of it
	Also      []Mention
	Repeats   Version // the same was already reported by this earlier release, outside of the range
	Affects   Version // a regression: the release that is broken

	fromCommit bool   // told by a line of a list of commits
	fixes      bool   // a regression that is only said to be fixed
	intro      string // the text of an entry that only leads over to its list
}

// Command is one line of the run-book.
type Command struct {
	Line   string // what to type
	Source string // what a source deployment types; empty: the same
	Why    string
	When   string // before, during or after the upgrade; empty: after
}

// Blocks tells whether k is one of kinds.
func (k Kind) Blocks(kinds []Kind) bool {
	for _, b := range kinds {
		if b == k {
			return true
		}
	}
	return false
}
