package changelog

import (
	"slices"
	"strings"
)

var (
	startsRemoval  = expr(`^(?:remov|drop|delet|retir)\w*\b`)
	futureRemoval  = expr(`\bwill be (?:removed|dropped|retired)\b|将(?:被|在.{0,12})(?:移除|删除)`)
	declaresBroken = expr(
		`\b(?:upgrad\w+|migrat\w+) (?:from|to|between) .{0,40}\b(?:failed|crashed|broke|hung|aborted)\b`,
		`\b(?:fail(?:s|ed|ing)?|crash\w*|broken|broke|errors?|5\d\d|hangs?|hung|stopped working|did not (?:start|work)|do(?:es)? not (?:start|work)|answered with|lost|los(?:e|t))\b[^.]{0,60}\bsince v?\d+\.\d+`,
		`\b(?:made|makes|let|lets|caused|broke) (?:the )?v?\d+\.\d+\.\d+\b.{0,40}\b(?:hang|fail|crash|break|stop)`,
		`\bregressions?\b.{0,120}\b(?:introduced|caused|since|in v?\d|from v?\d)`,
		`\bbroken (?:in|since|by) v?\d+\.\d+`,
		`\bv?\d+\.\d+\.\d+ (?:had )?(?:broke|broken|caused|introduced|lost|wiped|deleted|crashed|failed|hung|leaked|corrupted|forgot)\b`,
		`\b(?:in|since|with|of) v?\d+\.\d+\.\d+\b.{0,30}\b(?:wiped|deleted|lost|corrupted|broke|crashed|failed|hung|leaked|overwrote)\b`,
		`\bv?\d+\.\d+\.\d+ (?:is|was) (?:broken|faulty|withdrawn|yanked)`,
		`\b(?:do not|don't|avoid|skip) (?:us\w+|install\w*|deploy\w*|upgrad\w+ to|upgrad\w+) v?\d+\.\d+\.\d+`,
		`(?:v?\d+\.\d+\.\d+|上(?:一|个)版本).{0,12}(?:引入|导致)的.{0,20}(?:问题|回归|错误|缺陷)`,
		`回归问题`,
	)
	introducedIn = expr(`\bintroduced (?:in|by|with|since) (?:v?\d+\.\d+|version|the (?:previous|last|prior))`)
	failure      = expr(
		`\bregress`,
		`\bfail(?:s|ed|ure|ures|ing)?\b`,
		`\bcrash`,
		`\bbroken\b`,
		`\bcannot\b`,
		`\bcan't\b`,
		`\bunable\b`,
		`\berrors?\b`,
		`\bincompatib`,
		`\blos[st]\b`,
		`\bloss\b`,
		`\bhang`,
		`\bstuck\b`,
		`\bstop(?:s|ped)? work`,
		`\bdeadlock`,
		`\bunusable`,
		`\bcorrupt`,
		`\bdoes(?:n't| not) (?:work|start)`,
		`失败`,
		`崩溃`,
		`无法`,
		`报错`,
		`不兼容`,
		`丢失`,
	)
	affectedForm   = expr(`(?:introduced|regress\w*|broken|since|caused|issues?)\b[^.]{0,80}?\b(?:in|by|since|from|with|of) (?:version |release )?v?(\d+\.\d+(?:\.\d+)?(?:-[a-z]+\.?\d*)?)`)
	someVersion    = expr(`\bv?(\d+\.\d+\.\d+(?:-[a-z]+\.?\d*)?)\b`)
	minimumVersion = expr(
		`\b(?:needs?|requires?)\b[^.]{0,40}\bv?\d+(?:\.\d+)* or (?:later|newer|higher|above)`,
		`\brequires? (?:[a-z-]+ ){1,3}v?\d+\.\d+`,
		`(?:\brequires?\b|\bneeds?\b|\bminimum\b|\bat least\b|\bor (?:newer|later|higher|above)\b|>=|≥)[^.]{0,60}\b(?:python|node(?:\.js)?|docker(?: compose| engine)?|compose|postgres\w*|mysql|redis|weaviate|qdrant|milvus|elasticsearch|opensearch|pnpm|uv|helm|kubernetes|difyctl|plugin[- _]daemon|sandbox)\b[^.]{0,30}v?\d`,
		`\b(?:python|node(?:\.js)?|docker(?: compose| engine)?|compose|postgres\w*|mysql|redis|weaviate|qdrant|milvus|elasticsearch|opensearch|pnpm|plugin[- _]daemon|sandbox)\b[^.]{0,20}(?:>=|≥|v?\d[\w.]* ?(?:\+|or (?:newer|later|higher|above)|is (?:now )?(?:required|the (?:new )?(?:minimum|oldest|lowest|earliest))))`,
		`\b(?:redis|postgres\w*|mysql|docker|compose|python|node|weaviate|qdrant|milvus|elasticsearch|opensearch)\b.{0,16}(?:最低|至少|不低于|需要|及以上|或更高)`,
	)
	goneForm        = expr(`\bno longer (?:support\w*|available|accept\w*|includ\w*|ship\w*|provid\w*|bundl\w*|expos\w*|a valid|valid|part of)`)
	useInstead      = expr(`\buse\b.{0,80}\binstead\b|\b(?:switch|migrate|move) to\b|改用|改为使用`)
	defaultForm     = expr(`\b(?:the )?(?:new )?defaults?\b|默认`)
	needForm        = expr(`\b(?:needs?|requires?|must|have to|has to|only works?|should)\b|需要|要求`)
	demandsVariable = expr(`\b(?:requires?|must|mandatory|(?:is|are) required)\b|必须|必填`)
	customCommand   = expr(`\bflask [a-z][\w-]+`)
	movesData       = expr(`migrat|backfill|transform|convert|re-?index`)
	promptInject    = expr(`\bprompt injection (?:node|feature|moderation)|dependency injection`)
	overview        = expr(
		`^(?:this|the|our|in this|with this|dify|v?\d[\w.]*)\b.{0,50}\b(?:release|version|update|patch|v?\d+\.\d+\.\d+)\b.{0,40}\b(?:focus|bring|deliver|introduc|continu|prioriti|improv|aims?|concentrat|is (?:a|an|our|all about)\b|includes? (?:a number|many|several|various|important|critical|a set))`,
		`^(?:we|we're|we are) (?:\w+ )?(?:introducing|excited|happy|thrilled|pleased|proud)`,
		`^本(?:次|版本).{0,20}(?:聚焦|专注|带来|重点)`,
	)
	deployTalk = expr(
		`celery`,
		`\bqueues?\b`,
		`docker`,
		`compose\b`,
		`nginx`,
		`redis\b`,
		`postgres`,
		`\.env\b`,
		`environment variable`,
		`kubernetes`,
		`\bhelm\b`,
		`\bworkers\b`,
		`\bendpoints?\b`,
		`self-host`,
	)
)

