package envfile

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
	"github.com/dify-gate/dify-gate/gate/internal/redisurl"
)

// broker judges the settings of Redis and of the queue in it: whether a worker
// can read CELERY_BROKER_URL, whether it agrees with REDIS_… where both are the
// same server, and whether sentinels are named where they are asked for.
func (r *envRun) broker() {
	for _, g := range r.effective("CELERY_BROKER_URL", backend...) {
		r.brokerURL(g)
	}
	if v, on := r.switchedOn("REDIS_USE_SENTINEL"); on {
		r.needs(v, "REDIS_SENTINELS", "list the sentinels as HOST:PORT, separated by commas")
		r.needs(v, "REDIS_SENTINEL_SERVICE_NAME", "set it to the master's name in the sentinels' configuration, often mymaster")
	}
	if v, on := r.switchedOn("REDIS_USE_CLUSTERS"); on {
		r.needs(v, "REDIS_CLUSTERS", "list the nodes as HOST:PORT, separated by commas")
	}
}

// switchedOn reads a switch as pydantic does.
func (r *envRun) switchedOn(name string) (deployment.Value, bool) {
	v, _ := r.value(name)
	return v, slices.Contains([]string{"true", "1", "yes", "on", "t", "y"}, strings.ToLower(v.Text))
}

// needs reports a switch whose setting is missing.
func (r *envRun) needs(by deployment.Value, name, hint string) {
	if v, _ := r.value(name); strings.TrimSpace(v.Text) == "" {
		r.add(ruleInconsistent, name, fmt.Sprintf("%s is on and %s is not set: api and workers cannot find Redis", by.Name, name), hint, by.Place)
	}
}

func (r *envRun) brokerURL(g given) {
	scheme, _, _ := strings.Cut(g.Text, "://")
	if g.Text == "" || !strings.Contains(scheme, "redis") && scheme != "sentinel" {
		return // RabbitMQ and others, of which the gate knows nothing
	}
	t, err := redisurl.Parse(g.Text)
	if err != nil {
		hint := "percent-encode the password in the URL: # is %23, / is %2F, ? is %3F, @ is %40, % is %25; REDIS_PASSWORD has it unencoded"
		if g.Source == deployment.FromHelm && g.Var != "" {
			hint = "choose a password without # / ? @ %: the chart writes it into the URL as it is, and gives it to REDIS_PASSWORD as well; or set CELERY_BROKER_URL in extraEnv of api and worker"
		}
		r.add(ruleInconsistent, "CELERY_BROKER_URL", fmt.Sprintf("%s cannot be read, no worker starts with it: %s", g.whose(), err), hint, g.Place)
		return
	}
	if t.Sentinel {
		r.brokerSentinels(g, t)
		return
	}
	if v, on := r.switchedOn("CELERY_USE_SENTINEL"); on {
		r.add(ruleInconsistent, "CELERY_USE_SENTINEL", fmt.Sprintf("CELERY_USE_SENTINEL is on and %s is %s://…, expected sentinel://: workers ask a sentinel for tasks, or a server for its master", g.whose(), scheme),
			"write CELERY_BROKER_URL as sentinel://:PASSWORD@HOST:26379/1;sentinel://…, or switch CELERY_USE_SENTINEL off", v.Place, g.Place)
		return
	}
	r.sameServer(g, t)
}

// sameServer compares a broker with the api's Redis where both are one server.
func (r *envRun) sameServer(g given, t redisurl.Target) {
	host, _ := r.value("REDIS_HOST")
	address := host.Text + ":" + cmp.Or(r.text("REDIS_PORT"), redisurl.ServerPort)
	_, sentinel := r.switchedOn("REDIS_USE_SENTINEL")
	if host.Text == "" || sentinel || !slices.ContainsFunc(t.Addresses, func(a string) bool { return strings.EqualFold(a, address) }) {
		return
	}
	if v, tls := r.switchedOn("REDIS_USE_SSL"); tls != t.TLS {
		seen, want := "REDIS_USE_SSL is on and CELERY_BROKER_URL begins with redis://", "rediss:// (with two s)"
		if t.TLS {
			seen, want = "REDIS_USE_SSL is off and CELERY_BROKER_URL begins with rediss://", "REDIS_USE_SSL=true, or redis://"
		}
		at := v.Place
		if at.File == "" {
			at = g.Place
		}
		r.add(ruleInconsistent, "broker TLS", fmt.Sprintf("%s, on the same server %s: one of them cannot connect, expected %s", seen, address, want),
			"use TLS for both, or for neither; BROKER_USE_SSL follows the URL's scheme", at, g.Place)
	}
	if user := r.text("REDIS_USERNAME"); user != "" && t.User != user && t.Password != "" {
		r.add(ruleInconsistent, "broker user", fmt.Sprintf("REDIS_USERNAME is set and %s has another user, on the same server %s: one of the two logins is refused", g.whose(), address),
			"write redis://USER:PASSWORD@HOST:PORT/1 with the user of REDIS_USERNAME, or keep both users on purpose", g.Place).Severity = gate.Warning
	}
	if strconv.Itoa(t.DB) == cmp.Or(r.text("REDIS_DB"), "0") {
		r.add(ruleInconsistent, "broker database", fmt.Sprintf("the queue of CELERY_BROKER_URL and the cache share database %d of %s: clearing the cache deletes the waiting tasks", t.DB, address),
			"give the broker its own database, as Dify's files do with /1; a cluster has only database 0", g.Place).Severity = gate.Notice
	}
}

// brokerSentinels judges a broker behind sentinels.
func (r *envRun) brokerSentinels(g given, t redisurl.Target) {
	if _, on := r.switchedOn("CELERY_USE_SENTINEL"); !on {
		r.add(ruleInconsistent, "CELERY_USE_SENTINEL", fmt.Sprintf("%s names sentinels and CELERY_USE_SENTINEL is off: workers do not get the master's name", g.whose()),
			"set CELERY_USE_SENTINEL=true and CELERY_SENTINEL_MASTER_NAME", g.Place)
	} else if t.Master == "" && r.text("CELERY_SENTINEL_MASTER_NAME") == "" {
		r.add(ruleInconsistent, "CELERY_SENTINEL_MASTER_NAME", fmt.Sprintf("%s names sentinels and CELERY_SENTINEL_MASTER_NAME is not set: workers find no master", g.whose()),
			"set it to the master's name in the sentinels' configuration, often mymaster", g.Place)
	}
	password, _ := r.value("REDIS_SENTINEL_PASSWORD")
	if password.Text == "" || r.text("CELERY_SENTINEL_PASSWORD") != "" || !r.knowsSentinelPassword() {
		return
	}
	theirs := strings.FieldsFunc(r.text("REDIS_SENTINELS"), func(c rune) bool { return c == ',' || c == ' ' })
	if slices.ContainsFunc(t.Addresses, func(a string) bool { return slices.Contains(theirs, a) }) {
		r.add(ruleInconsistent, "CELERY_SENTINEL_PASSWORD", "REDIS_SENTINEL_PASSWORD is set and CELERY_SENTINEL_PASSWORD is not, for the same sentinels: they refuse the workers",
			"set CELERY_SENTINEL_PASSWORD to the sentinels' password; the one in CELERY_BROKER_URL is that of Redis itself", password.Place, g.Place)
	}
}

// knowsSentinelPassword reports whether the target reads CELERY_SENTINEL_PASSWORD.
func (r *envRun) knowsSentinelPassword() bool {
	if r.want.release == nil {
		return true
	}
	_, ok := r.want.release.EnvVar("CELERY_SENTINEL_PASSWORD")
	return ok
}
