package changelog

import (
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/changelog/internal/lexicon"
)

// findNames collects what a text names; context adds the queues that a parent
// bullet or a heading names for it.
func findNames(text, context string) Names {
	n := namesOf(text, lexicon.Tokenize(text))
	if len(n.Queues) == 0 && context != "" && speaksOfQueues(lexicon.Tokenize(text)) {
		n.Queues = queuesOf(lexicon.Tokenize(context))
	}
	return n
}

// namesOf collects what the tokens of a text name.
func namesOf(text string, tokens []lexicon.Token) Names {
	var n Names
	for i, t := range tokens {
		n.add(t)
		if t.Kind == lexicon.Number && i > 0 && tokens[i-1].Stem == "port" && len(t.Stem) >= 2 && len(t.Stem) <= 5 {
			n.Ports = addName(n.Ports, t.Stem)
		}
		if t.Kind == lexicon.Value && i > 0 && tokens[i-1].Stem == "port" && isNumber(t.Stem) {
			n.Ports = addName(n.Ports, t.Stem)
		}
	}
	n.Services = servicesOf(text)
	n.Queues = queuesOf(tokens)
	return n
}

// add files a token under what it names.
func (n *Names) add(t lexicon.Token) {
	switch t.Kind {
	case lexicon.Variable:
		n.Env = addName(n.Env, t.Stem)
	case lexicon.Command:
		if strings.Contains(t.Stem, " ") {
			n.Commands = addName(n.Commands, t.Stem)
		}
		for _, part := range strings.Fields(t.Stem) {
			if name, _, ok := strings.Cut(part, "="); ok && lexicon.IsVariable(name) {
				n.Env = addName(n.Env, name)
			}
		}
	case lexicon.Path:
		if path := routeOf(t); path != "" && len(path) < 200 {
			n.Paths = addName(n.Paths, path)
		}
	case lexicon.Advisory:
		n.CVEs = addName(n.CVEs, strings.ToUpper(t.Stem[:4])+t.Stem[4:])
	case lexicon.Version:
		n.Versions = addName(n.Versions, strings.TrimPrefix(t.Stem, "v"))
	case lexicon.Code:
		for _, part := range strings.FieldsFunc(t.Stem, func(r rune) bool { return strings.ContainsRune(" ,;:{}()\"'", r) }) {
			if name, _, _ := strings.Cut(part, "="); lexicon.IsVariable(name) {
				n.Env = addName(n.Env, strings.Trim(name, "${}"))
			}
		}
	}
}

// routeOf is a path token's path: "/v1/x" of "GET /v1/x". Bare words with a
// slash that are no file and no route are left out.
func routeOf(t lexicon.Token) string {
	if method, path, ok := strings.Cut(t.Stem, " "); ok && strings.ToUpper(method) == method {
		return path
	}
	return t.Stem
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// services are the names under which the services of a deployment go.
var services = []string{"sandbox", "plugin_daemon", "ssrf_proxy", "squid", "nginx", "weaviate", "qdrant", "milvus", "pgvector", "opensearch",
	"elasticsearch", "worker_beat", "celery_beat", "db_postgres", "db_mysql", "api_websocket", "agent_backend", "local_sandbox",
	"init_permissions", "certbot", "redis", "postgresql", "postgres", "mysql"}

// servicesOf finds services by whole words; "-" and blanks count as "_".
func servicesOf(text string) []string {
	var found []string
	folded := strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' {
			return '_'
		}
		return r
	}, strings.ToLower(text))
	for _, s := range services {
		for at, from := 0, 0; ; from = at + len(s) {
			i := strings.Index(folded[from:], s)
			if i < 0 {
				break
			}
			at = from + i
			if wholeWord(folded, at, at+len(s)) {
				found = addName(found, s)
				break
			}
		}
	}
	slices.SortFunc(found, func(a, b string) int { return strings.Index(folded, a) - strings.Index(folded, b) })
	return found
}

func wholeWord(s string, start, end int) bool {
	return (start == 0 || !isWordByte(s[start-1])) && (end == len(s) || !isWordByte(s[end]))
}

func isWordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
}

// speaksOfQueues reports whether a text is about queues of work.
func speaksOfQueues(tokens []lexicon.Token) bool {
	for _, t := range tokens {
		switch t.Stem {
		case "queu", "celeri", "队列", "subscrib", "listen", "consum", "订阅", "监听", "CELERY_QUEUES", "celery_queues":
			return true
		}
	}
	return false
}

// queuesOf looks for code in snake case in a text that speaks of queues.
func queuesOf(tokens []lexicon.Token) []string {
	if !speaksOfQueues(tokens) && !includesAlso(tokens) {
		return nil
	}
	var queues []string
	for i, t := range tokens {
		if !t.Quoted || t.Kind != lexicon.Key || !isQueueName(t.Stem) {
			continue
		}
		beside := i+1 < len(tokens) && (tokens[i+1].Stem == "queu" || tokens[i+1].Stem == "队列") || i > 0 && (tokens[i-1].Stem == "queu" || tokens[i-1].Stem == "队列")
		if strings.Contains(t.Stem, "_") || beside {
			queues = addName(queues, t.Stem)
		}
	}
	return queues
}

// includesAlso reports whether a text says "also include".
func includesAlso(tokens []lexicon.Token) bool {
	for i := range len(tokens) - 1 {
		if tokens[i].Stem == "also" && tokens[i+1].Stem == "includ" {
			return true
		}
	}
	return false
}

// isQueueName reports whether s is lower-case snake case.
func isQueueName(s string) bool {
	return s != "" && 'a' <= s[0] && s[0] <= 'z' && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == "" && s[len(s)-1] != '_'
}

func addName(list []string, name string) []string {
	const enough = 64
	if name == "" || slices.Contains(list, name) || len(list) >= enough {
		return list
	}
	return append(list, name)
}

func mergeNames(a, b Names) Names {
	for _, pair := range []struct{ to, from *[]string }{
		{&a.Env, &b.Env}, {&a.Commands, &b.Commands}, {&a.Queues, &b.Queues}, {&a.Ports, &b.Ports},
		{&a.Paths, &b.Paths}, {&a.Versions, &b.Versions}, {&a.CVEs, &b.CVEs}, {&a.Services, &b.Services},
	} {
		for _, name := range *pair.from {
			*pair.to = addName(*pair.to, name)
		}
	}
	return a
}
