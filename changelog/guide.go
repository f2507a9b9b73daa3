package changelog

import (
	"slices"
	"strings"
)

// The upgrade guide of a release is the same in every release: back up, fetch
// the code, stop, pack the volumes, start, and for source deployments sync,
// migrate, restart. A step is boilerplate when its words and its commands are
// of that sort, or when the release before has the same step.
var (
	usualStep = expr(
		`^(?:\d+[.)] )?(?:then,? |finally,? |now,? |first,? |next,? )?(?:let's |please |you can )?(?:(?:back ?up|make a backup of|stop|shut down|get|fetch|pull|check ?out|update|upgrade|sync|install|start|restart|run|launch|bring up|go to|enter|cd|switch to|execute)\b.{0,40}\b(?:docker[- ]compose (?:ya?ml|file|configuration)|docker-compose\.ya?ml|ya?ml file|env files?|data\b|volumes?|latest (?:code|version|release|images?)|code from|release (?:branch|tag)|main branch|services?|api server|api,? worker|python dependenc\w*|(?:python |backend |frontend |api )?dependencies|migration script|the (?:database )?migrations?|worker|web front|frontend|docker director\w*|containers|images|repository)|back ?up\b|stop\b|restart\b)`,
		`^(?:备份|停止|获取|拉取|更新|升级|启动|重启|运行|执行|最后|然后|接着|切换).{0,30}(?:数据|服务|代码|依赖|脚本|文件|分支|目录|服务器|容器|镜像)`,
	)
	// Words that make even a usual step news.
	unusual = expr(
		`\bnew\b`,
		`re-?apply`,
		`\breview\b`,
		`\bnow\b`,
		`\bmanual`,
		`\bmust\b`,
		`\bbefore\b`,
		`\bonly if\b`,
		`\bonce\b`,
		`新的`,
		`手动`,
		`必须`,
		`重新`,
	)
	usualCommand = expr(`^(?:#|$|//|cd\b|ls\b|mkdir\b|cp (?:-\w+ )?(?:docker-compose\.ya?ml|\.env|middleware\.env|envs)\b|cp \S*docker-compose|git (?:fetch|checkout|pull|stash|clone|switch|reset)\b|docker[- ]compose (?:down|up|pull|stop|start|restart|build|ps|logs)(?: -{1,2}[\w-]+)*$|tar\b|uv sync\b|poetry (?:install|sync|shell)\b|pip install -r|(?:(?:uv|poetry) run (?:--?[\w-]+(?:[ =][\w./-]+)? )*)?(?:python -m )?flask (?:db upgrade|upgrade-db)$|pnpm (?:install|i|build|start|run)\b|npm (?:install|ci|run)\b|echo\b|export PATH)`)
	shellLang    = expr(`^(?:|bash|sh|shell|console|zsh|shell-session|powershell)$`)
	versionText  = expr(`\bv?\d+(?:\.\d+)+(?:-[a-z]+\.?\d*)?\b|\$\([^)]*\)`)
)

// boilerplate tells whether an entry of an upgrade guide is one of its usual
// steps; before holds the steps of the release before.
func boilerplate(e Entry, before map[string]bool) bool {
	if before[stepKey(e)] {
		return true
	}
	for _, line := range codeLines(e) {
		if !usualCommand.MatchString(line) {
			return false
		}
	}
	text := fold(e.Text)
	if usualCommand.MatchString(strings.TrimRight(text, ". ")) && text != "" {
		return true
	}
	if unusual.MatchString(text) || moreThanUsual(e) {
		return false
	}
	names := findNames(e.Text, "")
	if len(names.Env)+len(names.Queues)+len(names.CVEs) > 0 {
		return false
	}
	if len(names.Commands) > 0 && !slices.ContainsFunc(names.Commands, func(c string) bool { return !usualCommand.MatchString(c) }) && len(names.Paths) == 0 {
		return true // "Start them again with `docker compose up -d`"
	}
	return usualStep.MatchString(text) || e.Block == Fence || text == "" ||
		len(e.Code) > 0 && countWords(text) <= 12 && !operatorObligation.MatchString(text)
}

// usualSentence tells whether a sentence only says what every upgrade does.
func usualSentence(text string) bool {
	return usualStep.MatchString(text) && !unusual.MatchString(text)
}

// moreThanUsual tells whether a usual step goes on with other sentences: what
// is new of a release is often told there.
func moreThanUsual(e Entry) bool {
	parts := sentences(e)
	if len(parts) < 2 || !usualStep.MatchString(parts[0].fold) {
		return false
	}
	for _, s := range parts[1:] {
		if !usualStep.MatchString(s.fold) && countWords(s.fold) > 6 {
			return true
		}
	}
	return false
}

var operatorObligation = expr(`\bplease\b|\bensure\b|\bmake sure\b|\bmust\b|\brequired\b|\bneed`)

// stepKey is a step without its versions, to find it in another guide.
func stepKey(e Entry) string {
	var b strings.Builder
	b.WriteString(fold(e.Text))
	for _, c := range e.Code {
		b.WriteString("\n" + c.Text)
	}
	return versionText.ReplaceAllString(b.String(), "V")
}

// guideSteps collects the keys of a release's upgrade guide.
func guideSteps(entries []Entry) map[string]bool {
	steps := map[string]bool{}
	for _, e := range entries {
		if e.Block != Title && sectionOf(e.Path).guide && (e.Ordered || len(e.Code) > 0) && !e.Quoted {
			steps[stepKey(e)] = true
		}
	}
	return steps
}

// codeLines are the lines of an entry's shell fences, prompts cut off.
func codeLines(e Entry) []string {
	var lines []string
	for _, c := range e.Code {
		if !shellLang.MatchString(strings.ToLower(c.Lang)) {
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
func codeCommands(e Entry) []string {
	var commands []string
	for _, line := range codeLines(e) {
		if commandForm.MatchString(line) && len(line) < 400 {
			commands = addName(commands, line)
		}
	}
	return commands
}

// codeEnv are the variables that an entry's fences assign, if that is what
// they are made of.
func codeEnv(e Entry) []string {
	var env []string
	for _, c := range e.Code {
		lines := 0
		for _, line := range strings.Split(c.Text, "\n") {
			if t := strings.TrimSpace(line); t != "" && !strings.HasPrefix(t, "#") {
				lines++
			}
		}
		found := envAssign.FindAllStringSubmatch(c.Text, 64)
		if 2*len(found) < lines {
			continue
		}
		for _, m := range found {
			env = addName(env, m[1])
		}
	}
	return env
}
