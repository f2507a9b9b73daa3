package explain

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate/check/checktest"
)

// Behind Apache the API's own Server header stays, and what is to be written is
// Apache's.
func TestCausesBehindApache(t *testing.T) {
	const to = "https://dify.example.com/v1/parameters"
	v1 := "  ProxyPass /v1 http://api:5001/v1\n"
	for _, tt := range []struct{ name, old, new, raw, cause, at, says string }{
		{"cut", v1, "  ProxyPass /v1 http://api:5001/\n", strings.Replace(apiPage("1.13.3"), "\n", "\nServer: gunicorn\n", 1), CausePrefixStripped, "ProxyPass /v1", "both sides of ProxyPass"},
		{"missing", v1, "", nextPage404, CauseRouteMissing, "ProxyPass / ", "before ProxyPass /, because Apache uses the first match"},
		{"not reloaded", "", "", nextPage404, CauseFilesDisagree, "ProxyPass /v1", "reload apache"},
		{"excluded", v1, "  ProxyPass /v1 !\n" + v1, "HTTP/1.1 404 Not Found\nServer: Apache\nContent-Type: text/html\n\n<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n", CauseOtherServer, "ProxyPass /v1 !", "ProxyPass /v1 takes the path"},
	} {
		conf := strings.Replace(checktest.ApacheSite, tt.old, tt.new, 1)
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "dify.conf"), []byte(conf), 0o600); err != nil {
			t.Fatal(err)
		}
		c := explainReport(t, report{method: "GET", url: to, raw: tt.raw, to: "1.13.3", dir: dir})
		all := strings.Join([]string{c.Text, c.Fix, c.Lines}, "\n")
		if c.ID != tt.cause || !strings.Contains(all, tt.says) {
			t.Errorf("%s: cause %s, %q, want %s with %q", tt.name, c.ID, all, tt.cause, tt.says)
			continue
		}
		if line := 1 + strings.Count(conf[:strings.Index(conf, tt.at)], "\n"); c.Place == nil || c.Place.Line != line {
			t.Errorf("%s: place %+v, want line %d", tt.name, c.Place, line)
		}
	}
}
