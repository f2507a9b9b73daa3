package kinds

import (
	"reflect"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/database"
	"github.com/dify-gate/dify-gate/gate/check/envfile"
	"github.com/dify-gate/dify-gate/gate/check/host"
	"github.com/dify-gate/dify-gate/gate/check/lockfile"
	"github.com/dify-gate/dify-gate/gate/check/proxy"
	"github.com/dify-gate/dify-gate/gate/check/redis"
	"github.com/dify-gate/dify-gate/gate/check/release"
	"github.com/dify-gate/dify-gate/gate/check/settings"
	"github.com/dify-gate/dify-gate/gate/check/slo"
	"github.com/dify-gate/dify-gate/gate/check/web"
)

// Sections are the lists under `checks:` in gate.yaml, one a kind, in the order
// in which their checks run and their rules are listed.
type Sections struct {
	Client    []release.Client     `yaml:"client" help:"the API paths that your own clients call, against the target's routes"`
	Env       []envfile.EnvFile    `yaml:"env" help:"the env file, against what the target release wants"`
	Proxy     []proxy.Proxy        `yaml:"proxy" help:"the reverse proxy's files, against the paths that the target release publishes"`
	HTTP      []web.HTTP           `yaml:"http" help:"requests, and what the answers have to be"`
	TCP       []web.TCP            `yaml:"tcp" help:"addresses that have to accept a connection"`
	TLS       []web.TLS            `yaml:"tls" help:"addresses whose certificate has to be trusted and to last"`
	Firewall  []host.Firewall      `yaml:"firewall" help:"ports that the packet filter has to let through"`
	Settings  []settings.Settings  `yaml:"settings" help:"settings files, by schema and by wanted values"`
	Runtime   []host.Runtime       `yaml:"runtime" help:"versions of tools, on this machine or in an image"`
	Lockfile  []lockfile.Lockfile  `yaml:"lockfile" help:"lockfiles of npm, Yarn, pnpm and uv"`
	App       []web.App            `yaml:"app" help:"an app run end to end, with its key"`
	Dataset   []web.Dataset        `yaml:"dataset" help:"knowledge bases: listed, and searched"`
	OpenAPI   []web.OpenAPI        `yaml:"openapi" help:"a served API description, against what the server really answers"`
	Tracing   []web.Tracing        `yaml:"tracing" help:"a request's trace, from the caller to the backend"`
	Redis     []redis.Redis        `yaml:"redis" help:"redis servers: reachable, writable, new enough, with memory left and no stale keys"`
	Logrotate []host.Logrotate     `yaml:"logrotate" help:"stanzas of logrotate, and the logs that they have to cover"`
	Port      []host.Port          `yaml:"port" help:"who listens on TCP ports of this host"`
	Process   []host.Process       `yaml:"process" help:"processes that have to run on this host"`
	SLO       []slo.SLO            `yaml:"slo" help:"latency and error rates against objectives: sampled, from access logs, or from Prometheus"`
	CORS      []web.CORS           `yaml:"cors" help:"what scripts of other origins may do, asked as a browser asks"`
	Auth      []web.Auth           `yaml:"auth" help:"endpoints that require a token: who is refused, and who is not"`
	Celery    []redis.Celery       `yaml:"celery" help:"workers and queues, seen through the broker"`
	Logs      []host.Logs          `yaml:"logs" help:"log files: what must not be in them"`
	Postgres  []database.Postgres  `yaml:"postgres" help:"PostgreSQL databases: reachable, writable, new enough, with connections left"`
	MySQL     []database.MySQL     `yaml:"mysql" help:"MySQL and MariaDB databases: as postgres"`
	Migration []database.Migration `yaml:"migration" help:"the database revision against the head of the target release"`
}

// Specs lists every entry, in the order of the sections.
func (s *Sections) Specs() []check.Spec {
	var out []check.Spec
	for _, entries := range reflect.ValueOf(s).Elem().Fields() {
		for i := range entries.Len() {
			out = append(out, entries.Index(i).Addr().Interface().(check.Spec))
		}
	}
	return out
}

// derived are the kinds that no section configures: a run makes them by itself.
func derived() []check.Spec {
	return []check.Spec{&release.Changelog{}, &release.Upgrade{}, &release.Version{}}
}

// Names lists every kind, those of the sections and those that a run makes by
// itself.
func Names() []string {
	var out []string
	for _, spec := range all() {
		out = append(out, spec.Kind())
	}
	return out
}

// all has an empty entry of every kind.
func all() []check.Spec {
	specs := derived()
	for field := range reflect.TypeFor[Sections]().Fields() {
		specs = append(specs, reflect.New(field.Type.Elem()).Interface().(check.Spec))
	}
	return specs
}

// Rules lists every rule of every kind, and those of the engine.
func Rules() []gate.Rule {
	var out []gate.Rule
	for _, spec := range all() {
		out = append(out, spec.Rules()...)
	}
	return append(out, gate.WaiverRules()...)
}
