package gate

import "time"

// ReportSchema is the version of the JSON document.
const ReportSchema = 1

// Report is all that a run found out; every format renders it. Its JSON shape
// is a contract: fields may be added, never renamed.
type Report struct {
	Schema     int       `json:"schema"`
	Tool       Tool      `json:"tool"`
	Started    time.Time `json:"started"`
	DurationMS int64     `json:"duration_ms"`
	Upgrade    Upgrade   `json:"upgrade"`
	// URL is the public address of the deployment, without credentials.
	URL    string `json:"url,omitempty"`
	Phase  Phase  `json:"phase"`
	DryRun bool   `json:"dry_run"`
	// Interrupted is set when a signal or the deadline ended the run early.
	Interrupted bool    `json:"interrupted,omitempty"`
	Verdict     Verdict `json:"verdict"`
	// FailOn is the severity from which a finding blocked this run.
	FailOn FailOn `json:"fail_on,omitempty"`
	// Reasons say in a line each why the verdict is what it is.
	Reasons []string `json:"reasons,omitempty"`
	// RestsOn is what was looked at, and what was not.
	RestsOn    RestsOn       `json:"rests_on"`
	Counts     Counts        `json:"counts"`
	RootCauses []RootCause   `json:"root_causes"`
	Changes    []Change      `json:"changes"`
	RunBook    []Step        `json:"run_book,omitempty"`
	Checks     []CheckReport `json:"checks"`
	Findings   []Finding     `json:"findings"`
	// Fixed are the findings of the baseline that are gone, Compared the figures
	// that both runs have.
	Fixed    []Fixed    `json:"fixed,omitempty"`
	Compared []Compared `json:"compared,omitempty"`
	// Rules are the documented rules that the findings refer to, for the
	// formats that carry them (SARIF); not part of the JSON report.
	Rules map[string]Rule `json:"-"`
	// Patch is what gate fix would print, for the formats that carry it; "" where it
	// was not asked for.
	Patch string `json:"-"`
}

// Tool names the program that wrote a report.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Upgrade is the range that a run looked at and how much of it was read.
type Upgrade struct {
	From string `json:"from"`
	To   string `json:"to"`
	// FromSource and ToSource say where the versions were learned.
	FromSource string   `json:"from_source,omitempty"`
	ToSource   string   `json:"to_source,omitempty"`
	Releases   []string `json:"releases"`
	Coverage   Coverage `json:"coverage"`
}

// Coverage counts what was read of the release notes.
type Coverage struct {
	Releases     int `json:"releases"`
	Entries      int `json:"entries"`
	Changes      int `json:"changes"`
	Unclassified int `json:"unclassified"`
	// Listed are the entries that carry a warning sign but no class.
	Listed []Unclassified `json:"listed,omitempty"`
	// Cut says what was too large or too deep to be read.
	Cut []string `json:"cut,omitempty"`
	// Notes say how the source was read, e.g. from the cache while offline.
	Notes []string `json:"notes,omitempty"`
}

// Unclassified is an entry with a warning sign that no rule could place.
type Unclassified struct {
	Version  string    `json:"version"`
	Text     string    `json:"text"`
	Location *Location `json:"location"`
}

// Change is an entry of the release notes, or an advisory, that an operator
// has to know.
type Change struct {
	Version string `json:"version"`
	// Kind is breaking, action, migration, removal, config, deprecation,
	// security or regression.
	Kind     string    `json:"kind"`
	Signal   string    `json:"signal"`
	Text     string    `json:"text"`
	Context  string    `json:"context,omitempty"`
	Action   string    `json:"action,omitempty"`
	Names    Names     `json:"names"`
	Applies  string    `json:"applies"` // yes, no or unknown
	Evidence []string  `json:"evidence,omitempty"`
	Sources  []string  `json:"sources,omitempty"` // notes, advisory
	Location *Location `json:"location"`
	URL      string    `json:"url"`
	Waived   bool      `json:"waived"`
	// Fingerprint links the change to its finding.
	Fingerprint string `json:"fingerprint,omitempty"`
}

// Names are the things that a change speaks of.
type Names struct {
	Env      []string `json:"env"`
	Commands []string `json:"commands"`
	Queues   []string `json:"queues"`
	Ports    []string `json:"ports,omitempty"`
	Paths    []string `json:"paths,omitempty"`
	Versions []string `json:"versions,omitempty"`
	Services []string `json:"services,omitempty"`
	IDs      []string `json:"ids,omitempty"` // CVE and GHSA ids
}

// Step is one entry of the run-book.
type Step struct {
	Version string `json:"version"`
	When    string `json:"when"` // before, during or after the upgrade
	Command string `json:"command"`
	Why     string `json:"why"`
}

// Counts sums a run up. Findings leaves waived ones out.
type Counts struct {
	Checks   int `json:"checks"`
	Pass     int `json:"pass"`
	Warn     int `json:"warn"`
	Fail     int `json:"fail"`
	Error    int `json:"error"`
	Skip     int `json:"skip"`
	Findings int `json:"findings"`
	Waived   int `json:"waived"`
	// Known are those of Findings that the baseline has as well.
	Known int `json:"known"`
}

// CheckReport is a check in a report. Findings are indices into
// Report.Findings; times are milliseconds, StartMS since the run's start.
type CheckReport struct {
	Kind       string         `json:"kind"`
	Name       string         `json:"name"`
	Phase      Phase          `json:"phase"`
	Outcome    Outcome        `json:"outcome"`
	Reason     string         `json:"reason"`
	Attempts   int            `json:"attempts"`
	StartMS    int64          `json:"start_ms"`
	DurationMS int64          `json:"duration_ms"`
	Needs      []string       `json:"needs,omitempty"`
	Tags       []string       `json:"tags,omitempty"`
	Probes     []string       `json:"probes,omitempty"`
	Findings   []int          `json:"findings"`
	Evidence   map[string]any `json:"evidence,omitempty"`
	// Location is the entry in gate.yaml; nil for a built-in check.
	Location *Location `json:"location,omitempty"`
	// AllowFailure is the entry's allow_failure.
	AllowFailure bool `json:"allow_failure,omitempty"`
	// ExplainedBy names the root cause's check, when there is another one.
	ExplainedBy string `json:"explained_by,omitempty"`
}

// RootCause is a failure that no other failure explains.
type RootCause struct {
	Rule     string    `json:"rule"`
	Check    string    `json:"check"`
	Message  string    `json:"message"`
	Hint     string    `json:"hint"`
	Explains []string  `json:"explains"` // names of checks
	Location *Location `json:"location,omitempty"`
	// Fingerprint is that of the finding that the cause is worded by.
	Fingerprint string `json:"fingerprint,omitempty"`
}
