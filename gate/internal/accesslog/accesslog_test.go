package accesslog

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const combined = `10.0.0.9 - - [25/Nov/2026:10:34:06 +0800] "POST /v1/chat-messages?x=1 HTTP/1.1" 200 271 "-" "node \x22quoted\x22"`

func TestParse(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 25, 2, 34, 6, 0, time.UTC).Unix()
	const timed = `$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" rt=$request_time uct="$upstream_connect_time"`
	for _, c := range []struct {
		name, format, line string
		want               string // status path method duration unix; "" when it is not of the format
	}{
		{"combined", "", combined, fmt.Sprint("200 /v1/chat-messages?x=1 POST -1ns ", at)},
		{"Dify's main", "auto", combined + ` "203.0.113.7"`, fmt.Sprint("200 /v1/chat-messages?x=1 POST -1ns ", at)},
		{"Apache escapes quotes with a backslash", "", `::1 - u [25/Nov/2026:02:34:06 +0000] "GET /a\"b HTTP/1.1" 404 - "-" "-"`, fmt.Sprint(`404 /a\"b GET -1ns `, at)},
		{"a client that spoke no HTTP", "", `::1 - - [25/Nov/2026:02:34:06 +0000] "\x16\x03\x01" 400 150 "-" "-"`, fmt.Sprint("400   -1ns ", at)},
		{"an empty request", "", `::1 - - [25/Nov/2026:02:34:06 +0000] "" 408 0 "-" "-"`, fmt.Sprint("408   -1ns ", at)},
		{"custom with a time", timed, `::1 - - [25/Nov/2026:02:34:06 +0000] "GET / HTTP/2.0" 499 0 "-" "curl" rt=0.123 uct="-"`, fmt.Sprint("499 / GET 123ms ", at)},
		{"a user agent with the literal in it", timed, `::1 - - [25/Nov/2026:02:34:06 +0000] "GET / HTTP/2.0" 200 0 "-" "a\" rt=9" rt=0.5 uct="-"`, fmt.Sprint("200 / GET 500ms ", at)},
		{"directive as it stands in nginx.conf", "log_format t '$status $request_time'\n  ' ${request_method} $msec $request_uri';", "502 60.001 GET 1764000000.123 /e/x", "502 /e/x GET 1m0.001s 1764000000"},
		{"iso time, no duration", `$time_iso8601|$status|$request_time`, `2026-11-25T02:34:06+00:00|200|-`, fmt.Sprint("200   -1ns ", at)},
		{"nginx JSON", "json", `{ "time": "2026-11-25T10:34:06+08:00", "request": "GET /api/x HTTP/1.1", "status": "503", "request_time":"0.250", "ua": "a\"}{" }`, fmt.Sprint("503 /api/x GET 250ms ", at)},
		{"Dify's API", "dify", `2026-11-25 02:34:06,616.616 INFO [Dummy-12] [ext_request_logging.py:74] 7d9e - POST /v1/chat-messages 200 1234.5 7d9e`, "200 /v1/chat-messages POST 1.2345s " + fmt.Sprint(at)},
		{"Dify's API as JSON", "dify", `{"ts":"2026-11-25T02:34:06.616Z","severity":"INFO","service":"x","caller":"ext_request_logging.py:74","message":"GET /console/api/ping 200 0.8 7d9e"}`, "200 /console/api/ping GET 800µs " + fmt.Sprint(at)},
		{"another line of Dify's API", "dify", `2026-11-25 02:34:06,616.616 INFO [MainThread] [app.py:1] - GET /v1/x 200 1 x`, ""},
		{"Caddy", "", `{"level":"info","ts":1764038046.5,"request":{"method":"GET","uri":"/v1/x","headers":{"A":["b]"]}},"duration":0.0125,"status":200}`, "200 /v1/x GET 12.5ms 1764038046"},
		{"Traefik", "", `{"DownstreamStatus":404,"Duration":1500000,"RequestMethod":"GET","RequestPath":"/q","StartUTC":"2026-11-25T02:34:06.123456789Z"}`, fmt.Sprint("404 /q GET 1.5ms ", at)},
		{"milliseconds by name", "", `{"status":200,"duration_ms":12.5,"ts":1764038046500}`, "200   12.5ms 1764038046"},
		{"JSON without a status", "", `{"level":"info","msg":"started"}`, ""},
		{"JSON cut off", "", `{"status":200,"path":"/x`, ""},
		{"JSON with something behind it", "", `{"status":200} x`, ""},
		{"text in a JSON log", "json", combined, ""},
		{"an error line", "", `2026/11/25 02:34:06 [error] 31#31: *1 connect() failed`, ""},
		{"a status that is none", "", strings.Replace(combined, " 200 ", " 2000 ", 1), ""},
		{"a month that is none", "", strings.Replace(combined, "Nov", "ovD", 1), ""},
		{"custom, cut off", timed, `::1 - - [25/Nov/2026:02:34:06 +0000] "GET / HTTP/2.0" 499 0 "-"`, ""},
		{"deep JSON", "", `{"status":200,"x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, ""},
	} {
		f, err := Compile(c.format)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for range 2 { // the second time from the clock's memory
			var l Line
			got := ""
			if f.Parse([]byte(c.line), &l) {
				got = fmt.Sprintf("%d %s %s %s %d", l.Status, l.Path, l.Method, l.Duration, l.Unix)
			}
			if got != c.want {
				t.Errorf("%s: got %q, want %q", c.name, got, c.want)
			}
		}
	}
}

func TestCompileErrors(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{
		"$remote_addr":       "no $status",
		"$status$request":    "nothing separates",
		"$status ${request":  "not closed",
		"$status $":          "a $ without a name",
		"log_format x '$sta": "a quote is not closed",
	} {
		if _, err := Compile(format); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", format, err, want)
		}
	}
}

func TestGroupAndPrefix(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/v1": "/v1", "/v1/x": "/v1", "/v1?x": "/v1", "/v10": "web", "/api/x": "/api", "/console/api/x": "/console/api", "/console": "web",
		"/e/x": "/e", "/explore": "web", "/files/1": "/files", "/socket.io/?a": "/socket.io", "": "web", "/": "web",
	} {
		if got := Groups()[Group([]byte(path))]; got != want {
			t.Errorf("%q: group %s, want %s", path, got, want)
		}
	}
	for line, want := range map[string]string{
		"nginx-1  | x": "nginx-1/x", "api-1       | a | b": "api-1/a | b", "a | b c": "a/b c", "GET / | x": "/GET / | x", "|x": "/|x", "": "/",
	} {
		rest, service := StripPrefix([]byte(line))
		if got := string(service) + "/" + string(rest); got != want {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
}

// FuzzParse: no line and no format crashes the parser, and a status is one.
func FuzzParse(f *testing.F) {
	f.Add("", combined)
	f.Add("$status $request_time", "200 0.1")
	f.Add("json", `{"status":200,"request":{"uri":"/x"}}`)
	f.Fuzz(func(t *testing.T, format, line string) {
		compiled, err := Compile(format)
		if err != nil {
			return
		}
		var l Line
		rest, _ := StripPrefix([]byte(line))
		if compiled.Parse(rest, &l) && (l.Status < 100 || l.Status > 599) {
			t.Errorf("status %d", l.Status)
		}
		Group(l.Path)
	})
}

func BenchmarkParse(b *testing.B) {
	for name, c := range map[string][2]string{
		"combined": {"", combined},
		"custom":   {`$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_time`, combined + " 0.123"},
		"json":     {"json", `{"time":"2026-11-25T10:34:06+08:00","remote_addr":"10.0.0.9","request":"GET /api/x HTTP/1.1","status":200,"body_bytes_sent":271,"request_time":0.250,"http_user_agent":"node"}`},
	} {
		b.Run(name, func(b *testing.B) {
			f, err := Compile(c[0])
			if err != nil {
				b.Fatal(err)
			}
			line, l := []byte(c[1]), Line{}
			b.SetBytes(int64(len(line)) + 1)
			b.ReportAllocs()
			for b.Loop() {
				if !f.Parse(line, &l) {
					b.Fatal("not parsed")
				}
			}
		})
	}
}
