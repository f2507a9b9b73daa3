package testserver

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// RedisOptions say what sort of redis-server to start.
type RedisOptions struct {
	Password  string       // requirepass
	TLS       *Certificate // only TLS is served, on the same port
	ReplicaOf string       // host:port of a server without a password
	Config    []string     // further lines of redis.conf
	Sentinel  bool
}

// Redis is a redis-server that runs.
type Redis struct {
	*Process
	t       testing.TB
	Port    int
	Address string // host:port
	opts    RedisOptions
}

// StartRedis starts a redis-server and waits until it answers.
func StartRedis(t testing.TB, opts RedisOptions) *Redis {
	t.Helper()
	r := &Redis{t: t, Port: Port(t), opts: opts}
	r.Address = loopback(r.Port)
	dir := t.TempDir()
	conf := []string{
		"bind 127.0.0.1", "protected-mode no", "save \"\"", "appendonly no", "daemonize no", "dir " + dir,
	}
	if opts.TLS == nil {
		conf = append(conf, fmt.Sprintf("port %d", r.Port))
	} else {
		conf = append(conf, "port 0", fmt.Sprintf("tls-port %d", r.Port), "tls-auth-clients no",
			"tls-cert-file "+opts.TLS.Cert, "tls-key-file "+opts.TLS.Key, "tls-ca-cert-file "+opts.TLS.CA)
	}
	if opts.Password != "" {
		conf = append(conf, "requirepass "+opts.Password)
	}
	if opts.ReplicaOf != "" {
		host, port, _ := net.SplitHostPort(opts.ReplicaOf)
		conf = append(conf, "replicaof "+host+" "+port, "repl-diskless-sync-delay 0")
	}
	var args []string
	if opts.Sentinel {
		conf = []string{fmt.Sprintf("port %d", r.Port), "bind 127.0.0.1", "protected-mode no", "dir " + dir}
		args = []string{"--sentinel"}
	}
	path := filepath.Join(dir, "redis.conf")
	if err := os.WriteFile(path, []byte(strings.Join(append(conf, opts.Config...), "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.Process = Start(t, Command{Path: Find(t, "redis-server"), Args: append([]string{path}, args...), Dir: dir})
	r.Wait(Connects(r.Address))
	return r
}

// StartRedisCluster starts n masters that share the slots among them.
func StartRedisCluster(t testing.TB, n int) []*Redis {
	t.Helper()
	nodes := make([]*Redis, n)
	args := []string{"--cluster", "create"}
	for i := range nodes {
		nodes[i] = StartRedis(t, RedisOptions{Config: []string{"cluster-enabled yes", "cluster-node-timeout 2000"}})
		args = append(args, nodes[i].Address)
	}
	args = append(args, "--cluster-replicas", "0", "--cluster-yes")
	Run(t, Command{Path: Find(t, "redis-cli"), Args: args})
	for _, node := range nodes {
		node.Wait(func() error {
			if out := node.Do("CLUSTER", "INFO"); !strings.Contains(out, "cluster_state:ok") {
				return fmt.Errorf("%s", out)
			}
			return nil
		})
	}
	return nodes
}

// Do sends a command with redis-cli and returns what it prints.
func (r *Redis) Do(args ...string) string {
	r.t.Helper()
	return strings.TrimSpace(Run(r.t, Command{Path: Find(r.t, "redis-cli"), Args: append(r.cli(), args...)}))
}

func (r *Redis) cli() []string {
	args := []string{"-p", fmt.Sprint(r.Port), "--no-auth-warning"}
	if r.opts.Password != "" {
		args = append(args, "-a", r.opts.Password)
	}
	if r.opts.TLS != nil {
		args = append(args, "--tls", "--cacert", r.opts.TLS.CA)
	}
	return args
}

// Monitor records every command that reaches the server from now on; the func
// that it returns ends that and yields them, a line each.
func (r *Redis) Monitor() func() []string {
	r.t.Helper()
	conn, err := net.Dial("tcp", r.Address)
	if err != nil {
		r.t.Fatal(err)
	}
	if r.opts.Password != "" {
		_, _ = fmt.Fprintf(conn, "AUTH %s\r\n", r.opts.Password)
	}
	_, _ = fmt.Fprint(conn, "MONITOR\r\n")
	lines := make(chan string, 1<<16)
	started := make(chan struct{})
	go func() {
		defer close(lines)
		scanner := bufio.NewScanner(conn)
		scanner.Buffer(nil, 1<<20)
		for begun := false; scanner.Scan(); {
			if !begun && scanner.Text() == "+OK" {
				// With a password the first OK is that of AUTH; MONITOR's follows at once.
				begun = true
				close(started)
				continue
			}
			lines <- scanner.Text()
		}
	}()
	<-started
	time.Sleep(20 * time.Millisecond)
	return func() []string {
		time.Sleep(50 * time.Millisecond)
		_ = conn.Close()
		var out []string
		for line := range lines {
			out = append(out, line)
		}
		return out
	}
}
