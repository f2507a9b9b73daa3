package release

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
)

const ownCompose = `services:
  api:
    image: langgenius/dify-api:%[1]s
    volumes:
      - ./volumes/app/storage:/app/api/storage
  web:
    image: langgenius/dify-web:%[1]s
  sandbox:
    image: langgenius/dify-sandbox:0.2.12
    volumes:
      - ./volumes/sandbox/conf:/conf
  weaviate:
    image: semitechnologies/weaviate:%[2]s
`

// Each rule on both sides.
func TestUpgradeRules(t *testing.T) {
	compose := func(tag, weaviate string) string { return fmt.Sprintf(ownCompose, tag, weaviate) }
	with := func(text, service string) string { return text + "  " + service + ":\n    image: x\n" }
	cases := []struct {
		name, from, to string
		files          map[string]string
		want, not      []string
	}{
		{"newer than the catalogue", "1.16.0", "1.99.0", nil, []string{"warning upgrade/version-unknown 1.99.0"}, nil},
		{"known", "1.15.0", "1.16.0", nil, nil, []string{"upgrade/version-unknown"}},
		{"between", "1.9.2", "1.9.3", nil, []string{"warning upgrade/version-unknown 1.9.3"}, nil},
		{"given up", "1.9.2", "2.0.0-beta.2", nil, []string{"warning upgrade/version-unknown 2.0.0-beta.2"}, nil},
		{"images behind", "1.9.2", "1.10.0", map[string]string{"docker-compose.yaml": compose("1.9.2", "1.27.0")}, []string{"error upgrade/version-skew langgenius/dify-api", "error upgrade/version-skew langgenius/dify-web"}, []string{"dify-sandbox"}},
		{"images right", "1.9.2", "1.10.0", map[string]string{"docker-compose.yaml": compose("1.10.0", "1.27.0")}, nil, []string{"version-skew"}},
		{"image without a version", "1.9.2", "1.10.0", map[string]string{"docker-compose.yaml": compose("latest", "1.27.0")}, []string{"warning upgrade/version-unknown langgenius/dify-api"}, []string{"version-skew"}},
		{"a daemon known to lack a route", "1.15.0", "1.16.1", map[string]string{"docker-compose.yaml": compose("1.16.1", "1.27.0") + "  plugin_daemon:\n    image: langgenius/dify-plugin-daemon:0.6.3-local\n"}, []string{"error upgrade/version-skew langgenius/dify-plugin-daemon"}, nil},
		{"the daemon with it", "1.15.0", "1.16.1", map[string]string{"docker-compose.yaml": compose("1.16.1", "1.27.0") + "  plugin_daemon:\n    image: langgenius/dify-plugin-daemon:0.6.10-local\n"}, nil, []string{"dify-plugin-daemon"}},
		{"mirror", "1.9.2", "1.10.0", map[string]string{"docker-compose.yaml": strings.ReplaceAll(compose("1.9.2", "1.27.0"), "langgenius/", "r.example:5000/mirror/")}, []string{"error upgrade/version-skew r.example:5000/mirror/dify-api"}, nil},
		{"helm", "1.9.2", "1.10.0", map[string]string{"values.yaml": "image:\n  api: {repository: langgenius/dify-api, tag: 1.9.2}\n  web: {repository: langgenius/dify-web, tag: 1.10.0}\n"}, []string{"error upgrade/version-skew langgenius/dify-api"}, []string{"dify-web"}},
		{"old store with the new images", "1.9.1", "1.9.2", map[string]string{"docker-compose.yaml": compose("1.9.2", "1.19.0")}, []string{"error upgrade/version-skew weaviate", "warning upgrade/undeclared step weaviate-server"}, nil},
		{"new store", "1.9.1", "1.9.2", map[string]string{"docker-compose.yaml": compose("1.9.2", "1.27.0")}, nil, []string{"weaviate"}},
		{"image jump", "1.9.1", "1.9.2", map[string]string{"docker-compose.yaml": compose("1.9.1", "1.19.0")}, []string{"warning upgrade/undeclared image weaviate"}, nil},
		{"own store version", "1.9.1", "1.9.2", map[string]string{"docker-compose.yaml": compose("1.9.1", "1.30.0")}, nil, []string{"image weaviate", "weaviate-server"}},
		{"removed variable", "1.9.0", "1.9.1", map[string]string{".env": "WORKFLOW_PARALLEL_DEPTH_LIMIT=3\n"}, []string{"warning upgrade/undeclared removed variables"}, nil},
		{"removed variable that is not set", "1.9.0", "1.9.1", map[string]string{".env": "A=3\n"}, nil, []string{"removed variables"}},
		{"default under an unset variable", "1.5.1", "1.6.0", map[string]string{".env": "A=1\n"}, []string{"warning upgrade/undeclared NGINX_CLIENT_MAX_BODY_SIZE"}, nil},
		{"default under a set variable", "1.5.1", "1.6.0", map[string]string{".env": "NGINX_CLIENT_MAX_BODY_SIZE=20M\n"}, nil, []string{"NGINX_CLIENT_MAX_BODY_SIZE"}},
		{"service lacking", "1.6.0", "1.7.0", map[string]string{"docker-compose.yaml": compose("1.7.0", "1.19.0")}, []string{"warning upgrade/undeclared service worker_beat", "warning upgrade/undeclared step worker-beat"}, nil},
		{"service there", "1.6.0", "1.7.0", map[string]string{"docker-compose.yaml": with(compose("1.7.0", "1.19.0"), "worker_beat")}, nil, []string{"worker_beat", "worker-beat"}},
		{"service of a profile not chosen", "1.11.1", "1.11.2", map[string]string{"docker-compose.yaml": compose("1.11.1", "1.27.0")}, nil, []string{"iris"}},
		{"storage mounted", "1.10.0", "1.10.1", map[string]string{"docker-compose.yaml": compose("1.10.0", "1.27.0")}, []string{"warning upgrade/undeclared step storage-owner"}, nil},
		{"storage not mounted", "1.10.0", "1.10.1", map[string]string{"docker-compose.yaml": "services:\n  api: {image: \"langgenius/dify-api:1.10.0\"}\n"}, nil, []string{"storage-owner"}},
		{"storage crossed before", "1.10.1", "1.11.0", map[string]string{"docker-compose.yaml": compose("1.10.1", "1.27.0")}, nil, []string{"storage-owner"}},
		{"storage of another owner", "1.10.0", "1.10.1", map[string]string{"docker-compose.yaml": compose("1.10.1", "1.27.0"), "volumes/app/storage/x": ""}, []string{"warning upgrade/undeclared step storage-owner"}, nil},
		{"sandbox config old", "1.13.2", "1.13.3", map[string]string{"docker-compose.yaml": compose("1.13.3", "1.27.0"), "volumes/sandbox/conf/config.yaml": "python_path: /usr/local/bin/python3\n"}, []string{"warning upgrade/undeclared step sandbox-config"}, nil},
		{"sandbox config new", "1.13.2", "1.13.3", map[string]string{"docker-compose.yaml": compose("1.13.2", "1.27.0"), "volumes/sandbox/conf/config.yaml": "python_path: /opt/python/bin/python3\n"}, nil, []string{"sandbox-config"}},
		{"secret key unset", "1.14.0", "1.14.1", map[string]string{".env": "A=1\n"}, []string{"warning upgrade/undeclared step secret-key-explicit"}, nil},
		{"secret key set", "1.14.0", "1.14.1", map[string]string{".env": "SECRET_KEY=own\n"}, nil, []string{"secret-key-explicit"}},
		{"template variable not passed", "1.14.0", "1.14.1", map[string]string{"docker-compose.yaml": with(compose("1.14.1", "1.27.0"), "nginx")}, []string{"warning upgrade/undeclared template NGINX_SOCKET_IO_UPSTREAM"}, nil},
		{"nothing to do the other way", "1.10.1", "1.9.2", map[string]string{".env": "DB_TYPE=mysql\n"}, nil, []string{"undeclared"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			env := &check.Env{From: c.from, To: c.to}
			if c.files != nil {
				env.Dir = checktest.Dir(t, c.files)
			}
			r := checktest.Run(t, env, &Upgrade{})
			if r.Err != nil || r.Skip != "" {
				t.Fatalf("err %v, skip %q", r.Err, r.Skip)
			}
			got := checktest.Worse(r)
			for _, w := range c.want {
				if !slices.Contains(got, w) {
					t.Errorf("no %q among\n%s", w, strings.Join(got, "\n"))
				}
			}
			for _, line := range got {
				for _, n := range c.not {
					if strings.Contains(line, n) {
						t.Errorf("%q is not wanted", line)
					}
				}
			}
		})
	}
}

