package redis

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
	"github.com/dify-gate/dify-gate/gate/probe"
)

func celerySpec(url string, queues ...string) *Celery {
	return &Celery{RedisAccess: RedisAccess{URL: gate.NewSecret(url)}, Queues: queues}
}

// TestCeleryWorkers follows a deployment's workers from none to busy ones, on
// one broker.
func TestCeleryWorkers(t *testing.T) {
	t.Parallel()
	r := testserver.StartRedis(t, testserver.RedisOptions{Password: "sesame-1"})
	url := "redis://:sesame-1@" + r.Address + "/1"
	env := checktest.Env(t, probe.NetworkOptions{})
	app := testserver.NewCelery(t, url)
	spec := celerySpec(url, "dataset", "mail")

	// Senders make bindings too: they are no worker.
	app.Send("mail", 0, 0)
	res := checktest.Want(t, env, spec, "celery/no-worker", "no worker consumes any queue", "CELERY_BROKER_URL")
	if res.Retry != gate.RetrySoon {
		t.Errorf("retry %v: want a worker that is just coming up to be waited for", res.Retry)
	}

	worker := app.Worker("one@test", "dataset", "mail")
	start := time.Now()
	res = checktest.Want(t, env, spec, "")
	if took := time.Since(start); took > 2*celeryWatch {
		t.Errorf("took %s: want the look to end once all queues were seen", took)
	}
	if got := fmt.Sprint(res.Evidence["consumed"]); got != "[dataset mail]" {
		t.Errorf("consumed %s, want both queues", got)
	}
	// Another database of the same server is another broker.
	checktest.Want(t, env, celerySpec("redis://:sesame-1@"+r.Address+"/2", "mail"), "celery/no-worker", "no worker consumes", "in database 1 of the server")

	app.Send("workflow", 0, 0)
	missing := celerySpec(url, "dataset", "workflow", "never_declared")
	res = checktest.Want(t, env, missing, "celery/queue-unserved celery/queue-unserved",
		"no worker consumes queue workflow, which gate.yaml needs (consumed: dataset, mail)", "CELERY_QUEUES")
	if !strings.Contains(res.Findings[1].Message, "never_declared") {
		t.Errorf("second finding %q: want never_declared", res.Findings[1].Message)
	}
	if workers := fmt.Sprint(res.Evidence["workers"]); workers != "[one@test]" {
		t.Errorf("workers %s, want [one@test]", workers)
	}

	asked := celerySpec(url, "dataset", "mail")
	asked.Inspect = true
	res = checktest.Want(t, env, asked, "")
	if res.Evidence["seen_by"] != "remote control" {
		t.Errorf("evidence %v: want remote control", res.Evidence)
	}
	asked.Queues = check.Strings{"workflow"}
	checktest.Want(t, env, asked, "celery/queue-unserved", "queue workflow")
	if left := r.Do("-n", "1", "KEYS", "*reply*"); left != "" {
		t.Errorf("the request left %s behind", left)
	}

	// One task runs, one is prefetched: the worker waits on nothing now.
	app.Send("mail", 60, 0)
	app.Send("mail", 60, 0)
	time.Sleep(2 * time.Second)
	res = checktest.Run(t, env, spec)
	if res.Err == nil || len(res.Findings) > 0 || !strings.Contains(res.Err.Error(), "inspect: true") {
		t.Errorf("a busy worker: got %+v, want no decision", res)
	}
	asked.Queues = check.Strings{"dataset", "mail"}
	checktest.Want(t, env, asked, "")

	worker.Kill()
	checktest.Want(t, env, spec, "celery/no-worker")
	checktest.Want(t, env, asked, "celery/no-worker", "no worker answers")
}

// TestCeleryDemand holds an own list of queues against a release's.
func TestCeleryDemand(t *testing.T) {
	t.Parallel()
	catalogue, err := dify.Load()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	release, _ := catalogue.Release("1.13.2")
	for _, q := range release.Queues(nil) {
		all = append(all, q.Name)
	}
	const moved = "workflow_based_app_execution"
	if !slices.Contains(all, moved) {
		t.Fatalf("queues of 1.13.2: %v, want %s among them", all, moved)
	}
	old := slices.DeleteFunc(slices.Clone(all), func(q string) bool { return q == moved })

	r := testserver.StartRedis(t, testserver.RedisOptions{})
	url := "redis://" + r.Address + "/1"
	app := testserver.NewCelery(t, url)
	app.Worker("old@test", old...)
	env := checktest.Env(t, probe.NetworkOptions{})
	env.To = "1.13.2"
	checktest.Want(t, env, celerySpec(url), "celery/queue-unserved", moved+", which Dify 1.13.2 needs")
	checktest.Want(t, env, celerySpec(url, "auto"), "celery/queue-unserved", moved)
	// A list in gate.yaml that leaves it out does not hide it.
	res := checktest.Want(t, env, celerySpec(url, old...), "celery/queue-unserved", "the queues in gate.yaml leave out")
	if len(res.Findings) == 1 && res.Findings[0].Severity != gate.Warning {
		t.Errorf("severity %s, want a warning", res.Findings[0].Severity)
	}
	app.Worker("new@test", moved)
	checktest.Want(t, env, celerySpec(url), "")
	checktest.Want(t, env, celerySpec(url, old...), "")
}

