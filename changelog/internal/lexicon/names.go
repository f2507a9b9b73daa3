package lexicon

import "strings"

// code reads a code span as one name.
func (r *reader) code() {
	start := r.at + 1
	end := strings.IndexByte(r.text[start:], '`')
	if end < 0 {
		r.at++
		return
	}
	inner := strings.TrimSpace(r.text[start : start+end])
	t := Token{Kind: codeKind(inner), Quoted: true, Stem: inner, Start: r.at, End: start + end + 1}
	if t.Kind == Variable {
		t.Stem = variableName(inner)
	}
	if inner == "" {
		r.at = t.End
		return
	}
	r.add(t)
}

// commands begin a command line.
var commands = map[string]bool{"docker": true, "docker-compose": true, "flask": true, "uv": true, "poetry": true, "git": true, "cp": true, "mv": true,
	"chown": true, "chmod": true, "psql": true, "pnpm": true, "npm": true, "celery": true, "helm": true, "kubectl": true, "curl": true, "tar": true,
	"sed": true, "mkdir": true, "rm": true, "cd": true, "python": true, "python3": true, "bash": true, "sh": true, "difyctl": true, "openssl": true,
	"dify": true, "pip": true, "pg_dump": true, "pg_dumpall": true, "pg_restore": true, "mysqldump": true, "mysql": true, "redis-cli": true, "sudo": true, "export": true, "make": true, "systemctl": true,
	"apt": true, "apt-get": true, "yum": true, "brew": true, "wget": true, "node": true, "yarn": true, "npx": true, "superset": true, "rake": true,
	"bundle": true, "rails": true, "php": true, "composer": true, "artisan": true, "restic": true, "mongodump": true, "mongosh": true, "ollama": true}

// IsCommand reports whether a line looks like a command of an operator.
func IsCommand(line string) bool {
	line = strings.TrimPrefix(strings.TrimPrefix(line, "$ "), "# ")
	first, rest, _ := strings.Cut(line, " ")
	if strings.HasPrefix(first, "./") || strings.HasPrefix(first, "../") {
		return strings.HasSuffix(first, ".sh") || strings.HasSuffix(first, ".py") || strings.HasSuffix(first, ".ps1") || rest != ""
	}
	return commands[first]
}

// codeKind says what a code span names.
func codeKind(s string) Kind {
	switch {
	case s == "":
		return Code
	case strings.Contains(s, " "):
		return spacedKind(s)
	case isVersion(s):
		return Version
	case isValue(s):
		return Value
	}
	if kind := bareKind(s); kind != Word {
		return kind
	}
	switch {
	case isUpper(s) && len(s) >= 4 && !notVariable[s]:
		return Variable
	case isPlain(s) && !notVariable[s]:
		return Key
	}
	return Code
}

// spacedKind is for code spans of several words.
func spacedKind(s string) Kind {
	first, rest, _ := strings.Cut(s, " ")
	switch {
	case methods[first] && strings.HasPrefix(rest, "/"):
		return Path
	case IsCommand(s):
		return Command
	}
	if name, _, ok := strings.Cut(s, "="); ok && isVariable(strings.TrimSpace(name)) {
		return Variable
	}
	return Code
}

var methods = map[string]bool{"GET": true, "POST": true, "PUT": true, "PATCH": true, "DELETE": true, "HEAD": true, "OPTIONS": true}

// notVariable are words in capitals that are no variables.
var notVariable = map[string]bool{"POST": true, "PATCH": true, "DELETE": true, "OPTIONS": true, "HEAD": true, "NULL": true, "TRUE": true, "FALSE": true,
	"JSON": true, "HTTP": true, "HTTPS": true, "SELECT": true, "PANIC": true, "ERROR": true, "WARNING": true, "WORKFLOW": true, "BREAKING": true,
	"README": true, "LICENSE": true, "UTF_8": true, "CHANGELOG": true, "INFO": true, "DEBUG": true, "YAML": true}

// bareKind says what a run of characters names, or Word.
func bareKind(s string) Kind {
	switch c := s[0]; {
	case c == '@' && len(s) > 1:
		return Person
	case c == '#' && len(s) > 1 && isDigit(s[1]):
		return Issue
	case strings.HasPrefix(s, "http://"), strings.HasPrefix(s, "https://"):
		return Link
	case strings.HasPrefix(s, "--") && len(s) > 3 && isLetter(s[2]):
		return Option
	case isAdvisory(s):
		return Advisory
	case isVariable(s), strings.HasPrefix(s, "${") && isVariable(strings.Trim(s, "${}")):
		return Variable
	case isDigit(c):
		return numberKind(s)
	case isVersion(s):
		return Version
	case s[0] == '/' && len(s) > 1 && isVariable(s[1:]):
		return Word // "OLD_*/NEW_*"
	case isSource(s):
		return Code
	case isPath(s):
		return Path
	case isKey(s):
		return Key
	}
	return Word
}

func numberKind(s string) Kind {
	digits := strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ%+")
	switch {
	case isVersion(s):
		return Version
	case strings.ContainsAny(digits, "/") && isPath(s):
		return Path
	case strings.Trim(digits, "0123456789.,") != "":
		return Word
	case len(digits) < len(s):
		return Quantity
	}
	return Number
}