// A side image's tag may begin with v, in the release as in the operator's file.
func TestUpgradeTagsWithV(t *testing.T) {
	for tag, want := range map[string]int{"v1.8.3": 0, "1.8.3": 0, "v1.7.3": 1} {
		dir := checktest.Dir(t, map[string]string{".env": "VECTOR_STORE=qdrant\n", "docker-compose.yaml": "services:\n  qdrant: {image: \"langgenius/qdrant:" + tag + "\"}\n"})
		if r := checktest.Run(t, &check.Env{Dir: dir, WorkDir: dir, To: "1.13.2"}, &Upgrade{}); len(r.Findings) != want {
			t.Errorf("%s: got %v, want %d", tag, checktest.Reported(r), want)
		}
	}
}

func TestUpgradeRoutesOfOwnProxy(t *testing.T) {
	conf := "server {\n  listen 80;\n  location /v1 { proxy_pass http://api:5001; }\n%s  location / { proxy_pass http://web:3000; }\n}\n"
	for extra, want := range map[string]bool{"": true, "  location /triggers { proxy_pass http://api:5001; }\n": false, "  location ~ ^/(triggers|e) { proxy_pass http://api:5001; }\n": false} {
		dir := checktest.Dir(t, map[string]string{".env": "A=1\n", "nginx/conf.d/default.conf": fmt.Sprintf(conf, extra)})
		r := checktest.Run(t, &check.Env{Dir: dir, WorkDir: dir, From: "1.9.2", To: "1.10.1"}, &Upgrade{})
		i := slices.IndexFunc(r.Findings, func(f gate.Finding) bool { return f.Subject == "route /triggers" })
		if (i >= 0) != want {
			t.Errorf("with %q: %v", extra, checktest.Worse(r))
		}
		if i >= 0 {
			f := r.Findings[i]
			if diff := cmp.Diff(gate.Location{File: "nginx/conf.d/default.conf", Line: 4}, *f.Location); diff != "" {
				t.Error(diff)
			}
			if !strings.Contains(f.Hint, "location /triggers { proxy_pass http://api:5001;") {
				t.Errorf("hint %q", f.Hint)
			}
			// The run's proxy check tells the same route.
			r = checktest.Run(t, &check.Env{Dir: dir, WorkDir: dir, From: "1.9.2", To: "1.10.1"}, &Upgrade{Beside: []string{"proxy"}})
			if f := r.Findings[i]; f.Severity != gate.Notice || !strings.Contains(f.Hint, "proxy/route-missing") {
				t.Errorf("beside a proxy check: %s, hint %q", f.Severity, f.Hint)
			}
		}
	}
}

