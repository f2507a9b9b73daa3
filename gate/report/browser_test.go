package report

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate"
)

// chromium are the names under which systems install it.
var chromium = []string{"chromium", "chromium-browser", "google-chrome"}

// browser runs headless Chromium on an address and returns what it prints
// (with --dump-dom, the page's elements after its scripts ran), what it logged,
// and how long it took. All its traffic goes to the proxy.
func browser(t *testing.T, proxy, address, task string) (dom, log string, took time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program(t, chromium...),
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
		"--disable-sync", "--disable-default-apps", "--disable-extensions", "--enable-logging=stderr", "--v=0", "--window-size=1280,900",
		"--proxy-server="+proxy, "--proxy-bypass-list=<-loopback>", "--user-data-dir="+t.TempDir(), task, address)
	cmd.WaitDelay = 5 * time.Second
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	begun := time.Now()
	if err := cmd.Run(); err != nil {
		t.Fatalf("chromium: %v\n%s", err, errs.String())
	}
	return out.String(), errs.String(), time.Since(begun)
}

// asked is a proxy that serves pages by path and notes every other request.
type asked struct {
	mu    sync.Mutex
	pages map[string]string
	other []string
}

func (a *asked) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	page, ok := a.pages[r.URL.Path]
	if r.Method == http.MethodConnect || !ok || !strings.HasPrefix(r.Host, "gate.test") {
		// The browser's own errands to its maker are none of the page's.
		if !regexp.MustCompile(`(^|\.)(google|googleapis|gstatic|gvt1)\.com(:443)?$`).MatchString(r.Host) {
			a.mu.Lock()
			a.other = append(a.other, r.Method+" "+r.Host+r.URL.Path)
			a.mu.Unlock()
		}
		http.Error(w, "no such page", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = fmt.Fprint(w, page)
}

var consoleLine = regexp.MustCompile(`(?m)^.*(CONSOLE|Refused to|Content Security Policy).*$`)

// newAsked renders reports as pages of the proxy, beside an empty one.
func newAsked(t *testing.T, reports map[string]gate.Report) (*asked, string) {
	t.Helper()
	a := &asked{pages: map[string]string{"/empty": "<!DOCTYPE html><title>x</title><link rel=icon href=data:,>"}}
	for name, rep := range reports {
		a.pages["/"+name] = render(t, "html", rep)
	}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	return a, server.URL
}

// TestHTMLInABrowser opens reports in Chromium: the script runs, nothing is
// logged, and nothing is asked for.
func TestHTMLInABrowser(t *testing.T) {
	program(t, chromium...)
	a, proxy := newAsked(t, map[string]gate.Report{"sample": sample(), "hostile": hostileNames()})
	for _, name := range []string{"sample", "hostile"} {
		dom, log, _ := browser(t, proxy, "http://gate.test/"+name, "--dump-dom")
		if lines := consoleLine.FindAllString(log, -1); len(lines) > 0 {
			t.Errorf("%s: the console says %q", name, lines)
		}
		if !strings.Contains(dom, "shown</output>") || strings.Contains(dom, `role="search" hidden`) {
			t.Errorf("%s: the script did not run", name)
		}
	}
	if len(a.other) > 0 {
		t.Errorf("the pages asked for %v, want no request", a.other)
	}
}

// TestHTMLOfACrowdOpens: a report of 5,000 findings opens, with an empty console.
// How much longer than an empty page it takes is told, not judged: wall time
// measures the machine too.
func TestHTMLOfACrowdOpens(t *testing.T) {
	program(t, chromium...)
	_, proxy := newAsked(t, map[string]gate.Report{"crowd": crowd5000()})
	took := map[string]time.Duration{}
	for _, name := range []string{"empty", "crowd"} {
		_, log, d := browser(t, proxy, "http://gate.test/"+name, "--screenshot="+t.TempDir()+"/page.png")
		if lines := consoleLine.FindAllString(log, -1); len(lines) > 0 {
			t.Errorf("%s: the console says %q", name, lines)
		}
		took[name] = d
	}
	t.Logf("an empty page %v, 5,000 findings %v more", took["empty"], took["crowd"]-took["empty"])
}