// judge says what a sentence of prose asks of an operator, if anything.
func (c *classifier) judge(e Entry, s sentence, sec section, names Names) (verdict, bool) {
	text := s.fold
	if sec.interface_ {
		names.Paths = nil // "/go" is a command of an editor there
	}
	alert := e.Alert == "IMPORTANT" || e.Alert == "WARNING" || e.Alert == "CAUTION"
	if text == "" || pointer.MatchString(text) && !named(findNames(s.text, "")) || nothingHere.MatchString(text) {
		return verdict{}, false
	}
	if v, ok := c.judgeBroken(e, text); ok {
		return v, true
	}
	best := c.judgeForms(e, s, sec, names)
	if endsInColon(text) && !named(names) && !obliges(best) {
		return verdict{}, false // only introduces a list
	}
	if overview.MatchString(text) && !named(names) && !obliges(best) && !advisoryID.MatchString(text) {
		return verdict{}, false
	}
	if v, ok := judgeSecurity(text, sec, s, e); ok && (best.kind == "" || !obliges(best)) {
		return v, true
	}
	if best.kind != "" {
		if sec.migration && !obliges(best) {
			best = verdict{Migration, "heading: migration, " + best.signal}
		}
		if sec.security && !obliges(best) {
			best = verdict{Security, "heading: security, " + best.signal}
		}
		return best, true
	}
	if v, ok := c.judgeSection(e, s, sec, names, alert); ok {
		return v, true
	}
	return weigh(e, s, sec, names)
}

