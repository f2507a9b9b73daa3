package sqlurl

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	tests := []struct {
		raw  string
		want Target
	}{
		{"postgres://dify:p%2Fw@db/dify", Target{Postgres, "db:5432", "dify", "p/w", "dify", url.Values{}}},
		{"postgresql+psycopg2://u:a:b@[::1]:6432/d?sslmode=require", Target{Postgres, "[::1]:6432", "u", "a:b", "d", url.Values{"sslmode": {"require"}}}},
		{"mysql+pymysql://root:p@ss@db_mysql/dify?charset=utf8mb4", Target{MySQL, "db_mysql:3306", "root", "p@ss", "dify", url.Values{"charset": {"utf8mb4"}}}},
		{"mariadb://h", Target{MySQL, "h:3306", "", "", "", url.Values{}}},
		{"postgres:///dify?host=db", Target{Postgres, "db:5432", "", "", "dify", url.Values{"host": {"db"}}}},
		{"postgres://h1:5433,h2/d?user=u", Target{Postgres, "h1:5433,h2:5432", "u", "", "d", url.Values{"user": {"u"}}}},
		{"postgres://u@/d?host=/run/pg/&port=5433", Target{Postgres, "/run/pg/.s.PGSQL.5433", "u", "", "d", url.Values{"host": {"/run/pg/"}, "port": {"5433"}}}},
		{"mysql://u@localhost/d?unix_socket=/run/s.sock", Target{MySQL, "/run/s.sock", "u", "", "d", url.Values{"unix_socket": {"/run/s.sock"}}}},
	}
	for _, tt := range tests {
		got, err := Parse(tt.raw)
		if err != nil {
			t.Errorf("%s: %v", tt.raw, err)
		} else if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.raw, diff)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for raw, want := range map[string]string{
		"host=db password=sesame":   "no scheme",
		"oracle://u:sesame@h/d":     "want postgres",
		"postgres://u:ses/ame@h/d":  "%2F",
		"postgres://u:sesame%@h/d":  "%25",
		"mysql://u:sesame@h:0/d":    "65535",
		"postgres://u:sesame@/d":    "no host",
		"mysql://u:sesame@h/d?a=%z": "query",
		"postgres://u:ses,ame/x":    "65535",
	} {
		_, err := Parse(raw)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "ame") && strings.Contains(err.Error(), "ses") {
			t.Errorf("%s: got %v, want %q and no password", raw, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("postgres://u:p@h:1/d?sslmode=x")
	f.Add("mysql+x://[::1]")
	f.Fuzz(func(t *testing.T, raw string) {
		if got, err := Parse(raw); err == nil && got.Address == "" {
			t.Errorf("%q: %+v", raw, got)
		}
	})
}
