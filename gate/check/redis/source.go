package redis

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
	"github.com/dify-gate/dify-gate/gate/internal/redisurl"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// RedisAccess is how a spec names a Redis.
type RedisAccess struct {
	URL              gate.Secret   `yaml:"url" help:"redis://, rediss:// (TLS), redis+sentinel://HOST,HOST/MASTER/DB or Celery's sentinel://" required:"true"`
	Sentinels        check.Strings `yaml:"sentinels" help:"host:port of each sentinel; the URL then gives user, password and database of the master"`
	Master           string        `yaml:"master" help:"the name that the sentinels know the master by"`
	SentinelUsername string        `yaml:"sentinel_username" help:"user of the sentinels themselves"`
	SentinelPassword gate.Secret   `yaml:"sentinel_password" help:"password of the sentinels themselves"`
	Nodes            check.Strings `yaml:"nodes" help:"host:port of further nodes of a cluster, asked when the URL's does not answer"`
	// Setting names the variable of Dify's that the URL was read from, "" for an
	// entry of gate.yaml.
	Setting string `yaml:"-"`
}

// AccessMistakes checks the URL, the sentinels and the nodes.
func (a *RedisAccess) AccessMistakes() []check.Mistake {
	if a.URL.Empty() {
		return []check.Mistake{check.Mistakef("", "url is required")}
	}
	source, err := a.Resolve()
	if err != nil {
		return []check.Mistake{check.Mistakef("url", "url: %s", err)}
	}
	var ms []check.Mistake
	for _, s := range a.Sentinels {
		ms = append(ms, check.HostPortMistake("sentinels", s)...)
	}
	for _, s := range a.Nodes {
		ms = append(ms, check.HostPortMistake("nodes", s)...)
	}
	if source.Target.Sentinel && source.Target.Master == "" {
		ms = append(ms, check.Mistakef("master", "master is required with sentinels: the name that they know the master by"))
	}
	return ms
}

// broken is the check of a server whose URL cannot be read. Where it is Dify's own
// setting, Dify's client of Redis cannot read it either.
func (a *RedisAccess) broken(b *check.Base, kind string, rules []gate.Rule, err error) gate.Check {
	c := b.Broken(kind, rules, err)
	if a.Setting == "" {
		return c
	}
	c.Run = func(context.Context) gate.Result {
		f := ruleRedisUnreachable.Finding(fmt.Sprintf("%s cannot be read, nothing that uses it starts: %s", a.Setting, err),
			"write the password percent-encoded in a URL: # is %23, / is %2F, ? is %3F, @ is %40, % is %25; REDIS_PASSWORD has it as it is")
		f.Subject = a.Setting
		return gate.Result{Findings: []gate.Finding{f}}
	}
	return c
}

// Resolve reads the URL and adds the other fields of the entry.
func (a *RedisAccess) Resolve() (source, error) {
	raw := a.URL.Reveal()
	if len(a.Sentinels) > 0 {
		raw = withHost(raw)
	}
	t, err := redisurl.Parse(raw)
	if err != nil {
		return source{}, err
	}
	if len(a.Sentinels) > 0 {
		t.Sentinel, t.Addresses = true, a.Sentinels
	}
	t.Addresses = append(t.Addresses, a.Nodes...)
	if a.Master != "" {
		t.Master = a.Master
	}
	s := source{Target: t, sentinelLogin: login{a.SentinelUsername, a.SentinelPassword.Reveal()}}
	return s, nil
}

// withHost fills in the host of a URL that only carries the credentials for
// the master: redis://:pw@/0.
func withHost(raw string) string {
	scheme, rest, ok := strings.Cut(raw, "://")
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	if !ok || end > 0 && rest[end-1] != '@' {
		return raw
	}
	return scheme + "://" + rest[:end] + "sentinel" + rest[end:]
}

// secrets are what no report may show.
func (a *RedisAccess) secrets(s source) []gate.Secret {
	return []gate.Secret{gate.NewSecret(s.Target.Password), a.SentinelPassword}
}