// obliges tells forms that ask for a deed from forms that tell of a change.
func obliges(v verdict) bool {
	return v.kind == Action || v.kind == Migration || v.kind == Deprecation || strings.HasPrefix(v.signal, "label")
}

// judgeBroken finds a statement that an earlier release is broken, or a bullet
// under such a statement that names a failure.
func (c *classifier) judgeBroken(e Entry, text string) (verdict, bool) {
	switch {
	case declares(text):
		return verdict{Regression, "declares a regression"}, true
	case e.Parent != "" && declares(fold(e.Parent)) && failure.MatchString(text):
		return verdict{Regression, "failure under a declared regression"}, true
	case strings.Contains(text, "regression") && mending.MatchString(text) && !strings.Contains(text, "regression test"):
		return verdict{Regression, "mends a regression"}, true
	}
	return verdict{}, false
}

// declares tells whether a text says that an earlier release is broken. What
// was "introduced in 1.2.0" is so only when it is a mistake.
func declares(text string) bool {
	return declaresBroken.MatchString(text) || introducedIn.MatchString(text) && (failure.MatchString(text) || mending.MatchString(text) || mistake.MatchString(text))
}

var mistake = expr(`\b(?:bugs?|issues?|problems?|flaws?|defects?|faults?|mistakes?|wrong\w*|twice|works? again|leaks?|slow\w*|once more)\b`)

