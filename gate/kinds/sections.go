package kinds

import (
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

// Sections are the lists under `checks:` in gate.yaml, one a kind.
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
	Redis     []redis.Redis        `yaml:"redis" help:"redis servers: reachable, writable, new enough, with memory left and no stale keys"`
	Port      []host.Port          `yaml:"port" help:"who listens on TCP ports of this host"`
	Process   []host.Process       `yaml:"process" help:"processes that have to run on this host"`
	SLO       []slo.SLO            `yaml:"slo" help:"latency and error rates against objectives: sampled, from access logs, or from Prometheus"`
	Celery    []redis.Celery       `yaml:"celery" help:"workers and queues, seen through the broker"`
	CORS      []web.CORS           `yaml:"cors" help:"what scripts of other origins may do, asked as a browser asks"`
	Auth      []web.Auth           `yaml:"auth" help:"end points that want a token: who is refused, and who is not"`
	Logs      []host.Logs          `yaml:"logs" help:"log files: what must not be in them"`
	Postgres  []database.Postgres  `yaml:"postgres" help:"PostgreSQL databases: reachable, writable, new enough, with connections left"`
	MySQL     []database.MySQL     `yaml:"mysql" help:"MySQL and MariaDB databases: as postgres"`
	Logrotate []host.Logrotate     `yaml:"logrotate" help:"stanzas of logrotate, and the logs that they have to cover"`
	Migration []database.Migration `yaml:"migration" help:"the database revision against the head of the target release"`
	Dataset   []web.Dataset        `yaml:"dataset" help:"knowledge bases: listed, and searched"`
	OpenAPI   []web.OpenAPI        `yaml:"openapi" help:"a served API description, against what the server really answers"`
	Tracing   []web.Tracing        `yaml:"tracing" help:"a request's trace, from the caller to the backend"`
}

// Specs lists every entry, in the order of the kinds.
func (s *Sections) Specs() []check.Spec {
	var out []check.Spec
	out = appendSpecs(out, s.Client)
	out = appendSpecs(out, s.Env)
	out = appendSpecs(out, s.Proxy)
	out = appendSpecs(out, s.HTTP)
	out = appendSpecs(out, s.TCP)
	out = appendSpecs(out, s.TLS)
	out = appendSpecs(out, s.Firewall)
	out = appendSpecs(out, s.Settings)
	out = appendSpecs(out, s.Runtime)
	out = appendSpecs(out, s.Lockfile)
	out = appendSpecs(out, s.App)
	out = appendSpecs(out, s.Dataset)
	out = appendSpecs(out, s.OpenAPI)
	out = appendSpecs(out, s.Tracing)
	out = appendSpecs(out, s.Redis)
	out = appendSpecs(out, s.Logrotate)
	out = appendSpecs(out, s.Port)
	out = appendSpecs(out, s.Process)
	out = appendSpecs(out, s.SLO)
	out = appendSpecs(out, s.CORS)
	out = appendSpecs(out, s.Auth)
	out = appendSpecs(out, s.Celery)
	out = appendSpecs(out, s.Logs)
	out = appendSpecs(out, s.Postgres)
	out = appendSpecs(out, s.MySQL)
	out = appendSpecs(out, s.Migration)
	return out
}

// pointer is a *T that is a Spec.
type pointer[T any] interface {
	*T
	check.Spec
}

func appendSpecs[T any, P pointer[T]](out []check.Spec, entries []T) []check.Spec {
	for i := range entries {
		out = append(out, P(&entries[i]))
	}
	return out
}

// Rules lists every rule of every kind, and those of the engine.
func Rules() []gate.Rule {
	var out []gate.Rule
	for _, rules := range [][]gate.Rule{
		release.ChangelogRules(),
		release.UpgradeRules(),
		release.ClientRules(),
		envfile.Rules(),
		proxy.Rules(),
		web.HTTPRules(),
		web.TCPRules(),
		web.TLSRules(),
		release.VersionRules(),
		host.FirewallRules(),
		settings.Rules(),
		host.RuntimeRules(),
		lockfile.Rules(),
		web.AppRules(),
		web.DatasetRules(),
		web.OpenAPIRules(),
		web.TracingRules(),
		redis.RedisRules(),
		host.LogrotateRules(),
		host.PortRules(),
		host.ProcessRules(),
		slo.SLORules(),
		web.CORSRules(),
		web.AuthRules(),
		redis.CeleryRules(),
		host.LogsRules(),
		database.PostgresRules(),
		database.MySQLRules(),
		database.MigrationRules(),
		gate.WaiverRules(),
	} {
		out = append(out, rules...)
	}
	return out
}
