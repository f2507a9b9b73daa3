// Command benchmark runs the gate next to programs that do the bare work, in
// turn, and prints medians and ratios. It judges nothing: times differ from
// machine to machine, ratios less. docs/performance.md keeps the figures.
//
//	go run ./scripts/benchmark [-pairs 15] [-only NAME]
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

func main() {
	pairs := flag.Int("pairs", 15, "how many times each pair runs")
	only := flag.String("only", "", "run only the comparisons with this in their name")
	serve := flag.Bool("serve", false, "be the server that the others ask")
	flag.Parse()
	var err error
	if *serve {
		err = server()
	} else {
		err = benchmark(*pairs, *only)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// comparison is two commands that do the same.
type comparison struct {
	name   string
	gate   []string
	config string // gate.yaml, "" for none
	other  []string
}

func benchmark(pairs int, only string) error {
	dir, err := os.MkdirTemp("", "benchmark")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for name, from := range map[string]string{"gate": "./cmd/gate", "bare": "./scripts/benchmark/bare", "empty": "./scripts/benchmark/empty"} {
		build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(dir, name), from)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("go build %s: %w\n%s", from, err, out)
		}
	}
	url, stop, err := startServer()
	if err != nil {
		return err
	}
	defer stop()
	fmt.Printf("%-22s %-6s %9s %9s %9s   %s\n", "", "", "wall ms", "cpu ms", "peak MiB", "gate / other, median of pairs: wall, cpu")
	for _, c := range comparisons(dir, url) {
		if strings.Contains(c.name, only) {
			if err := c.run(dir, pairs); err != nil {
				return err
			}
		}
	}
	return nil
}

func comparisons(dir, url string) []comparison {
	gate, bare, empty := filepath.Join(dir, "gate"), filepath.Join(dir, "bare"), filepath.Join(dir, "empty")
	run := []string{gate, "run", "-q", "--config", filepath.Join(dir, "gate.yaml"), "--report", "json=" + filepath.Join(dir, "report.json")}
	many := func(name, path string, n, concurrency int) comparison {
		return comparison{name, run, config(url+path, n, concurrency), []string{bare, url + path, strconv.Itoa(n), strconv.Itoa(concurrency)}}
	}
	return []comparison{
		{"start", []string{gate, "version"}, "", []string{empty}},
		{"1 check, curl", run, config(url+"/0", 1, 50), []string{"curl", "-sS", "-f", "-o", os.DevNull, url + "/0/0"}},
		many("1 check", "/0", 1, 50),
		many("50 of 100 ms", "/100", 50, 50),
		many("1000 of 5 ms", "/5", 1000, 50),
		many("12000", "/0", 12_000, 50),
	}
}

// config is a gate.yaml with n http checks.
func config(url string, n, concurrency int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "version: 1\nrun: {concurrency: %d}\nchecks:\n  http:\n", concurrency)
	for i := range n {
		fmt.Fprintf(&b, "    - {name: c%d, url: \"%s/%d\", expect: {status: 200}}\n", i, url, i)
	}
	return b.String()
}

// usage is what a run of a command took.
type usage struct{ wall, cpu, peak float64 } // in ms and MiB

func (c comparison) run(dir string, pairs int) error {
	if err := os.WriteFile(filepath.Join(dir, "gate.yaml"), []byte(c.config), 0o600); err != nil {
		return err
	}
	var gate, other []usage
	for i := range pairs + 1 {
		a, err := measure(c.gate)
		if err != nil {
			return err
		}
		b, err := measure(c.other)
		if err != nil {
			return err
		}
		if i > 0 { // the first warms the caches
			gate, other = append(gate, a), append(other, b)
		}
	}
	wall := func(u usage) float64 { return u.wall }
	cpu := func(u usage) float64 { return u.cpu }
	peak := func(u usage) float64 { return u.peak }
	ratio := func(of func(usage) float64) float64 {
		var all []float64
		for i := range gate {
			all = append(all, of(gate[i])/of(other[i]))
		}
		return median(all)
	}
	fmt.Printf("%-22s %-6s %9.1f %9.1f %9.1f   %.2f, %.2f\n", c.name, "gate", median(each(gate, wall)), median(each(gate, cpu)), median(each(gate, peak)), ratio(wall), ratio(cpu))
	fmt.Printf("%-22s %-6s %9.1f %9.1f %9.1f\n", "", filepath.Base(c.other[0]), median(each(other, wall)), median(each(other, cpu)), median(each(other, peak)))
	return nil
}

// measure runs a command, which has to succeed.
func measure(command []string) (usage, error) {
	cmd := exec.Command(command[0], command[1:]...) //nolint:gosec // our own list
	start := time.Now()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return usage{}, fmt.Errorf("%s: %w\n%s", strings.Join(command, " "), err, out)
	}
	wall := time.Since(start)
	state := cmd.ProcessState
	return usage{ms(wall), ms(state.UserTime() + state.SystemTime()), peakMiB(state)}, nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func each(all []usage, of func(usage) float64) []float64 {
	out := make([]float64, len(all))
	for i, u := range all {
		out[i] = of(u)
	}
	return out
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

// startServer starts the server in a process of its own: a child's peak of
// memory begins with that of its parent, which therefore stays small.
func startServer() (url string, stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	cmd := exec.Command(self, "-serve")
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	stop = func() {
		_ = in.Close() // it ends with its input
		_ = cmd.Wait()
	}
	return strings.TrimSpace(line), stop, err
}

// server answers /MS/… after so many milliseconds, 50 requests at a time, as an
// API with 50 workers does.
func server() error {
	workers := make(chan struct{}, 50)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		workers <- struct{}{}
		defer func() { <-workers }()
		wait, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		n, _ := strconv.Atoi(wait)
		time.Sleep(time.Duration(n) * time.Millisecond)
		_, _ = io.WriteString(w, `{"status":"ok"}`)
	}))
	defer s.Close()
	fmt.Println(s.URL)
	_, err := io.Copy(io.Discard, os.Stdin)
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}
