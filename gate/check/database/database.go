package database

import (
	"fmt"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
	"github.com/dify-gate/dify-gate/gate/internal/sqlurl"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// DatabaseAccess is what the kinds postgres and mysql have in common.
type DatabaseAccess struct {
	URL             gate.Secret     `yaml:"url" help:"SCHEME://USER:PASSWORD@HOST:PORT/DATABASE; SQLAlchemy's postgresql+psycopg2:// and mysql+pymysql:// also work" required:"true"`
	MinVersion      string          `yaml:"min_version" help:"the oldest version that is accepted; by default what the target release requires"`
	MaxActiveRatio  *check.Percent  `yaml:"max_active_ratio" help:"share of the connection limit that may be in use, by default 0.8"`
	LongTransaction *check.Duration `yaml:"long_transaction" help:"a transaction that is open for longer is reported, by default 5m"`
}

// The defaults of DatabaseAccess.
const (
	DefaultMaxActiveRatio  = 0.8
	DefaultLongTransaction = 5 * time.Minute
)

// AccessMistakes checks the URL for the kind's engine, and the limits.
func (a *DatabaseAccess) AccessMistakes(engine sqlurl.Engine) []check.Mistake {
	if a.URL.Empty() {
		return []check.Mistake{check.Mistakef("", "url is required")}
	}
	var ms []check.Mistake
	if t, err := sqlurl.Parse(a.URL.Reveal()); err != nil {
		ms = append(ms, check.Mistakef("url", "url: %s", err))
	} else if t.Engine != engine {
		ms = append(ms, check.Mistakef("url", "url is for %s: want it in the section %s", t.Engine, t.Engine))
	}
	if a.LongTransaction != nil && a.LongTransaction.Of() <= 0 {
		ms = append(ms, check.Mistakef("long_transaction", "long_transaction %s: want a positive duration", a.LongTransaction))
	}
	return append(ms, check.VersionMistake("min_version", a.MinVersion)...)
}

func (a *DatabaseAccess) ratio() float64 {
	if a.MaxActiveRatio != nil {
		return float64(*a.MaxActiveRatio)
	}
	return DefaultMaxActiveRatio
}

func (a *DatabaseAccess) long() time.Duration {
	if a.LongTransaction != nil {
		return a.LongTransaction.Of()
	}
	return DefaultLongTransaction
}

// figures are what a database says of itself.
type figures struct {
	version  string // as it names itself
	readOnly string // why it takes no writes, "" when it does
	uses     []connectionUse
	long     []longTransaction
	evidence map[string]any
}

// connectionUse is how many connections of a limit are in use, the gate's own
// left out.
type connectionUse struct {
	whose       string // "the server", "user dify", "database dify"
	used, limit int
	detail      string
}

// longTransaction is one that is open for longer than allowed.
type longTransaction struct {
	id    int64
	who   string // user and application
	state string
	age   time.Duration
}

// refusedLogin words a refused login: a wrong user, a wrong password or none.
func refusedLogin(t sqlurl.Target) string {
	if t.Password == "" {
		return fmt.Sprintf("user %q was refused without a password", t.User)
	}
	return fmt.Sprintf("the password of user %q was refused", t.User)
}

// databaseWanted says what a connection is for.
const databaseWanted = "a database that answers"

// inspection compares figures with a spec, for either kind.
type inspection struct {
	kind  string // also the component
	label string
	spec  *DatabaseAccess
	rules engineRules
	want  check.Minimum
}

// found is a finding of a rule; subject is what tells it apart from others of
// the same database.
func (l inspection) found(rule gate.Rule, subject, seen, hint string) gate.Finding {
	f := rule.Finding(fmt.Sprintf("%s %s: %s", l.kind, l.label, seen), hint)
	f.Subject = l.label + subject
	if f.Severity == gate.Error {
		f.Symptom = gate.SymptomDown
	}
	return f
}

// judge makes the findings.
func (l inspection) judge(d figures) gate.Result {
	res := gate.Result{Evidence: d.evidence}
	add := func(f gate.Finding) { res.Findings = append(res.Findings, f) }
	if l.want.Version != "" && check.OlderThan(d.version, l.want.Version) {
		add(l.found(l.rules.version, "", fmt.Sprintf("version %s, expected %s", quote.Clip(d.version), l.want),
			"upgrade the database server first: back up, then move the data as its own manual says"))
	}
	if d.readOnly != "" {
		add(l.found(l.rules.readOnly, "", d.readOnly+"; it accepts no writes", "point DB_HOST at the primary; if it has just failed over, wait until it is promoted"))
	}
	for _, u := range d.uses {
		if u.limit <= 0 || float64(u.used)/float64(u.limit) <= l.spec.ratio() {
			continue
		}
		add(l.found(l.rules.poolExhausted, " "+u.whose, fmt.Sprintf("%d of the %d connections of %s are in use%s, expected at most %.0f %%", u.used, u.limit, u.whose, u.detail, 100*l.spec.ratio()),
			"raise the limit, or lower SQLALCHEMY_POOL_SIZE and SQLALCHEMY_MAX_OVERFLOW: each process of api and worker has its own pool"))
		break // the tightest limit says it; uses are in that order
	}
	for _, t := range d.long {
		add(l.found(l.rules.longTransaction, fmt.Sprintf(" %d", t.id), fmt.Sprintf("a transaction of %s is open for %s (%s, process %d), the limit is %s",
			quote.Clip(t.who), t.age.Round(time.Second), quote.Clip(t.state), t.id, l.spec.long()),
			"find out what keeps it open, because it blocks migrations and cleanup; end it only when you know what it is"))
	}
	return res
}

// full is the result when the server refuses a further connection.
func (l inspection) full(reply string) gate.Result {
	f := l.found(l.rules.poolExhausted, "", fmt.Sprintf("no connection is left (%s)", quote.Clip(reply)),
		"raise max_connections, or lower SQLALCHEMY_POOL_SIZE and SQLALCHEMY_MAX_OVERFLOW: each process of api and worker has its own pool")
	return gate.Result{Findings: []gate.Finding{f}, Retry: gate.RetrySoon, Evidence: map[string]any{"error": quote.Clip(reply)}}
}

// result makes the result of a failure to connect or to read.
func (l inspection) result(f probe.PeerFailure) gate.Result {
	if f.Reason == probe.ReasonExhausted {
		return l.full(f.Text)
	}
	return check.Result(f, l.rules.of(f.Reason), l.label, databaseWanted)
}
