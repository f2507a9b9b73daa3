package changelog

import (
	"strings"

	"github.com/dify-gate/dify-gate/changelog/internal/lexicon"
)

// stepKey is a step without its versions, to find it in another guide.
func stepKey(e *Entry) string {
	var b strings.Builder
	b.WriteString(withoutVersions(strings.ToLower(e.Text)))
	for _, c := range e.Code {
		b.WriteString("\n" + withoutVersions(c.Text))
	}
	return b.String()
}

// withoutVersions writes V for every number with dots, and for "$(…)".
func withoutVersions(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		if strings.HasPrefix(text[i:], "$(") {
			if end := strings.IndexByte(text[i:], ')'); end > 0 {
				b.WriteByte('V')
				i += end + 1
				continue
			}
		}
		if n := versionLength(text[i:]); n > 0 && (i == 0 || !isWordByte(text[i-1])) {
			b.WriteByte('V')
			i += n
			continue
		}
		b.WriteByte(text[i])
		i++
	}
	return b.String()
}

// versionLength is the length of a version like v1.2.3-rc1 at the start of s,
// or 0.
func versionLength(s string) int {
	n := 0
	if strings.HasPrefix(s, "v") {
		n = 1
	}
	dots := 0
	start := n
	for n < len(s) && (isDigit(rune(s[n])) || s[n] == '.' && n > start && n+1 < len(s) && isDigit(rune(s[n+1]))) {
		if s[n] == '.' {
			dots++
		}
		n++
	}
	if dots == 0 {
		return 0
	}
	if n+1 < len(s) && s[n] == '-' && 'a' <= s[n+1] && s[n+1] <= 'z' {
		for n++; n < len(s) && (isWordByte(s[n]) || s[n] == '.'); n++ {
		}
	}
	return n
}

// guideSteps collects the keys of a release's upgrade guide.
func (u *understander) guideSteps(entries []Entry) map[string]bool {
	steps := map[string]bool{}
	for i := range entries {
		e := &entries[i]
		if e.Block != Title && joinTopics(u.path(e)).guide && (e.Ordered || len(e.Code) > 0) && !e.Quoted {
			steps[stepKey(e)] = true
		}
	}
	return steps
}

// shells are the languages of fences that hold commands.
var shells = map[string]bool{"": true, "bash": true, "sh": true, "shell": true, "console": true, "zsh": true, "shell-session": true, "powershell": true}

// codeLines are the lines of an entry's shell fences, prompts cut off.
func codeLines(e *Entry) []string {
	var lines []string
	for _, c := range e.Code {
		if !shells[strings.ToLower(c.Lang)] {
			continue
		}
		for _, line := range strings.Split(strings.ReplaceAll(c.Text, "\\\n", " "), "\n") {
			line = strings.TrimSpace(line)
			line = strings.TrimPrefix(strings.TrimPrefix(line, "$ "), "# ")
			lines = append(lines, strings.Join(strings.Fields(line), " "))
		}
	}
	return lines
}

// codeCommands are the lines that look like commands of an operator.
func codeCommands(e *Entry) []string {
	var commands []string
	for _, line := range codeLines(e) {
		if lexicon.IsCommand(line) && len(line) < 400 {
			commands = addName(commands, line)
		}
	}
	return commands
}

// codeEnv are the variables that an entry's fences assign, if that is what
// they are made of.
func codeEnv(e *Entry) []string {
	var env []string
	for _, c := range e.Code {
		lines := 0
		var found []string
		for _, line := range strings.Split(c.Text, "\n") {
			t := strings.TrimSpace(line)
			if t == "" || strings.HasPrefix(t, "#") {
				continue
			}
			lines++
			if name := assignedName(t); name != "" {
				found = append(found, name)
			}
		}
		if 2*len(found) < lines {
			continue
		}
		for _, name := range found {
			env = addName(env, name)
		}
	}
	return env
}

// assignedName is the variable that a line sets: "X=1", "export X=1", "- X=1"
// or "X: 1".
func assignedName(line string) string {
	line = strings.TrimPrefix(strings.TrimPrefix(line, "export "), "- ")
	at := strings.IndexAny(line, "=:")
	if at < 3 {
		return ""
	}
	name := strings.TrimSpace(line[:at])
	for i := range len(name) {
		if c := name[i]; !('A' <= c && c <= 'Z' || c == '_' || i > 0 && '0' <= c && c <= '9') {
			return ""
		}
	}
	return name
}