// label names the server without its credentials.
func (s source) label() string {
	where := strings.Join(s.Target.Addresses, ",")
	if s.Target.Sentinel {
		return fmt.Sprintf("%s/%s/%d", where, s.Target.Master, s.Target.DB)
	}
	return fmt.Sprintf("%s/%d", where, s.Target.DB)
}

// source says which servers a spec names and who the gate is for them.
type source struct {
	Target        redisurl.Target
	sentinelLogin login
}

func (s source) login() login { return login{s.Target.User, s.Target.Password} }

// resolve returns the server's address: the first that a URL names, or the
// master that the sentinels name. note says how the address was found, "" for the URL's own.
func (s source) resolve(ctx context.Context, network *probe.Network, timeout time.Duration) (address, note string, fail *probe.PeerFailure) {
	if !s.Target.Sentinel {
		return s.Target.Addresses[0], "", nil
	}
	var worst probe.PeerFailure
	var tried []string
	for _, sentinel := range s.Target.Addresses {
		host, err := s.ask(ctx, network, sentinel, turn(timeout, len(s.Target.Addresses)))
		if err == nil {
			return host, fmt.Sprintf("the master %s is %s according to sentinel %s", s.Target.Master, host, sentinel), nil
		}
		tried = append(tried, fmt.Sprintf("sentinel %s: %s", sentinel, err.Text))
		if worst.Reason != probe.ReasonAuth {
			worst = *err
		}
	}
	worst.Text = "no sentinel names the master: " + strings.Join(tried, "; ")
	return "", "", &worst
}

// ask has one sentinel name the master.
func (s source) ask(ctx context.Context, network *probe.Network, sentinel string, timeout time.Duration) (string, *probe.PeerFailure) {
	p := newClient(ctx, clientOptions{
		network: network, address: sentinel, target: s.Target, login: s.sentinelLogin, timeout: timeout,
		allowed: []string{"sentinel get-master-addr-by-name", "sentinel masters"},
	})
	defer p.Close()
	cmd := redis.NewStringSliceCmd(ctx, "sentinel", "get-master-addr-by-name", s.Target.Master)
	err := p.client.Process(ctx, cmd)
	if addr := cmd.Val(); err == nil && len(addr) == 2 {
		return net.JoinHostPort(addr[0], addr[1]), nil
	}
	if err != nil && !errors.Is(err, redis.Nil) {
		f := p.failure(ctx, err)
		if strings.Contains(err.Error(), "unknown command") {
			f.Text, f.Hint = "this is a server, not a sentinel", "use the sentinel's port, usually 26379"
		} else if f.Reason == probe.ReasonAuth {
			f.Hint = s.sentinelHint()
		}
		return "", &f
	}
	known := p.masters(ctx)
	return "", &probe.PeerFailure{
		Reason: probe.ReasonUnreachable, Text: fmt.Sprintf("it knows no master %q (it knows %s)", s.Target.Master, known),
		Hint: "correct the master's name (REDIS_SENTINEL_SERVICE_NAME, CELERY_SENTINEL_MASTER_NAME)",
	}
}

// sentinelHint is for a sentinel that refuses the login: its password is not that
// of Redis, which stands in the URL.
func (s source) sentinelHint() string {
	hint := "the sentinels need their own password: set CELERY_SENTINEL_PASSWORD for the workers and REDIS_SENTINEL_PASSWORD for the api (in gate.yaml sentinel_password)"
	if s.sentinelLogin.password != "" {
		hint = "compare CELERY_SENTINEL_PASSWORD, REDIS_SENTINEL_PASSWORD and the sentinels' requirepass"
	}
	return hint + "; the password in the URL is that of Redis itself"
}

// masters lists the names that a sentinel watches.
func (p *client) masters(ctx context.Context) string {
	cmd := redis.NewSliceCmd(ctx, "sentinel", "masters")
	_ = p.client.Process(ctx, cmd)
	var names []string
	for _, m := range cmd.Val() {
		fields, _ := m.([]any)
		for i := 0; i+1 < len(fields); i += 2 {
			if fields[i] == "name" {
				names = append(names, quote.Clip(fmt.Sprint(fields[i+1])))
			}
		}
	}
	if names == nil {
		return "none"
	}
	return strings.Join(names, ", ")
}