// isVersion reports whether s is like v1.2, 1.2.3 or 1.2.3-rc1; a single dot
// needs the v.
func isVersion(s string) bool {
	p := strings.TrimPrefix(strings.TrimPrefix(s, "v"), "V")
	if p == "" || !isDigit(p[0]) {
		return false
	}
	dots, i := 0, 0
	for i < len(p) && (isDigit(p[i]) || p[i] == '.' && i+1 < len(p) && isDigit(p[i+1])) {
		if p[i] == '.' {
			dots++
		}
		i++
	}
	rest := p[i:]
	if rest != "" && rest[0] != '-' && rest != ".x" && rest != "+" && rest[0] != 'r' && rest[0] != 'b' {
		return false
	}
	return dots >= 2 || len(p) < len(s) && dots >= 1 || rest == ".x" || rest == "+" && dots >= 1
}

func isValue(s string) bool {
	switch strings.ToLower(strings.Trim(s, `"'`)) {
	case "true", "false", "null", "none", "nil", "on", "off", "yes", "no", "":
		return true
	}
	return isDigit(s[0]) && numberKind(s) != Word || s[0] == '"' || s[0] == '\''
}

// IsVariable reports whether s is the name of a variable of an environment.
func IsVariable(s string) bool { return s != "" && isVariable(s) }

func isVariable(s string) bool {
	name := variableName(s)
	if !strings.Contains(name, "_") || notVariable[name] || !isUpperLetter(name[0]) {
		return false
	}
	if stars, ok := strings.CutSuffix(name, "*"); ok {
		name = strings.TrimSuffix(stars, "_") + "_X"
	}
	return isUpper(name) && !strings.HasSuffix(name, "_")
}

// variableName cuts "=value" and dollar signs off.
func variableName(s string) string {
	name, _, _ := strings.Cut(s, "=")
	name = strings.TrimRight(strings.TrimSpace(name), ":")
	return strings.Trim(name, "${}")
}

func isUpper(s string) bool {
	letters := 0
	for i := range len(s) {
		switch c := s[i]; {
		case isUpperLetter(c):
			letters++
		case c != '_' && !isDigit(c):
			return false
		}
	}
	return letters >= 2
}

func isAdvisory(s string) bool {
	upper := strings.ToUpper(s[:min(5, len(s))])
	return strings.HasPrefix(upper, "CVE-") && len(s) >= 13 && isDigit(s[4]) || strings.HasPrefix(upper, "GHSA-") && len(s) >= 19
}

// fileEndings end the names of files that an operator has.
var fileEndings = []string{".yaml", ".yml", ".toml", ".json", ".conf", ".sh", ".env", ".ini", ".example", ".template", ".sql", ".cfg", ".xml", ".md", ".properties"}

// isSource reports whether s is a file of a program's source: no operator has
// it.
func isSource(s string) bool {
	for _, ending := range []string{".py", ".ts", ".tsx", ".js", ".jsx", ".go", ".rs", ".java", ".vue", ".rb", ".ex", ".css"} {
		if strings.HasSuffix(s, ending) && len(s) > len(ending) && s[0] != '.' {
			return strings.Contains(s, "/") || strings.Contains(s, "_") || isLetter(s[0]) && strings.ToLower(s) == s
		}
	}
	return false
}

func isPath(s string) bool {
	if strings.HasPrefix(s, ".env") || strings.HasPrefix(s, "~/") {
		return true
	}
	for _, ending := range fileEndings {
		if strings.HasSuffix(s, ending) && len(s) > len(ending) && isLetter(s[0]) {
			return true
		}
	}
	slash := strings.IndexByte(s, '/')
	if slash < 0 || strings.ContainsAny(s, "=@\\+") {
		return false
	}
	// "and/or" is no path; "/v1", "docker/envs", "./x" and "a/b/c" are.
	return slash == 0 && len(s) > 1 && (isLetter(s[1]) || s[1] == '{' || s[1] == '<' || s[1] == '.') || s[0] == '.' || strings.Count(s, "/") >= 2 && s[len(s)-1] != '/' || strings.ContainsAny(s, "{<:")
}

// isKey reports whether s is snake_case, camelCase, dotted.key or [section].KEY.
func isKey(s string) bool {
	if sectionKey(s) {
		return true
	}
	if !isLetter(s[0]) {
		return false
	}
	under, dots, humps := 0, 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '_':
			under++
		case c == '.':
			if i == len(s)-1 || !isLetter(s[i+1]) {
				return false
			}
			dots++
		case isUpperLetter(c):
			if i > 0 && 'a' <= s[i-1] && s[i-1] <= 'z' {
				humps++
			}
		case !isLetter(c) && !isDigit(c) && c != '-' && c != '*' && c != '[' && c != ']' && c != ':':
			return false
		}
	}
	return under > 0 || dots > 0 && s[len(s)-1] != '.' && len(s) > 4 || humps > 0 && s[0] >= 'a' // "GitHub" is no key
}

func sectionKey(s string) bool {
	end := strings.Index(s, "].")
	return s[0] == '[' && end > 0 && len(s) > end+2
}

// isPlain reports whether a code span is one lower-case word, such as a service.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isLetter(c) && !isDigit(c) && c != '-' && c != '_' && c != '.' && c != ':' && c != '/' {
			return false
		}
	}
	return isLetter(s[0])
}

func isDigit(c byte) bool       { return '0' <= c && c <= '9' }
func isUpperLetter(c byte) bool { return 'A' <= c && c <= 'Z' }
func isLetter(c byte) bool      { return 'a' <= c && c <= 'z' || isUpperLetter(c) }
