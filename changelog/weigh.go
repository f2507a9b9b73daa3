package changelog

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A sentence of no known form is weighed by its signs: what it speaks of, what
// it says happens to that, and where it stands. Each sign alone is found in
// news, too; together they make what a careful operator stops at.

// weight is the sum of a sentence's signs, by the groups that tell its kind.
type weight struct {
	object  int // things of a deployment or of its clients
	deed    int // an imperative
	duty    int // must, need, only if
	harm    int // fails, expires, is ignored, is lost
	change  int // moves, shrinks, is renamed
	against int // instead, until now, no longer
	place   int // what the heading adds or takes
}

// weighty is the weight from which on a sentence is a change. It was chosen on
// bodies of our own (testdata/judged).
const weighty = 3

// told is what the sentence itself says, without its object and its place.
func (w weight) told() int { return w.deed + w.duty + w.harm + w.change + w.against }

func (w weight) sum() int { return w.object + w.told() + w.place }

var (
	harmWords = wordsOf(`fail fails failing stop stops stopped break breaks lose loses lost expire expires expired invalid invalidated
		reject rejects rejected refuse refuses refused ignore ignores ignored cannot deny denies denied forbid forbids forbidden
		unsupported unusable unavailable gone wipe wipes wiped lock locks locked orphaned discarded purged truncated blocked dies
		hang hangs nobody mandatory obsolete abort aborts aborted`)
	changeWords = wordsOf(`move moves moved switch switches switched rename renamed renames replace replaced replaces split splits
		shrink shrinks shrunk raise raises raised lower lowers lowered increase increases increased decrease decreases decreased
		reduce reduces reduced cut cuts capped prefixed encrypted hashed relocated merge merged convert converts converted
		rewrites rewritten purge purges disabled require requires restricts restricted defaults bumped upgraded pinned pins ships
		ship publishes published leaves listens binds exposes exposed mounted reindexed drops dropped removed retired returns answers
		carries counted went stored stores keeps lives times reads writes runs uses apply applies becomes changed changes change`)
	againstWords = wordsOf(`instead rather anymore previously formerly unless otherwise only now before former old older newer without
		any longer never except`)
	againstForm = expr(
		`\bused to\b`,
		`\b(?:until|up to|till) now\b`,
		`\bso far\b`,
		`\bin place of\b`,
		`\binstead of\b`,
		`\brather than\b`,
		`\bno longer\b`,
		`\bany (?:more|longer)\b`,
	)
	harmForm = expr(`\b(?:taken down|turned (?:away|off|down)|thrown away|left (?:out|behind)|cut off|switched off|shut (?:off|down)|go(?:es)? away|went away)\b`)
	better   = expr(
		`\b(?:fewer|faster|smaller|less|quicker|smoother|improved|cheaper|leaner|clearer|nicer|easier)\b`,
		`\b(?:round-?trips?|latency|overhead)\b`,
		`\b(?:any platform|single (?:command|click)|one[- ]click|out of the box)\b`,
	)
	quantity  = expr(`\b\d+ ?(?:s|ms|seconds?|minutes?|min|hours?|h|days?|weeks?|months?|[kmgt]i?b|characters|items|requests|rows|tokens)\b`)
	dutyWords = wordsOf(`wants expects demands must need needs needed should require requires mandatory ought`)
	dutyForm  = expr(`\b(?:has|have|had) to\b|\bunless\b|\bif you(?:r|'ve)?\b|\bin case\b|\bor else\b|\bshould you\b`)
	// clientObject is what those who call or use a deployment have.
	clientObject = expr(
		`\bpasswords?\b`,
		`\brate limits?\b`,
		`\bcursors?\b`,
		`\bstatus\b`,
		`\berrors?\b`,
		`\bcode [1-5]\d\d\b`,
		`\bhttp [1-5]\d\d\b`,
		`\bipv[46]\b`,
		`\bobjects?\b`,
		`\bbackground (?:tasks?|jobs?)\b`,
		`\bretention\b`,
		`\bsnapshots?\b`,
		`\blogs?\b`,
		`\bimports?\b`,
		`\bkeys?\b`,
		`\busers?\b`,
		`\boverrides?\b`,
		`\bmonitoring\b`,
		`\bcaches?\b`,
		`\bfiles?\b`,
		`\blinks?\b`,
		`\bsessions?\b`,
		`\bfields?\b`,
		`\brequests?\b`,
		`\bresponses?\b`,
		`\b(?:start)?tls\b`,
		`\bmails?\b`,
		`\bsmtp\b`,
		`\bplugins?\b`,
		`\btriggers?\b`,
		`\bsaml\b`,
		`\boidc\b`,
		`\bsso\b`,
		`\blog-?ins?\b`,
		`\bsign-?ins?\b`,
		`\btimestamps?\b`,
		`\bdatabases?\b`,
	)
	deedStart = expr(`(?:^(?:also |then |so |just |either |first,? )?|[;:—] ?|\bplease |\bthen |^(?:(?:if|when|should|in case|until|before|after|unless|where) (?:you|your|the upgrade)\b|on (?:kubernetes|docker|helm))[^,]{0,100}, (?:you )?)` + imperatives + ` (?:it|them|this|that|those|these|the|a|an|your|every|all|both|any|from|to|by|with|for|on|` + "`" + `|old|such|[a-z_]+)`)
	// What is only told, may be done, is new or is asked for by what is new.
	stories   = expr(`^(?:we|they|it will)\b|^(?:[\w-]+ ){1,2}can\b`)
	additions = expr(`^(?:store|submit|share|compare|explore|discover|preview|browse|search|track|connect|bring|chat|ask|design|drag|let|add(?:s|ed)?|introduc\w+|support(?:s|ed)?|new|allow(?:s|ed)?|enabl(?:es|ed))\b`)
	toUse     = expr(`\bto use (?:it|them|the|this|these|that)\b|^if (?:a|an|any|the) (?:tool|plugin|model|node|app|workflow)\b`)
	// ownTools is what the project itself is built, kept and told with.
	ownTools = expr(`\b(?:react|next\.?js|vite|typescript|tailwind\w*|webpack|jest|vitest|turborepo|pnpm|docs|readme|repositor(?:y|ies)|branch)\b`)
)

