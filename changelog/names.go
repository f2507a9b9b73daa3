package changelog

import (
	"slices"
	"strings"
)

var (
	envForm      = expr(`\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_\*|\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b`)
	envCode      = expr("`([A-Z][A-Z0-9_]{3,})(?:=[^`]*)?`")
	envAssign    = expr(`(?m)^\s*(?:export\s+|-\s+)?([A-Z][A-Z0-9_]{2,})\s*[=:]`)
	codeForm     = expr("`([^`]+)`")
	queueName    = expr(`^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$`)
	queueContext = expr(`queue|celery|队列|\bsubscrib|\blisten|\bconsum`)
	cveForm      = expr(`(?i)\bCVE-\d{4}-\d{4,7}\b|\bGHSA(?:-[0-9a-z]{4}){3}\b`)
	portForm     = expr(`(?i)\bports?\s+` + "`?" + `(\d{2,5})\b`)
	pathForm     = expr(
		`^(?:\.{0,2}/)?[\w.*{}<>:-]+(?:/[\w.*{}<>:-]+)+/?$`,
		`^\.env[\w.-]*$`,
		`^[\w-]+\.(?:ya?ml|toml|json|conf|sh|py|env)$`,
		`^/[\w*{}<>:.-]+$`,
	)
	methodPath  = expr(`^(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\s+(/\S*)$`)
	barePath    = expr(`(?:^|[\s(])(/(?:v\d|api|console|files|inner|openapi|mcp|triggers|e)/[\w/{}<>:.*-]+)`)
	versionName = expr(`\bv?\d+\.\d+(?:\.\d+)+(?:-[a-z]+\.?\d*)?\b`)
	commandForm = expr(`^(?:\$ |# )?(?:sudo |uv run |poetry run )?(?:\.{0,2}/[\w./-]+\.(?:sh|py|ps1)|docker|docker-compose|flask|uv|poetry|git|cp|mv|chown|chmod|psql|pnpm|npm|celery|helm|kubectl|curl|tar|sed|mkdir|rm|cd|python3?|bash|sh|difyctl|openssl|dify)\b(?: |$)`)
	serviceForm = expr(`(?i)\b(sandbox|plugin[-_ ]daemon|ssrf[-_ ]proxy|squid|nginx|weaviate|qdrant|milvus|pgvector|opensearch|elasticsearch|worker[-_ ]beat|celery beat|db_postgres|db_mysql|api_websocket|agent[-_ ]backend|local[-_ ]sandbox|init_permissions|certbot|redis|postgres(?:ql)?|mysql)\b`)
)

// notEnv are upper-case words with an underscore that are no variables.
var notEnv = map[string]bool{"UTF_8": true}

// findNames collects what a text names; context adds the queues that a parent
// bullet or a heading names for it.
func findNames(text, context string) Names {
	var n Names
	for _, env := range envForm.FindAllString(text, -1) {
		if !notEnv[env] {
			n.Env = addName(n.Env, env)
		}
	}
	for _, m := range envCode.FindAllStringSubmatch(text, -1) {
		if looksLikeEnv(m[1]) {
			n.Env = addName(n.Env, m[1])
		}
	}
	for _, m := range codeForm.FindAllStringSubmatch(text, -1) {
		n.addCode(strings.TrimSpace(m[1]))
	}
	for _, m := range barePath.FindAllStringSubmatch(text, -1) {
		n.Paths = addName(n.Paths, strings.TrimRight(m[1], ".,;:"))
	}
	for _, id := range cveForm.FindAllString(text, -1) {
		n.CVEs = addName(n.CVEs, strings.ToUpper(id[:4])+id[4:])
	}
	for _, m := range portForm.FindAllStringSubmatch(text, -1) {
		n.Ports = addName(n.Ports, m[1])
	}
	for _, v := range versionName.FindAllString(text, -1) {
		n.Versions = addName(n.Versions, strings.TrimPrefix(v, "v"))
	}
	for _, s := range serviceForm.FindAllString(text, -1) {
		n.Services = addName(n.Services, strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(s)))
	}
	n.Queues = findQueues(text)
	if len(n.Queues) == 0 && queueContext.MatchString(fold(text)) {
		n.Queues = findQueues(context)
	}
	return n
}

// looksLikeEnv keeps HTTP methods and words in capitals out.
func looksLikeEnv(s string) bool {
	switch s {
	case "POST", "PATCH", "DELETE", "OPTIONS", "HEAD", "NULL", "TRUE", "FALSE", "JSON", "HTTP", "HTTPS", "SELECT", "PANIC", "ERROR", "WARNING", "WORKFLOW", "BREAKING", "README", "LICENSE":
		return false
	}
	return len(s) >= 4
}

func (n *Names) addCode(code string) {
	switch m := methodPath.FindStringSubmatch(code); {
	case m != nil:
		n.Paths = addName(n.Paths, m[1])
	case commandForm.MatchString(code) && strings.Contains(code, " "):
		n.Commands = addName(n.Commands, code)
	case pathForm.MatchString(code) && len(code) < 200:
		n.Paths = addName(n.Paths, code)
	}
}

// findQueues looks for code in snake case in a text that speaks of queues.
func findQueues(text string) []string {
	folded := fold(text)
	if !queueContext.MatchString(folded) && !strings.Contains(text, "CELERY_QUEUES") && !strings.Contains(folded, "also include") {
		return nil
	}
	var queues []string
	for _, m := range codeForm.FindAllStringSubmatch(text, -1) {
		if name := strings.TrimSpace(m[1]); queueName.MatchString(name) && (strings.Contains(name, "_") || strings.Contains(folded, name+" queue") || strings.Contains(folded, "queue "+name)) {
			queues = addName(queues, name)
		}
	}
	return queues
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