func TestUpgradeWithoutTarget(t *testing.T) {
	if r := checktest.Run(t, &check.Env{}, &Upgrade{}); !strings.Contains(r.Skip, "--to") {
		t.Errorf("%+v", r)
	}
	if r := checktest.Run(t, &check.Env{To: "abc"}, &Upgrade{}); r.Err == nil {
		t.Errorf("%+v", r)
	}
}

// What the upgrade says of SECRET_KEY does not contradict env/public-secret: a
// published value in use is not to be kept.
func TestSecretKeyAdvice(t *testing.T) {
	for _, c := range []struct {
		name, from, to, env, want string
	}{
		{"the published default", "1.14.0", "1.14.1", "A=1\n", "write your own SECRET_KEY"},
		{"from a release without one", "1.14.1", "1.14.2", "A=1\n", ""},
	} {
		dir := checktest.Dir(t, map[string]string{".env": c.env})
		r := checktest.Run(t, &check.Env{Dir: dir, WorkDir: dir, From: c.from, To: c.to}, &Upgrade{})
		got := ""
		for _, f := range r.Findings {
			if strings.HasSuffix(f.Subject, "secret-key-explicit") {
				got = f.Hint
			}
		}
		if c.want == "" && got != "" || !strings.Contains(got, c.want) || strings.Contains(got, "write the value in use") {
			t.Errorf("%s: %q, want %q in it", c.name, got, c.want)
		}
	}
}