// wordsOf makes a set of words parted by blanks.
func wordsOf(text string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(text) {
		set[w] = true
	}
	return set
}

// weigh judges a sentence that no form fits.
func weigh(e Entry, s sentence, sec section, names Names) (verdict, bool) {
	text := s.fold
	if e.Block == Title || endsInColon(text) || countWords(text) < 4 || negated.MatchString(text) || mending.MatchString(text) ||
		overview.MatchString(text) || screenTalk.MatchString(text) || ownTools.MatchString(text) || better.MatchString(text) {
		return verdict{}, false
	}
	w := signs(e, s, sec, names)
	if w.object == 0 || w.told() == 0 && !headed(e, sec, w) || w.sum() < weighty {
		return verdict{}, false
	}
	switch {
	case w.deed > 0 || w.duty > 0 && w.harm == 0:
		return verdict{Action, "signs: a deed"}, true
	case w.harm > 0:
		return verdict{Breaking, "signs: something stops"}, true
	}
	return verdict{Config, "signs: something changes"}, true
}

// headed tells whether the heading says all that the sentence does not: a bare
// name counts below "Removed", a new version of a server below "Deployment".
func headed(e Entry, sec section, w weight) bool {
	return sec.breaking || sec.action || sec.removed || sec.changed || e.Alert != "" || sec.deploy && w.object >= 2
}

func signs(e Entry, s sentence, sec section, names Names) weight {
	text := s.fold
	var w weight
	w.object = weighObject(s, names)
	if deedStart.MatchString(text) && !notesDeed(e, s) {
		w.deed = 2
	}
	if dutyForm.MatchString(text) {
		w.duty = 1
	}
	if harmForm.MatchString(text) {
		w.harm = 2
	}
	if againstForm.MatchString(text) {
		w.against = 2
	}
	for _, word := range words(text) {
		w.harm = max(w.harm, sign(harmWords, word, 2))
		w.change = max(w.change, sign(changeWords, word, 1))
		w.duty = max(w.duty, sign(dutyWords, word, 2))
		w.against = max(w.against, sign(againstWords, word, 1))
	}
	if quantity.MatchString(text) {
		w.change = max(w.change, 2)
	}
	w.weighZH(text)
	if w.object == 0 && w.deed > 0 && s.offset > 0 {
		w.object = weighObject(sentence{text: e.Text, fold: fold(e.Text)}, Names{}) // "Set it explicitly if you lowered it."
	}
	w.place = weighPlace(e, s, sec, w.deed)
	switch {
	case offer.MatchString(text), toUse.MatchString(text), additions.MatchString(text), !named(names) && codeTalk.MatchString(text):
		w.place -= 2
	case stories.MatchString(text):
		w.place--
	}
	return w
}

