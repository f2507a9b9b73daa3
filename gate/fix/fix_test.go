package fix

import (
	"strings"
	"testing"
)

func TestSecretLines(t *testing.T) {
	t.Parallel()
	s := Secrets{}.secretsOf(nil)
	for text, want := range map[string]bool{
		"SECRET_KEY=abc":                                                 true,
		"# SECRET_KEY=abc":                                               true,
		"SECRET_KEY=":                                                    false,
		"  SECRET_KEY: ${SECRET_KEY:-}":                                  false,
		"  SECRET_KEY: ${SECRET_KEY:-own}":                               true,
		"  - DB_PASSWORD=x":                                              true,
		"CELERY_BROKER_URL=redis://:pw@redis:6379/1":                     true,
		"  command: redis-server --requirepass hunter":                   true,
		"proxy_set_header Authorization \"Basic Zm9v\";":                 true,
		"    image: langgenius/dify-api:1.9.2":                           false,
		"# DB_PASSWORD wants a value of your own (openssl rand -hex 32)": false,
		"": false,
	} {
		if got := s.of([]string{text})[0]; got != want {
			t.Errorf("%q: secret %v, want %v", text, got, want)
		}
	}
	lines := strings.Split("A=1\nPRIVATE_KEY=\"one\ntwo\nthree\"\nB=2\nx:\n  TOKEN: |\n    aaa\n    bbb\n  y: 1\n- name: DB_PASSWORD\n  value: zz\n", "\n")
	want := "A=1 B=2 x: y: 1 - name: DB_PASSWORD"
	var got []string
	for i, secret := range s.of(lines) {
		if !secret && lines[i] != "" {
			got = append(got, strings.TrimSpace(lines[i]))
		}
	}
	if strings.Join(got, " ") != want {
		t.Errorf("shown: %s, want %s", strings.Join(got, " "), want)
	}
}
