package redisurl

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	tests := []struct {
		raw  string
		want Target
	}{
		{"redis://redis", Target{Addresses: []string{"redis:6379"}}},
		{"redis://:pw@redis:6380/1", Target{Addresses: []string{"redis:6380"}, Password: "pw", DB: 1}},
		{"rediss://user:p%40ss@[::1]:6379/2?ssl_cert_reqs=CERT_NONE", Target{Addresses: []string{"[::1]:6379"}, User: "user", Password: "p@ss", DB: 2, TLS: true, SkipVerify: true}},
		{"redis://:p@ss@h", Target{Addresses: []string{"h:6379"}, Password: "p@ss"}},
		{"redis://h?db=3", Target{Addresses: []string{"h:6379"}, DB: 3}},
		{"redis://a:1,b,c:3", Target{Addresses: []string{"a:1", "b:6379", "c:3"}}},
		{"redis+sentinel://:pw@s1:26379,s2/mymaster/4", Target{Addresses: []string{"s1:26379", "s2:26379"}, Password: "pw", Sentinel: true, Master: "mymaster", DB: 4}},
		{"sentinel://:pw@s1:26379/1;sentinel://:pw@s2:26380/1", Target{Addresses: []string{"s1:26379", "s2:26380"}, Password: "pw", Sentinel: true, DB: 1}},
		{"sentinel://s1/1?master_name=m", Target{Addresses: []string{"s1:26379"}, Sentinel: true, Master: "m", DB: 1}},
	}
	for _, tt := range tests {
		got, err := Parse(tt.raw)
		if err != nil {
			t.Errorf("%s: %v", tt.raw, err)
		} else if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.raw, diff)
		}
	}
}

func TestParseErrors(t *testing.T) {
	tests := []struct{ raw, want string }{
		{"amqp://:sesame@h", "want redis"},
		{"sesame@h", "want redis"},
		{"redis://:sesame@", "no host"},
		{"redis://:se/same@h", "%2F"},
		{"redis://:sesame%zz@h", "%25"},
		{"redis://:sesame@h/cache", "number of a database"},
		{"redis://:sesame@h:99999", "65535"},
	}
	for _, tt := range tests {
		_, err := Parse(tt.raw)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want an error with %q", tt.raw, err, tt.want)
		} else if strings.Contains(err.Error(), "sesame") {
			t.Errorf("%s: the error shows the password: %v", tt.raw, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"redis://:p@h:1/0", "sentinel://a;sentinel://b/1", "redis+sentinel://u:p@a,b/m/0?x=%", "rediss://[::1]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := Parse(raw)
		if err == nil && (len(got.Addresses) == 0 || got.DB < 0) {
			t.Errorf("%q: %+v", raw, got)
		}
	})
}
