package changelog

import (
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/changelog/internal/lexicon"
)

// The upgrade guide of a release is the same in every release: back up, fetch
// the code, stop, pack the volumes, start, and for source deployments sync,
// migrate, restart. A step is boilerplate when its words and its commands are
// of that sort, or when the release before has the same step.

// usualDeeds begin the steps of every upgrade; usualThings are what they are
// done to.
var (
	usualDeeds = wordSetOf(`back backup back_up make stop shut get fetch pull check checkout update upgrade sync install start restart run launch bring go enter cd switch
		execut execute apply rebuild 备份 停止 获取 拉取 更新 升级 启动 重启 运行 执行 最后 然后 接着 切换 安装`)
	usualThings = wordSetOf(`docker-compose docker_compose compose yaml yml data volume volumes code branch release tag main service services server api worker dependenc dependenci
		dependency dependencies migration migrat script web frontend front directory container image repository file env 数据 服务 代码 依赖 脚本 文件 分支 目录 服务器 容器 镜像 迁移`)
	unusualWords = wordSetOf(`new reapply re-apply review now manual manually must before once only 新的 新 手动 必须 重新`)
)

// wordSetOf makes a set of the stems of words parted by blanks.
func wordSetOf(text string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(text) {
		stem, _ := lexicon.Stem(w)
		set[w], set[stem] = true, true
	}
	return set
}

// usualStep reports whether a sentence only says what every upgrade does.
func usualStep(s *sentence) bool {
	deed, thing := false, false
	for i, t := range s.tokens {
		if !deed && i < 5 && usualDeeds[t.Stem] {
			deed = true
			continue
		}
		if deed && (usualThings[t.Stem] || t.Kind == lexicon.Path) {
			thing = true
		}
	}
	return deed && (thing || s.words() <= 4)
}

func unusual(s *sentence) bool {
	return slices.ContainsFunc(s.tokens, func(t lexicon.Token) bool { return unusualWords[t.Stem] })
}

// usualSentence reports whether a sentence is a usual step without anything
// that would make it news.
func (v *vocabulary) usualSentence(s *sentence) bool {
	n := namesOf(s.body, s.tokens)
	return usualStep(s) && !unusual(s) && len(n.Env)+len(n.Queues)+len(n.CVEs) == 0 && s.words() <= 20
}

// usualCommand reports whether a line is a command of every upgrade.
func usualCommand(line string) bool {
	line = strings.TrimPrefix(strings.TrimSpace(line), "$ ")
	if line == "" || line[0] == '#' || strings.HasPrefix(line, "//") {
		return true
	}
	f := strings.Fields(bareCommand(line))
	if len(f) == 0 {
		return true
	}
	if f[0] == "sudo" && len(f) > 1 {
		f = f[1:]
	}
	second := ""
	if len(f) > 1 {
		second = f[1]
	}
	switch f[0] {
	case "cd", "ls", "mkdir", "tar", "echo", "pwd":
		return true
	case "export":
		return strings.HasPrefix(second, "PATH")
	case "cp":
		return slices.ContainsFunc(f[1:], func(s string) bool {
			return strings.Contains(s, "docker-compose") || strings.HasPrefix(s, ".env") || strings.HasPrefix(s, "middleware.env") || strings.HasPrefix(s, "envs")
		})
	case "git":
		return oneOf(second, "fetch", "checkout", "pull", "stash", "clone", "switch", "reset")
	case "helm":
		return oneOf(second, "repo", "upgrade", "install", "dependency")
	case "wget", "curl":
		return strings.Contains(line, "compose")
	case "docker-compose":
		return usualCompose(f[1:])
	case "docker":
		return second == "compose" && usualCompose(f[2:])
	case "uv", "poetry":
		return oneOf(second, "sync", "install", "shell")
	case "pip", "pip3":
		return second == "install"
	case "flask":
		return oneOf(strings.Join(f[1:], " "), "db upgrade", "upgrade-db")
	case "pnpm", "npm":
		return oneOf(second, "install", "i", "build", "start", "run", "ci")
	}
	return false
}