// The signs of Chinese texts, which have no blanks between words.
var (
	objectZH = expr(
		`环境变量`,
		`配置`,
		`队列`,
		`镜像`,
		`容器`,
		`端口`,
		`接口`,
		`字段`,
		`数据库`,
		`扩展`,
		`沙箱`,
		`密钥`,
		`令牌`,
		`会话`,
		`cookie`,
		`部署`,
		`客户端`,
		`日志`,
		`卷`,
		`权限`,
		`账号`,
		`邮件`,
		`证书`,
		`域名`,
		`存储`,
		`索引`,
	)
	harmZH   = expr(`失败|失效|停止|中断|丢失|无法|拒绝|禁止|作废|不会|不能|不可|锁定|清空`)
	changeZH = expr(
		`改为`,
		`改成`,
		`变为`,
		`调整`,
		`统一`,
		`收紧`,
		`放宽`,
		`缩短`,
		`延长`,
		`提高`,
		`降低`,
		`(?:升级|更新)(?:到|至)`,
		`更名`,
		`移到`,
		`拆分`,
		`合并`,
		`默认`,
		`上限`,
		`下限`,
		`方式运行`,
	)
	againstZH = expr(`不再|而非|而不是|此前|原先|原来|(?:由|从)[^，。]{1,20}(?:改|变|调|升|降)|仅|只能`)
	dutyZH    = expr(`必须|须|需要|需先|需在|务必|请|应当|要求`)
)

func (w *weight) weighZH(text string) {
	if !isHan(text) {
		return
	}
	for _, group := range []struct {
		form  *expression
		value int
		to    *int
	}{{harmZH, 2, &w.harm}, {changeZH, 1, &w.change}, {againstZH, 1, &w.against}, {dutyZH, 2, &w.duty}} {
		if group.form.MatchString(text) {
			*group.to = max(*group.to, group.value)
		}
	}
}

func sign(set map[string]bool, word string, value int) int {
	if set[word] {
		return value
	}
	return 0
}

// notesDeed tells a deed of the project from one that is asked for: after a
// bold lead-in it goes on in lower case ("**Cache** — use one key").
func notesDeed(e Entry, s sentence) bool {
	first, _ := utf8.DecodeRuneInString(e.Text[labelLength(e):])
	return s.label && unicode.IsLower(first)
}

func weighObject(s sentence, names Names) int {
	text := s.fold
	n := 0
	switch {
	case strongObject.MatchString(text):
		n = 2
	case objectZH.MatchString(text):
		n = 2
	case operatorObject.MatchString(text), clientObject.MatchString(text), valueObject.MatchString(text):
		n = 1
	}
	if named(names) {
		n += 2
	} else if strings.Count(s.text, "`") >= 2 {
		n++
	}
	return n
}

// weighPlace is what the headings add: operators' headings speak of what
// concerns them, those of features and fixes of what does not.
func weighPlace(e Entry, s sentence, sec section, deed int) int {
	switch {
	case sec.fixes && s.offset > 0 && deed > 0:
		return -1 // what to do after a mended mistake
	case sec.internal, sec.interface_, sec.fixes:
		return -4
	case sec.breaking, sec.action, sec.removed, sec.migration, sec.deprecated, e.Alert != "":
		return 2
	case sec.changed:
		return 2 // what a changelog files under "Changed" behaves in another way
	case sec.features && (sec.deploy || sec.env || sec.api):
		return 0 // "New in the API"
	case sec.deploy, sec.env, sec.api:
		return 2
	case sec.features:
		return -2
	case sec.added:
		return -1
	}
	return 0
}