// judgeForms tries the forms and returns the gravest that fits.
func (c *classifier) judgeForms(e Entry, s sentence, sec section, names Names) verdict {
	text := s.fold
	var best verdict
	taken := negated.MatchString(text)
	mends := mending.MatchString(text) || sec.fixes && !sec.guide
	internal := (sec.internal && !sec.deploy || internalLabel.MatchString(fold(e.Label))) && len(names.Env)+len(names.Queues)+len(names.Commands) == 0
	offers := offer.MatchString(text) && len(names.Env)+len(names.Queues) == 0
	inCodeTalk := !named(names) && !deployTalk.MatchString(text) && (codeTalk.MatchString(text) || screenTalk.MatchString(text))
	for _, list := range [][]form{forms, formsValue, formsZH} {
		for _, f := range list {
			switch {
			case best.kind != "" && rank[f.kind] <= rank[best.kind],
				f.negatable && taken,
				mends && !f.mended && !(f.kind == Migration && !mending.MatchString(text)),
				inCodeTalk && f.signal != "label: breaking" && f.signal != "form: will not be available" && !(f.kind == Action && (sec.action || e.Alert != "")),
				internal && f.kind != Action && f.signal != "label: breaking",
				sec.interface_ && !named(names) && f.kind != Action && f.signal != "label: breaking",
				f.signal == "form: no longer" && symptomGone.MatchString(text),
				offers && (f.signal == "form: now instead" || f.signal == "form: infrastructure"),
				!f.re.MatchString(text) && !(f.signal == "label: breaking" && breakingLabel(e, s)):
				continue
			}
			if !f.about(text, sec, e, names) && !(s.label && f.needs != nil && f.needs.MatchString(infraLabel.FindString(fold(e.Label)))) {
				continue
			}
			best = verdict{f.kind, f.signal}
		}
	}
	if v := judgeCode(s.text); best.kind == "" && !mends && !internal && !inCodeTalk && !sec.interface_ {
		best = v
	}
	if best.kind == Config && sec.guide && e.Ordered && named(names) && !taken && (orders.MatchString(text) || ordersZH.MatchString(text)) {
		best = verdict{Action, "step that the guide did not have"}
	}
	if !taken && (best.kind == "" || rank[best.kind] < rank[Action]) && minimumVersion.MatchString(text) && !mends {
		best = verdict{Action, "form: minimum version"}
	}
	if (best.kind == "" || best.kind == Config) && !taken && !mends && len(names.Env) > 0 && demandsVariable.MatchString(text) && !strings.Contains(text, "=") {
		best = verdict{Action, "obligation: variable required"}
	}
	if (best.kind == "" || rank[best.kind] < rank[Action]) && !taken && !mends && asksForCommand(text, names) {
		best = verdict{Action, "names a command to run"}
		if movesData.MatchString(text) {
			best.kind = Migration
		}
	}
	if (best.kind == "" || best.kind == Config) && !taken && (e.Alert == "IMPORTANT" || e.Alert == "WARNING" || e.Alert == "CAUTION") && orders.MatchString(text) {
		best = verdict{Action, "obligation: imperative in an alert"}
	}
	if (best.kind == "" || best.kind == Config) && !taken && !mends && !internal && !sec.interface_ && needs.MatchString(text) && strongObject.MatchString(text) {
		best = verdict{Action, "form: needs"}
	}
	if best.kind == "" && !taken && !mending.MatchString(text) && !inCodeTalk && s.offset > 0 && laterDuty.MatchString(text) && (!mends || operatorObject.MatchString(fold(e.Text))) {
		best = verdict{Action, "obligation: imperative after a statement"}
	}
	if best.kind == Action && schemaOnly.MatchString(text) && !asksForCommand(text, names) {
		best.kind = Migration // "run flask db upgrade after updating" goes on with "has new migrations"
	}
	return refine(best, text)
}

// offer says what one may do from now on: nothing changes for who does not.
var offer = expr(`\bcan now\b|\bnow (?:possible|able to|lets?|allows?|supports?)\b|\byou can (?:also |now )`)

// laterDuty is an imperative that follows what a sentence before it told:
// "Logs are JSON lines. Adapt your parsers."
var laterDuty = expr(`^(?:then |also |so |please |either |just |simply )?(?:adapt|adjust|increase|uninstall|re-?install|register|mirror|port|rotate|re-?create|re-?build|re-?generate|re-?deploy|restart|re-?connect|re-?authori[sz]e|re-?configure|rename|replace|convert|whitelist|allowlist|raise|back up|update your|upgrade your|pin (?:a|the|your|it)|pull (?:it|them|the|again|both|all)|undo|copy (?:it|them)|merge (?:it|them)|remove (?:it|them) from|delete (?:it|them) from)\b`)

// orders is a sentence that begins with a deed.
var orders = expr(`^(?:then |also |first,? |next,? |finally,? )?(?:preserve|` + strings.TrimPrefix(imperatives, "(?:") + `\b`)

var ordersZH = expr(`^(?:先|再|然后|并|请|同时|(?:前往|进入|打开|到|在).{1,16}?)?(?:更新|增加|添加|新增|修改|设置|删除|替换|执行|运行|配置|调整|重命名|复制|移动)`)

// internalLabel is a bold lead-in that speaks of the project's own work.
var internalLabel = expr(`^(?:(?:backend|frontend|web|api) (?:and|&) )?(?:ci|tests?|testing|typing|type[- ]check\w*|lint\w*|docs?|documentation|storybook|code quality|static analysis|refactor\w*|(?:developer )?tooling|developer experience|pre-commit|contributing|readme|self-hosting docs)(?: .{0,24})?$`)

var needs = expr(`\b(?:needs?|requires?)\b`)