// usualCompose reports whether the arguments of compose are those of every
// upgrade: a known deed and no more than flags.
func usualCompose(args []string) bool {
	for len(args) > 1 && strings.HasPrefix(args[0], "-") {
		args = args[1:]
		if len(args) > 1 && !strings.HasPrefix(args[0], "-") && strings.Contains(args[0], ".") {
			args = args[1:]
		}
	}
	if len(args) == 0 || !oneOf(args[0], "down", "up", "pull", "stop", "start", "restart", "build", "ps", "logs") {
		return false
	}
	return !slices.ContainsFunc(args[1:], func(a string) bool { return !strings.HasPrefix(a, "-") })
}

func oneOf(s string, list ...string) bool { return slices.Contains(list, s) }

// flaskCommand reports whether a line runs a command of Dify's own program.
func flaskCommand(line string) bool {
	rest, ok := strings.CutPrefix(line, "flask ")
	return ok && rest != "" && 'a' <= rest[0] && rest[0] <= 'z'
}

// movesData reports whether a command by its name moves or converts data.
func movesData(line string) bool {
	for _, word := range []string{"migrat", "backfill", "transform", "convert", "reindex", "re-index"} {
		if strings.Contains(line, word) {
			return true
		}
	}
	return false
}

// boilerplate reports whether an entry of an upgrade guide is one of its usual
// steps; before holds the steps of the release before.
func (v *vocabulary) boilerplate(e *Entry, before map[string]bool) bool {
	if before[stepKey(e)] {
		return true
	}
	for _, line := range codeLines(e) {
		if !usualCommand(line) {
			return false
		}
	}
	text := strings.Trim(e.Text, "` .")
	if text == "" || lexicon.IsCommand(text) && usualCommand(text) {
		return true
	}
	s := newSentence(e.Text, e.Text, 0, false)
	if unusual(&s) || v.moreThanUsual(e) {
		return false
	}
	names := namesOf(e.Text, s.tokens)
	if len(names.Env)+len(names.Queues)+len(names.CVEs) > 0 {
		return false
	}
	if len(names.Commands) > 0 && len(names.Paths) == 0 && !slices.ContainsFunc(names.Commands, func(c string) bool { return !usualCommand(c) }) {
		return true // "Start them again with `docker compose up -d`"
	}
	return usualStep(&s) || e.Block == Fence || len(e.Code) > 0 && s.words() <= 12 && !s.has(v.must) && !s.has(v.please) && !s.has(v.ensure)
}

// takesBack reports whether a sentence says that nothing is to be done: "no
// update needed", "requires no migration", "无需更新".
func (v *vocabulary) takesBack(s *sentence) bool {
	for i, t := range s.tokens {
		if !t.Has(v.negate) && !t.Has(v.noneed) {
			continue
		}
		if t.Stem == "无需" || t.Stem == "不需要" || t.Stem == "不必" || t.Stem == "no_need" {
			return s.words() <= 8
		}
		if !t.Has(v.negate) || t.Stem == "without" {
			continue
		}
		deed, need := false, false
		for _, next := range s.tokens[i+1 : min(len(s.tokens), i+6)] {
			deed = deed || next.Has(v.deed) || next.Has(v.migrate) || next.Has(v.manual) || next.Stem == "action" || next.Stem == "step" || next.Stem == "chang" || next.Stem == "downtim" || next.Stem == "configur"
			need = need || next.Has(v.must)
		}
		before := i > 0 && s.tokens[i-1].Stem == "need" // "must not" forbids
		if deed && (need || before) && s.words() <= 14 {
			return true
		}
	}
	return false
}

// moreThanUsual reports whether a usual step goes on with other sentences:
// what is new of a release is often told there.
func (v *vocabulary) moreThanUsual(e *Entry) bool {
	parts := sentences(e, commit{}, v)
	if len(parts) < 2 || !usualStep(&parts[0]) {
		return false
	}
	return slices.ContainsFunc(parts[1:], func(s sentence) bool { return !usualStep(&s) && s.words() > 6 })
}
