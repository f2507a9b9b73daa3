package checktest

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
)

// Deaf is a listener that accepts and never says a word.
func Deaf(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open []net.Conn
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			open = append(open, conn)
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
		for _, conn := range open {
			_ = conn.Close()
		}
	})
	return l.Addr().String()
}

// HTTPServer is a web server where something else is expected.
func HTTPServer(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// Short is the common part of an entry with a time-out of 300 ms.
func Short() check.Base { return check.Base{Timeout: check.Duration(300 * time.Millisecond)} }

// Rude is a listener that hangs up on everybody.
func Rude(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			// What was sent is read first, or the hang-up would be a reset.
			_ = conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
			_, _ = conn.Read(make([]byte, 1024))
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return l.Addr().String()
}

// Dir writes files into a new directory.
func Dir(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func Message(res gate.Result, rule string) string {
	for _, f := range res.Findings {
		if f.Rule == rule {
			return f.Message
		}
	}
	return ""
}

// Raw serves fixed bytes on every connection, whatever is asked, then does
// what hold says.
func Raw(t testing.TB, text string, hold func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				_, _ = c.Read(make([]byte, 64<<10))
				_, _ = c.Write([]byte(text))
				if hold != nil {
					hold(c)
				}
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// NginxPlainOnTLS is nginx's page for its status 497.
const NginxPlainOnTLS = "<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title></head>\r\n<body>\r\n<center><h1>400 Bad Request</h1></center>\r\n<center>The plain HTTP request was sent to HTTPS port</center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n"

// WaitFor waits for something that takes effect a moment later.
func WaitFor(t *testing.T, ready func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ready(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not come about within 20s")
		}
	}
}

// WantFirst compares a result with the one rule wanted: "" for a pass, "error"
// for undecided.
func WantFirst(t *testing.T, what string, res gate.Result, rule string) {
	t.Helper()
	got := ""
	switch {
	case res.Err != nil:
		got = "error"
	case len(res.Findings) > 0:
		got = res.Findings[0].Rule
	}
	if got != rule {
		t.Errorf("%s: got %q (%v %+v), want %q", what, got, res.Err, res.Findings, rule)
	}
}

// ApacheSite is an Apache in front of Dify that is right.
const ApacheSite = `<VirtualHost *:443>
  ServerName dify.example.com
  SSLEngine on
  ProxyPreserveHost On
  ProxyPass /console/api http://api:5001/console/api
  ProxyPass /api http://api:5001/api
  ProxyPass /v1 http://api:5001/v1
  ProxyPass /files http://api:5001/files
  ProxyPass /mcp http://api:5001/mcp
  ProxyPass /triggers http://api:5001/triggers
  ProxyPass /openapi http://api:5001/openapi
  RewriteEngine On
  RewriteCond %{HTTP:Upgrade} =websocket [NC]
  RewriteRule ^/socket.io/(.*) ws://api_websocket:5001/socket.io/$1 [P,L]
  ProxyPass /socket.io/ http://api_websocket:5001/socket.io/
  ProxyPass /e/ http://plugin_daemon:5002/e/
  ProxyPass / http://web:3000/
</VirtualHost>
<VirtualHost *:80>
  ServerName dify.example.com
  RewriteEngine On
  RewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R=301,L]
</VirtualHost>
`
