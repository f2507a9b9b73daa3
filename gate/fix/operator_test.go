package fix_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate/dify/releasedir"
)

// operator is a directory of a release with values of the operator's own.
type operator struct {
	root, dir string // the working directory, and the folder docker in it
	// values are the own settings that have to be there afterwards, by name.
	values map[string]string
	// secrets are own values that no patch may show.
	secrets []string
	odd     string // what is special about it, for messages
}

// ownSettings are settings that operators change, and that no release of the catalogue
// renames or drops.
var ownSettings = map[string]string{
	"LOG_LEVEL": "WARNING", "UPLOAD_FILE_SIZE_LIMIT": "77", "MAIL_DEFAULT_SEND_FROM": "dify@example.com", "NGINX_PORT": "8080",
	"DB_USERNAME": "difyuser", "INIT_PASSWORD": "", "CONSOLE_WEB_URL": "https://dify.example.com", "MIGRATION_ENABLED": "true",
}

// ownSecrets are secrets that operators set.
var ownSecrets = []string{"SECRET_KEY", "DB_PASSWORD", "REDIS_PASSWORD", "SMTP_PASSWORD", "WEAVIATE_API_KEY"}

// newOperator writes the directory of a release as an operator would have it. The seed
// chooses what is odd about it.
func newOperator(t *testing.T, version string, seed uint64) operator {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 18))
	files := releasedir.Files(t, version)
	for name := range files {
		if strings.HasSuffix(name, ".example") {
			delete(files, name)
		}
	}
	o := operator{root: t.TempDir(), values: map[string]string{}}
	files[".env"] = o.env(files[".env"], r)
	if seed%3 == 1 {
		o.odd += " tags by a variable"
		files["docker-compose.yaml"] = strings.ReplaceAll(files["docker-compose.yaml"], "langgenius/dify-api:"+version, "${REGISTRY:-langgenius}/dify-api:${DIFY_TAG:-"+version+"}")
		if seed%2 == 0 {
			files[".env"] += "DIFY_TAG=" + version + " # the tag of all\n"
		}
	}
	if seed%4 == 2 {
		o.odd += " an override"
		files["docker-compose.override.yaml"] = fmt.Sprintf("# ours\nservices:\n  api:\n    image: \"langgenius/dify-api:%s\"   # pinned\n    environment:\n      OUR_OWN: 'yes'\n  worker:\n    image: langgenius/dify-api:%s\n    environment: [MODE=worker, \"OUR_LIST=1\"]\n", version, version)
	}
	if seed%5 == 3 {
		o.odd += " a renamed front end"
		files["docker-compose.yaml"] = strings.Replace(files["docker-compose.yaml"], "\n  web:\n", "\n  frontend:\n", 1)
		files["docker-compose.yaml"] = regexp.MustCompile(`(?m)^      web:$`).ReplaceAllString(files["docker-compose.yaml"], "      frontend:")
		files["nginx/conf.d/default.conf.template"] = strings.ReplaceAll(files["nginx/conf.d/default.conf.template"], "http://web:3000", "http://frontend:3000")
	}
	if seed%3 == 2 {
		o.odd += " tabs in nginx"
		files["nginx/conf.d/default.conf.template"] = "# ours\n" + strings.ReplaceAll(files["nginx/conf.d/default.conf.template"], "    ", "\t")
	}
	for name, text := range files {
		if seed%2 == 1 && !strings.HasSuffix(name, ".template") {
			o.odd += " CRLF"
			text = strings.ReplaceAll(text, "\n", "\r\n")
		}
		if seed%7 == 4 && name == ".env" {
			o.odd += " a byte order mark"
			text = "\ufeff" + text
		}
		if seed%6 == 5 && name == ".env" {
			o.odd += " no last line end"
			text = strings.TrimRight(text, "\r\n")
		}
		path := filepath.Join(o.root, "docker", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o.dir = filepath.Join(o.root, "docker")
	return o
}

// env gives an env file values, quotes, comments and an order of its own.
func (o *operator) env(text string, r *rand.Rand) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	named := func(name string) int {
		return slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, name+"=") })
	}
	for name, value := range ownSettings {
		i := named(name)
		if i < 0 || value == "" {
			continue
		}
		o.values[name] = value
		switch r.IntN(4) {
		case 0:
			lines[i] = name + "='" + value + "'"
		case 1:
			lines[i] = name + "=\"" + value + "\"   # since last year"
		case 2:
			lines[i] = "export " + name + "=" + value
		default:
			lines[i] = name + "=" + value + " # ours"
		}
	}
	password := ""
	for _, name := range ownSecrets {
		if i := named(name); i >= 0 {
			secret := fmt.Sprintf("own%016x%08x", r.Uint64(), r.Uint32())
			o.secrets, o.values[name] = append(o.secrets, secret), secret
			lines[i] = name + "=" + secret
			if name == "REDIS_PASSWORD" {
				password = secret
			}
		}
	}
	if i := named("CELERY_BROKER_URL"); i >= 0 && password != "" {
		lines[i] = "CELERY_BROKER_URL=redis://:" + password + "@redis:6379/1"
	}
	at := r.IntN(len(lines))
	lines = slices.Insert(lines, at, "", "# --- ours ---", "OUR_BANNER=\"two", "lines\"", "OUR_COMPANY_MODE=on", "#LOG_LEVEL=DEBUG")
	o.values["OUR_BANNER"], o.values["OUR_COMPANY_MODE"] = "two\nlines", "on"
	return strings.Join(lines, "\n") + "\n"
}
