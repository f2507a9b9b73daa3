package config

import (
	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/kinds"
)

// Config is what gate.yaml says. Every part may be left out; flags and the
// environment override it.
type Config struct {
	Version   int            `yaml:"version" min:"1" max:"1" required:"true" help:"the version of this format: 1"`
	Upgrade   Upgrade        `yaml:"upgrade" help:"the running and the target version"`
	Changelog Changelog      `yaml:"changelog" help:"where release notes come from, and what of them blocks"`
	Dify      Dify           `yaml:"dify" help:"the deployment"`
	Checks    kinds.Sections `yaml:"checks" help:"what to check, in sections by kind"`
	Policy    Policy         `yaml:"policy" help:"what turns findings into a verdict"`
	Waivers   []Waiver       `yaml:"waivers" help:"waived findings, each with a reason and an expiry date"`
	Baseline  string         `yaml:"baseline" kind:"source" help:"an earlier JSON report of this deployment, a file or a URL: findings in it are known and do not block"`
	Run       Run            `yaml:"run" help:"how checks are scheduled"`
	Trace     Trace          `yaml:"trace" help:"the run itself as an OpenTelemetry trace"`

	// File is the file as it was named, "" when there was none.
	File string `yaml:"-"`
	// entries are the decoded entries of Checks in the order of Specs.
	entries []entry
	opts    Options
	secrets []gate.Secret
}

// Secrets are the values that came into the file by ${NAME} and that no report may
// show; see expanded.
func (cfg *Config) Secrets() []gate.Secret { return cfg.secrets }

// Upgrade names the range (from, to].
type Upgrade struct {
	From string `yaml:"from" help:"the running version, or auto to ask the deployment, base: the image tags at the base of this pull or merge request, git:REV: those at that revision"`
	To   string `yaml:"to" help:"the target version, or auto to read the image tags in dify.dir"`
}

// Changelog says where release notes come from.
type Changelog struct {
	Source string         `yaml:"source" kind:"source" help:"github, github:OWNER/REPO, a file or a URL"`
	API    string         `yaml:"api" kind:"url" help:"GitHub's API, for GitHub Enterprise or a mirror"`
	Block  []string       `yaml:"block" enum:"breaking,action,migration,config,deprecation,security,regression,removal" help:"the kinds of changes that are errors; by default breaking, action, migration and removal"`
	MaxAge check.Duration `yaml:"max_age" help:"how old an answer of the cache may be when the source is out of reach, by default 24h; an older one leaves the run undecided"`
}

// Dify describes the deployment.
type Dify struct {
	Dir        string      `yaml:"dir" kind:"dir" help:"the operator's Dify directory: docker-compose*.yaml, .env, nginx/"`
	URL        string      `yaml:"url" kind:"url" help:"the public address"`
	ConsoleURL string      `yaml:"console_url" kind:"url" help:"where the console differs from url"`
	APIURL     string      `yaml:"api_url" kind:"url" help:"where the service API differs from url"`
	AppURL     string      `yaml:"app_url" kind:"url" help:"where the web apps differ from url"`
	FilesURL   string      `yaml:"files_url" kind:"url" help:"where files differ from url"`
	APIKey     gate.Secret `yaml:"api_key" help:"an app's key for the end-to-end run, as \"${DIFY_API_KEY}\""`
	Profile    string      `yaml:"profile" enum:"auto,none" help:"auto: checks for this release from the catalogue; none: only those listed here"`
	Catalogue  []string    `yaml:"catalogue" kind:"catalogue" help:"facts of further releases, as gate learn prints them: files, folders or URLs"`
	Learn      string      `yaml:"learn" enum:"auto,off" help:"auto: read the facts of an unknown release from the checkout around dir, or from GitHub"`
}

// Policy is the file's part of gate.Policy.
type Policy struct {
	FailOn   gate.FailOn `yaml:"fail_on" enum:"error,warning,never" help:"the severity from which a finding blocks"`
	Severity Severities  `yaml:"severity" help:"other severities, by rule or glob; the rule itself counts before globs, of those the first that matches"`
	Require  []string    `yaml:"require" help:"kinds of checks of which at least one must look at something; otherwise the verdict is inconclusive"`
}

// Run says how checks are scheduled.
type Run struct {
	Concurrency int            `yaml:"concurrency" min:"1" max:"10000" help:"how many checks run at a time, by default 32"`
	Timeout     check.Duration `yaml:"timeout" help:"one deadline for the whole run, by default 5m"`
	Wait        check.Duration `yaml:"wait" help:"keep retrying for this long after a deploy"`
}

// Trace says where the run's own trace goes.
type Trace struct {
	OTLP string `yaml:"otlp" kind:"url" help:"an OTLP/HTTP collector, like http://collector:4318"`
}
