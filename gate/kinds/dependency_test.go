package kinds

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/check/database"
	"github.com/dify-gate/dify-gate/gate/check/redis"
	"github.com/dify-gate/dify-gate/gate/check/web"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// TestSixtyChecks runs sixty checks of all kinds for dependencies at once, ten
// of which meet a server that never answers: the run takes as long as those,
// and nothing is left behind.
func TestSixtyChecks(t *testing.T) {
	redis := testserver.StartRedis(t, testserver.RedisOptions{})
	postgres := testserver.StartPostgres(t)
	mariadb := testserver.StartMariaDB(t)
	postgres.Exec("postgres", testserver.AlembicState([]string{"6b5f9f8b1a2c"}))
	// A queue without a worker would be watched for longer than the limit.
	testserver.NewCelery(t, "redis://"+redis.Address+"/1").Worker("sixty@test", "sixty")
	web := checktest.HTTPServer(t)
	const limit = 2 * time.Second
	deaf := checktest.Deaf(t)
	env := checktest.Env(t, probe.NetworkOptions{})
	env.To = "1.13.2"
	checks := sixtyChecks(env, limit, map[string]string{
		"redis": "redis://" + redis.Address, "celery": "redis://" + redis.Address + "/1", "postgres": postgres.URL("postgres"),
		"mysql": mariadb.URL("mysql"), "migration": postgres.URL("postgres"), "tcp": redis.Address, "http": "http://" + web + "/x",
	}, deaf)
	if len(checks) != 60 {
		t.Fatalf("%d checks, want 60", len(checks))
	}
	connections := func() string {
		return postgres.Exec("postgres", "select count(*) from pg_stat_activity where application_name = 'dify-gate'") + " " +
			mariadb.Exec("select count(*) from information_schema.processlist where user = 'admin'") + " " +
			fmt.Sprint(strings.Count(redis.Do("CLIENT", "LIST"), "id="))
	}
	before := connections()
	var ran []gate.Ran
	var took time.Duration
	testserver.NoLeaks(t, func() {
		start := time.Now()
		var err error
		ran, err = gate.Run(t.Context(), checks, gate.RunOptions{Concurrency: len(checks)})
		took = time.Since(start)
		if err != nil {
			t.Fatal(err)
		}
		env.Network.Close()
	})
	// A busy machine gets some grace; one check after another would take 20 s.
	if took < limit || took > limit+14*time.Second {
		t.Errorf("took %s, want about %s", took, limit)
	}
	t.Logf("60 checks, 10 of them silent for %s: %s", limit, took)
	silent := 0
	for _, r := range ran {
		if strings.HasPrefix(r.Check.Name, "silent") {
			silent++
			if rules := checktest.Rules(r.Result); !strings.HasSuffix(rules, "/unreachable") && r.Result.Err == nil {
				t.Errorf("%s: got %q, want unreachable", r.Check.Name, rules)
			}
		} else if rules := checktest.Rules(r.Result); strings.Contains(rules, "unreachable") || r.Result.Err != nil {
			t.Errorf("%s: got %q, error %v", r.Check.Name, rules, r.Result.Err)
		}
	}
	if silent != 10 {
		t.Errorf("%d silent checks, want 10", silent)
	}
	checktest.WaitFor(t, func() bool { return connections() == before })
}

// sixtyChecks makes ten checks against the silent address and fifty others.
func sixtyChecks(env *check.Env, limit time.Duration, urls map[string]string, deaf string) []gate.Check {
	kinds := []string{"redis", "celery", "postgres", "mysql", "migration", "http", "tcp"}
	zero := 0
	make1 := func(name, kind, url string) gate.Check {
		base := check.Base{Name: name, Timeout: check.Duration(10 * time.Second), Retries: &zero}
		if strings.HasPrefix(name, "silent") {
			base.Timeout = check.Duration(limit)
		}
		secret := gate.NewSecret(url)
		var spec check.Spec
		switch kind {
		case "redis":
			spec = &redis.Redis{Base: base, RedisAccess: redis.RedisAccess{URL: secret}}
		case "celery":
			spec = &redis.Celery{Base: base, RedisAccess: redis.RedisAccess{URL: secret}, Queues: check.Strings{"sixty"}}
		case "postgres":
			spec = &database.Postgres{Base: base, DatabaseAccess: database.DatabaseAccess{URL: secret}}
		case "mysql":
			spec = &database.MySQL{Base: base, DatabaseAccess: database.DatabaseAccess{URL: secret}}
		case "migration":
			spec = &database.Migration{Base: base, URL: secret}
		case "http":
			spec = &web.HTTP{Base: base, URL: url, Expect: web.HTTPExpect{Status: check.Statuses{"404"}}}
		default:
			spec = &web.TCP{Base: base, Address: url}
		}
		return spec.Check(env)
	}
	var out []gate.Check
	schemes := map[string]string{"redis": "redis://", "celery": "redis://", "postgres": "postgres://u:p@", "mysql": "mysql://u:p@", "migration": "postgres://u:p@", "http": "http://"}
	for i := range 10 {
		kind := kinds[i%6] // all but tcp, which is content with a connection
		out = append(out, make1(fmt.Sprintf("silent %d %s", i, kind), kind, schemes[kind]+deaf+"/"))
	}
	for i := range 50 {
		kind := kinds[i%len(kinds)]
		out = append(out, make1(fmt.Sprintf("%s %d", kind, i), kind, urls[kind]))
	}
	return out
}

// TestDependencyRootCauses: one dead server explains what depends on it.
func TestDependencyRootCauses(t *testing.T) {
	env := checktest.Env(t, probe.NetworkOptions{})
	env.To = "1.13.2"
	closed := checktest.Closed(t)
	checks := []gate.Check{
		(&redis.Celery{RedisAccess: redis.RedisAccess{URL: gate.NewSecret("redis://" + closed + "/1")}}).Check(env),
		(&redis.Redis{RedisAccess: redis.RedisAccess{URL: gate.NewSecret("redis://" + closed)}}).Check(env),
		(&database.Migration{URL: gate.NewSecret("postgres://u:p@" + closed + "/dify")}).Check(env),
		(&database.Postgres{DatabaseAccess: database.DatabaseAccess{URL: gate.NewSecret("postgres://u:p@" + closed + "/dify")}}).Check(env),
	}
	for i := range checks {
		checks[i].Retries = 0
	}
	ran, err := gate.Run(t.Context(), checks, gate.RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	rep := gate.Assemble(ran, gate.Policy{}, gate.RunInfo{Started: time.Now(), Graph: dify.Graph()})
	var got []string
	for _, c := range rep.RootCauses {
		got = append(got, c.Rule+" explains "+strings.Join(c.Explains, ","))
	}
	want := []string{
		"redis/unreachable explains celery " + closed + "/1",
		"postgres/unreachable explains migration " + closed + "/dify",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("root causes\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