// severityHead heads a table of security holes.
var severityHead = expr(`\b(?:severity|cvss|cve|ghsa)\b|严重`)

var schemaOnly = expr(`\bflask (?:db upgrade|upgrade-db)\b`)

var askForm = expr(`\b(?:run|execute|use|using|with|via|invoke|call)\b|执行|运行|使用`)

// asksForCommand tells whether a sentence has a flask command run that is not
// the one of every upgrade.
func asksForCommand(text string, names Names) bool {
	for _, command := range names.Commands {
		if customCommand.MatchString(command) && !usualCommand.MatchString(command) && askForm.MatchString(text) {
			return true
		}
	}
	return false
}

// about tells whether a form speaks of something that an operator has.
func (f form) about(text string, sec section, e Entry, names Names) bool {
	if f.needs == nil {
		return true
	}
	placed := sec.action || sec.guide || sec.deploy || sec.env || sec.breaking || sec.migration || sec.removed || e.Alert != "" || sec.security && f.kind == Action
	switch {
	case f.needs.MatchString(text), named(names) && f.needs != nothingElse:
		return true
	case f.kind == Action && (sec.action || sec.guide || e.Alert != ""):
		return true
	}
	return placed && f.placed != nil && (f.placed.MatchString(text) || named(names))
}

func breakingLabel(e Entry, s sentence) bool {
	label := fold(e.Label)
	return s.label && (strings.HasPrefix(label, "breaking") || strings.HasPrefix(label, "破坏性"))
}

var breakingHead = expr(`\bbreaking\b|incompatib|破坏性|不兼容`)

// declared lets the author's own word stand: what is headed or labelled as
// breaking is no mere matter of configuration, whatever its form.
func declared(e Entry, s sentence, v verdict) verdict {
	switch {
	case breakingLabel(e, s) && v.kind != Migration && v.kind != Deprecation:
		return verdict{Breaking, "label: breaking"}
	case v.kind != Config && v.kind != Security:
	case slices.ContainsFunc(sectionPath(e), func(head string) bool {
		return breakingHead.MatchString(fold(head)) && !negated.MatchString(fold(head))
	}):
		return verdict{Breaking, "heading, " + v.signal}
	}
	return v
}

// refine settles sentences with two forms: what is deprecated may also be
// "replaced" or "removed in the next release".
func refine(v verdict, text string) verdict {
	deprecates := strings.Contains(text, "deprecat") || strings.Contains(text, "弃用") || strings.Contains(text, "废弃")
	warning := strings.Contains(text, "deprecation warning") || strings.Contains(text, "deprecated warning")
	switch {
	case v.signal == "form: no longer" && goneForm.MatchString(text) && weakObject.MatchString(text):
		return verdict{Removal, "form: removed"}
	case v.kind == Action && deprecates && useInstead.MatchString(text):
		return verdict{Deprecation, "form: deprecated"}
	case (v.signal == "form: now instead" || v.signal == "form: renamed") && defaultForm.MatchString(text):
		return verdict{Config, "form: default changed"}
	case v.signal == "form: now instead" && strings.Contains(text, "automatically"):
		return verdict{Config, v.signal}
	case warning && v.kind == Deprecation:
		return verdict{}
	case startsRemoval.MatchString(text) && v.kind != "" && rank[v.kind] < rank[Removal] && contractObject.MatchString(text):
		return verdict{Removal, "form: removed"}
	case (deprecates && !startsRemoval.MatchString(text) && !warning || futureRemoval.MatchString(text)) && (v.kind == Breaking && v.signal != "label: breaking" || v.kind == Removal):
		return verdict{Deprecation, "form: deprecated"}
	}
	return v
}

