package report

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate/internal/testserver"
)

// chromium are the names under which systems install it.
var chromium = []string{"chromium", "chromium-browser", "google-chrome"}

// browser is a headless Chromium with one page, driven over a pipe by the
// DevTools protocol (https://chromedevtools.github.io/devtools-protocol/).
type browser struct {
	t       *testing.T
	to      *os.File
	from    *bufio.Reader
	id      int
	session string
	// seen are the events since the page was opened.
	seen []browserEvent
	// scriptless pages never draw a frame that somebody waits for.
	scriptless bool
}

type browserEvent struct {
	Method string
	Params struct {
		// Runtime.consoleAPICalled, Runtime.exceptionThrown, Log.entryAdded
		Type             string
		ExceptionDetails struct{ Text string }
		Entry            struct{ Level, Text string }
		// Network.requestWillBeSent
		Request struct{ URL string }
	}
}

// newBrowser starts a Chromium that ends with the test.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	path := testserver.Find(t, chromium...)
	theirIn, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--disable-extensions", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars", "--user-data-dir="+t.TempDir(), "--remote-debugging-pipe", "about:blank")
	cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = theirIn.Close(), theirOut.Close()
	kill := time.AfterFunc(3*time.Minute, func() { _ = cmd.Process.Kill() })
	b := &browser{t: t, to: to, from: bufio.NewReader(from)}
	t.Cleanup(func() {
		b.session = ""
		_ = b.send("Browser.close", nil)
		_ = cmd.Wait()
		kill.Stop()
		_, _ = to.Close(), from.Close()
	})
	var target struct{ TargetID, SessionID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &target)
	b.session = target.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.call(domain+".enable", nil, nil)
	}
	return b
}

func (b *browser) send(method string, params any) error {
	b.id++
	message := map[string]any{"id": b.id, "method": method}
	if params != nil {
		message["params"] = params
	}
	if b.session != "" {
		message["sessionId"] = b.session
	}
	encoded, err := json.Marshal(message)
	if err != nil {
		return err
	}
	_, err = b.to.Write(append(encoded, 0))
	return err
}

// next reads one message: the answer to a call, or an event, which is kept.
func (b *browser) next() (id int, result json.RawMessage) {
	b.t.Helper()
	raw, err := b.from.ReadBytes(0)
	if err != nil {
		b.t.Fatalf("chromium: %v", err)
	}
	raw = raw[:len(raw)-1]
	var m struct {
		ID     int
		Result json.RawMessage
		Error  *struct{ Message string }
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		b.t.Fatalf("chromium: %v in %.200s", err, raw)
	}
	if m.Error != nil {
		b.t.Fatalf("chromium: %s", m.Error.Message)
	}
	if m.ID == 0 {
		var e browserEvent
		if json.Unmarshal(raw, &e) == nil {
			b.seen = append(b.seen, e)
		}
	}
	return m.ID, m.Result
}

func (b *browser) call(method string, params, out any) {
	b.t.Helper()
	if err := b.send(method, params); err != nil {
		b.t.Fatalf("chromium: %s: %v", method, err)
	}
	for {
		id, result := b.next()
		if id != b.id {
			continue
		}
		if out != nil {
			if err := json.Unmarshal(result, out); err != nil {
				b.t.Fatalf("chromium: %s: %v", method, err)
			}
		}
		return
	}
}

// open loads a page from a file and returns how long it takes until two frames
// of it have been drawn.
func (b *browser) open(page []byte) time.Duration {
	b.t.Helper()
	file := filepath.Join(b.t.TempDir(), "page.html")
	if err := os.WriteFile(file, page, 0o600); err != nil {
		b.t.Fatal(err)
	}
	b.seen = nil
	begun := time.Now()
	b.call("Page.navigate", map[string]any{"url": "file://" + file}, nil)
	for loaded := false; !loaded; {
		for _, e := range b.seen {
			loaded = loaded || e.Method == "Page.loadEventFired"
		}
		if !loaded {
			b.next()
		}
	}
	if !b.scriptless {
		b.call("Runtime.evaluate", map[string]any{"expression": twoFrames, "awaitPromise": true}, nil)
	}
	return time.Since(begun)
}

// twoFrames is done when what was there before it has been drawn.
const twoFrames = `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))`

// eval returns what an expression comes to as text.
func (b *browser) eval(expression string) string {
	b.t.Helper()
	var out struct {
		Result           struct{ Value string }
		ExceptionDetails *struct {
			Exception struct{ Description string }
		}
	}
	b.call("Runtime.evaluate", map[string]any{"expression": "String(" + expression + ")", "returnByValue": true, "userGesture": true}, &out)
	if out.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, out.ExceptionDetails.Exception.Description)
	}
	return out.Result.Value
}

// press sends one key, as its DOM names say it.
func (b *browser) press(key, code, text string, number int) {
	b.t.Helper()
	down := map[string]any{"type": "keyDown", "key": key, "code": code, "windowsVirtualKeyCode": number}
	if text != "" {
		down["text"] = text
	}
	b.call("Input.dispatchKeyEvent", down, nil)
	b.call("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": key, "code": code, "windowsVirtualKeyCode": number}, nil)
}

// screen sets the size of the window and the scheme, light or dark.
func (b *browser) screen(width, height int, scheme string) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}, nil)
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

// data runs a method whose result is one field of base64: a picture, a PDF.
func (b *browser) data(method string, params any) []byte {
	b.t.Helper()
	var out struct{ Data string }
	b.call(method, params, &out)
	decoded, err := base64.StdEncoding.DecodeString(out.Data)
	if err != nil {
		b.t.Fatal(err)
	}
	return decoded
}

// complaints is what the console said and what the page asked the network for
// since it was opened.
func (b *browser) complaints() []string {
	var out []string
	for _, e := range b.seen {
		switch p := e.Params; e.Method {
		case "Runtime.exceptionThrown":
			out = append(out, p.ExceptionDetails.Text)
		case "Runtime.consoleAPICalled":
			out = append(out, "console."+p.Type)
		case "Log.entryAdded":
			out = append(out, p.Entry.Level+": "+p.Entry.Text)
		case "Network.requestWillBeSent":
			if len(p.Request.URL) < 7 || p.Request.URL[:7] != "file://" && p.Request.URL[:5] != "data:" {
				out = append(out, "request of "+p.Request.URL)
			}
		}
	}
	return out
}