func TestCeleryBacklog(t *testing.T) {
	t.Parallel()
	r := testserver.StartRedis(t, testserver.RedisOptions{})
	url := "redis://" + r.Address + "/1"
	app := testserver.NewCelery(t, url)
	app.Worker("one@test", "mail")
	for _, priority := range []int{0, 6, 9} {
		app.Send("dataset", 0, priority)
	}
	env := checktest.Env(t, probe.NetworkOptions{})
	most := 2
	spec := celerySpec(url, "mail")
	spec.MaxBacklog = &most
	checktest.Want(t, env, spec, "")
	spec.Queues = check.Strings{"dataset"}
	res := checktest.Want(t, env, spec, "celery/queue-unserved celery/backlog")
	if len(res.Findings) == 2 && !strings.Contains(res.Findings[1].Message, "3 messages wait in queue dataset (the oldest is app.nap") {
		t.Errorf("got %q, want three messages and the oldest one's task", res.Findings[1].Message)
	}
	most = 3
	checktest.Want(t, env, spec, "celery/queue-unserved")
}

func TestCeleryBroker(t *testing.T) {
	t.Parallel()
	r := testserver.StartRedis(t, testserver.RedisOptions{Password: "sesame-1", Config: []string{
		"user blind on >sesame-3 ~* &* +@all -monitor", "user tame on >sesame-4 ~* &* +@all -@dangerous",
	}})
	env := checktest.Env(t, probe.NetworkOptions{})
	checktest.Want(t, env, celerySpec("redis://"+checktest.Closed(t)+"/1", "mail"), "redis/unreachable", "refused")
	checktest.Want(t, env, celerySpec("redis://:sesame-x@"+r.Address+"/1", "mail"), "redis/auth", "refused")
	deaf := celerySpec("redis://"+checktest.Deaf(t)+"/1", "mail")
	deaf.Base = checktest.Short()
	checktest.Want(t, env, deaf, "redis/unreachable")

	url := "redis://:sesame-1@" + r.Address + "/1"
	app := testserver.NewCelery(t, url)
	worker := app.Worker("one@test", "mail")
	blind := celerySpec("redis://blind:sesame-3@"+r.Address+"/1", "mail", "dataset")
	res := checktest.Run(t, env, blind)
	if res.Err == nil || !strings.Contains(res.Err.Error(), "refuses MONITOR") {
		t.Errorf("without MONITOR: got %+v, want no decision and the reason", res)
	}
	// Who may ask for nothing sees no worker, which is no sign that there is none.
	res = checktest.Run(t, env, celerySpec("redis://tame:sesame-4@"+r.Address+"/1", "mail"))
	if res.Err == nil || len(res.Findings) > 0 || !strings.Contains(res.Err.Error(), "CLIENT LIST") {
		t.Errorf("without MONITOR and CLIENT LIST: got %+v, want no decision and the reason", res)
	}
	blind.Inspect = true
	checktest.Want(t, env, blind, "celery/queue-unserved", "queue dataset")
	worker.Kill()
	blind.Inspect = false
	checktest.Want(t, env, blind, "celery/no-worker")
}

// TestCeleryWritesNothing reads the broker's own record of the passive look.
func TestCeleryWritesNothing(t *testing.T) {
	t.Parallel()
	r := testserver.StartRedis(t, testserver.RedisOptions{})
	r.Do("-n", "1", "LPUSH", "mail", "no message of Celery's")
	lines := r.Monitor()
	zero := 0
	spec := celerySpec("redis://"+r.Address+"/1", "mail")
	spec.MaxBacklog = &zero
	checktest.Run(t, checktest.Env(t, probe.NetworkOptions{}), spec)
	reads := regexp.MustCompile(`(?i)^"(hello|select|ping|object|llen|scard|client|lindex|zcard|zrange)"`)
	seen := 0
	for _, line := range lines() {
		_, command, _ := strings.Cut(line, "] ")
		if seen++; !reads.MatchString(command) {
			t.Errorf("the broker was sent %s", command)
		}
	}
	if seen < 8 {
		t.Errorf("%d commands recorded, want the whole look", seen)
	}
}

func TestCeleryMistakes(t *testing.T) {
	t.Parallel()
	few := -1
	for want, spec := range map[string]*Celery{
		"url is required":    celerySpec(""),
		"want redis":         celerySpec("amqp://guest@rabbit"),
		"auto stands alone":  celerySpec("redis://h", "auto", "mail"),
		"want 0 or more":     {RedisAccess: RedisAccess{URL: gate.NewSecret("redis://h")}, MaxBacklog: &few},
		"master is required": celerySpec("sentinel://h:26379/1"),
	} {
		if got := fmt.Sprint(spec.Validate()); !strings.Contains(got, want) {
			t.Errorf("got %s, want %q", got, want)
		}
	}
}