// judgeSecurity finds mended holes and closed doors.
func judgeSecurity(text string, sec section, s sentence, e Entry) (verdict, bool) {
	switch {
	case advisoryID.MatchString(text):
		return verdict{Security, "CVE or GHSA"}, true
	case promptInject.MatchString(text):
		return verdict{}, false
	case vulnerability.MatchString(text):
		return verdict{Security, "vulnerability"}, true
	case !sec.interface_ && (hardening.MatchString(text) || hardeningZH.MatchString(text)):
		return verdict{Security, "hardening"}, true
	case sec.security && !sec.guide && countWords(s.text) >= 3 && !endsInColon(s.text) && e.Block != Title:
		return verdict{Security, "heading"}, true
	}
	return verdict{}, false
}

// judgeSection decides by the heading or the alert when no form does.
func (c *classifier) judgeSection(e Entry, s sentence, sec section, names Names, alert bool) (verdict, bool) {
	text := s.fold
	body := e.Block != Title && !endsInColon(text)
	mends := mending.MatchString(text) || sec.fixes
	switch {
	case body && sec.breaking && !negated.MatchString(text):
		return verdict{Breaking, "heading"}, true
	case body && sec.removed:
		return verdict{Removal, "heading"}, true
	case body && sec.deprecated:
		return verdict{Deprecation, "heading"}, true
	case body && sec.migration && !negated.MatchString(text) && (named(names) || !listed(e)):
		return verdict{Migration, "heading"}, true
	case body && sec.knownBad && !screenTalk.MatchString(text):
		return verdict{Regression, "heading"}, true
	case body && unchangedCells(e):
		return verdict{}, false
	case len(names.Env) > 0 && !mends:
		return verdict{Config, "names a variable"}, true
	case len(names.Queues) > 0 && !mends && e.Block != Title:
		return verdict{Config, "names a queue"}, true
	case body && sec.env && sec.changed && named(names):
		return verdict{Config, "heading"}, true
	case body && alert && needForm.MatchString(text) && !negated.MatchString(text):
		return verdict{Action, "alert: needs"}, true
	case body && (e.Alert == "WARNING" || e.Alert == "CAUTION") && e.Block != Fence && countWords(text) >= 5 && !negated.MatchString(text) && !troubleshoots(text):
		return verdict{Breaking, "alert"}, true
	case e.Block == TableRow && severityHead.MatchString(fold(e.Parent)):
		return verdict{Security, "row of a table of holes"}, true
	case body && demandsVersion(e):
		return verdict{Action, "least version in a table"}, true
	case body && changedCells(e):
		return verdict{Config, "values in a table"}, true
	case body && sec.deploy && s.label && !mends && infraLabel.MatchString(fold(e.Label)) && !negated.MatchString(text):
		return verdict{Config, "label: infrastructure"}, true
	case body && (e.Alert == "IMPORTANT" || sec.action) && !mends && countWords(text) >= 5 && !negated.MatchString(text) && !troubleshoots(text) && !overview.MatchString(text):
		return verdict{Breaking, "place: told as important"}, true
	case body && sec.guide && e.Ordered && orders.MatchString(text) && operatorObject.MatchString(text) && !usualSentence(text):
		return verdict{Action, "step that the guide did not have"}, true
	case body && (alert || sec.action) && named(names) && !mends:
		return verdict{Config, "alert"}, true
	case body && sec.guide && ordersZH.MatchString(text) && !usualSentence(text) && !negated.MatchString(text) && !troubleshoots(text):
		return verdict{Action, "step that the guide did not have"}, true
	case body && sec.guide && !alert && e.Ordered && named(names):
		return verdict{Action, "step that the guide did not have"}, true
	}
	return verdict{}, false
}

// affected finds the release that a text calls broken: the one it names, or
// the one before.
func affected(r Release, text string) Version {
	for _, form := range []*expression{affectedForm, someVersion} {
		for _, m := range form.FindAllStringSubmatch(fold(text), -1) {
			if v, err := ParseVersion(m[1]); err == nil && v.Compare(r.Version) < 0 {
				return v
			}
		}
	}
	return Version{}
}
