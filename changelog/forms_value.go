package changelog

import "strings"

// securityTopic is what a hardening must be about: "harden retries" closes no
// door.
const securityTopic = `(?:ssrf|egress|prox(?:y|ies)|auth\w*|tokens?|permissions?|tenants?|sandbox\w*|credentials?|secrets?|uploads?|cookies?|csrf|cors|urls?|inputs?|sql|access|sessions?|log-?ins?|sign-?ins?|passwords?|secur\w*|expos\w*|isolat\w*|privileg\w*|endpoints?|headers?|redirects?|webhooks?|crypt\w*|certificates?|tls|valid\w*|deseriali\w*|network|files?|links?|previews?|downloads?)`

const hardened = `\bharden\w*\b.{0,60}\b` + securityTopic + `\b|\b` + securityTopic + `\b.{0,30}\bharden(?:ed|ing)?\b`

// disclosure says that somebody reached what was not theirs.
const disclosure = `\b(?:members?|users?|anyone|anybody|visitors?|guests?|viewers?|editors?|attackers?|others?|apps?|workspaces?|non-(?:admins?|owners?|members?))\b.{0,60}\b(?:could|were able to|was able to) (?:still |also )?(?:read|see|view|access|download|list|edit|delete|change|modify|enumerate|impersonate|guess|bypass|reach|use)\b.{0,60}\b(?:another|others?|other's|anyone|without|private|secrets?|permissions?|tenants?|workspaces?|deleted|variables|credentials?|keys?|although|even though|despite)\b|` +
	`\b(?:of|from|by) (?:other|another|foreign) (?:tenants?|workspaces?|users?|accounts?|organi[sz]ations?)\b.{0,30}\b(?:appear\w*|visible|shown?|accessible|readable|seen|leak\w*|returned|listed)\b|` +
	`\b(?:members?|users?|anyone|visitors?|guests?|viewers?|editors?|callers?) without .{0,30}\bcould (?:read|see|view|access|download|list|edit|delete|change|modify)\b|` +
	`\b(?:other|another|foreign) (?:workspaces?|tenants?|users?|teams?|organi[sz]ations?)\b.{0,20}\bcould\b|` +
	`\bkept the (?:rights|permissions?|access|roles?)\b|` +
	`\b(?:rights|permissions) of (?:the |their |an? )?(?:previous|former|other|another)\b|` +
	`\bkept? working for\b.{0,40}\b(?:hours?|minutes?|days?|after)\b|` +
	`\b(?:secrets?|tokens?|credentials?|passwords?|api[- ]?keys?)\b (?:was|were|got|is|are|being) (?:\w+ )?(?:written|logged|printed|sent|shown|stored|visible|readable|included|returned|echoed)\b`

// The stems of the two largest expressions.
const (
	vulnerabilityStems = "vulnerab secur inject xss cross-site ssrf idor csrf rce lfi rfi ssti denial pollution toctou code travers zip redirect escalat bypass deserializ redos timing arbitrary xxe clickjack fixation takeover disclosure leak escap saniti md5 sha1 sha-1 des rc4 insecure sensitive expos secret token credential password api plain cve could able auth cookie kept written logged printed visible readable echoed other foreign rights permissions 漏洞 注入 密钥 令牌 密码 凭证 越权 跨 其他 别的 读取 查看 访问 修改 删除 泄露"
	hardeningStems     = "harden enforc check validat isolat verif boundar guard enforcement scop cross- tenant unauth saniti forg brute impersonat requir mask redact encrypt hash belong limit filter restrict revok default 鉴权 权限 租户 未授权 加固"
)

// quantities are what has a size, a limit or an interval.
const quantities = `\blogs?\b|\bapi\b|\broles?\b|\beveryone\b|\bplugins?\b|\blimits?\b|\btimeouts?\b|\bsizes?\b|\bintervals?\b|` +
	`\bretention\b|\bttl\b|\bconcurrency\b|\bworkers?\b|\bpools?\b|\bmemory\b|\bceiling\b|\bquotas?\b|\brates?\b|` +
	`\bthreshold\b|\bprefetch\b|\bports?\b|\bdepth\b|\bmaxim\w*|\bminim\w*|\bmax\b|\bmin\b|\bwindow\b|\bbatch\w*|` +
	`\bcache\b|\bat most\b|\bat least\b|\blistens?\b|` +
	`\b\d+ ?(?:seconds?|minutes?|hours?|days?|mb|gb|kb|ms|s|characters|items|requests|tokens)\b`

var (
	valueObject = expr(operatorNouns + `|` + quantities)
	// infraLabel is a bold lead-in that names a part of a deployment.
	infraLabel = expr(`^(?:docker(?:[ -]compose)?|compose|celery|redis|postgres\w*|mysql|databases?|nginx|squid|workers?|queues?|storage|object storage|sandbox|plugin[- _]daemon|weaviate|qdrant|milvus|pgvector|opensearch|elasticsearch|vector (?:store|database)s?|web ?sockets?(?: service)?|reverse prox(?:y|ies)|ssrf[- _]proxy|helm(?: chart)?|kubernetes|(?:docker |container )?images?|containers?|health ?checks?|beat|scheduler|environment variables?|\.?env files?|volumes?|ports?|python|node(?:\.js)?)$`)
)

// formsValue are forms about values, about what was made by an older release
// and about what an operator keeps of his own.
var formsValue = []form{
	{kind: Config, signal: "form: value changed", re: expr(
		`\((?:was|were|previously|formerly|before|up from|down from|used to be|instead of|old) [^)]{1,40}\)`,
		`\([^()]{1,40} (?:so far|until now|up to now|before|previously)\)`,
		`[;,] (?:it |this |which |that )?(?:was|were|used to be|previously|formerly|before|up from|down from) [^.;,]{1,30}(?:[.;]|$)`,
		`\b(?:goes|went|rises?|rose|drops?|dropped|fell|falls?|lowered|raised|grows?|grew|shrinks?|increases?|increased|decreases?|decreased|reduced|moves?) from .{1,40}\bto\b .{1,30}`,
		`\b(?:higher|lower|larger|smaller|longer|shorter|bigger|stricter|safer|increased|raised|reduced|lowered) defaults?\b`,
		`\b(?:raised|increased|lowered|reduced|cut|bumped|moved|set|changed) to \d`,
	), needs: valueObject},
	{kind: Config, signal: "form: configurable", re: expr(`\bconfigurable\b|\bcan (?:now )?be (?:configured|customi[sz]ed|overridden|tuned|switched off|turned off)\b`), needs: expr(
		`redis`,
		`celery`,
		`postgres`,
		`mysql`,
		`nginx`,
		`docker`,
		`compose\b`,
		`\.env\b`,
		`environment`,
		`\bqueues?\b`,
		`\bworkers?\b`,
		`\bdatabases?\b`,
		`\bstorage\b`,
		`sandbox`,
		`plugin[- _]daemon`,
	)},
	{kind: Action, signal: "obligation: may need", re: expr(`\b(?:may|might|could|will|would) (?:also |then |now |still )?(?:need|require|have to)\b`), needs: strongObject, placed: operatorObject, negatable: true},
	{kind: Config, signal: "form: recommended", re: expr(
		`\bwe (?:also )?(?:recommend|advise|suggest)\b`,
		`\bit is (?:recommended|advisable|advised)\b`,
		`\b(?:is|are) recommended\b`,
	), needs: strongObject, placed: operatorObject, negatable: true},
	{kind: Action, signal: "obligation: until done", re: expr(`\b(?:without (?:it|them|this|that|these)|otherwise|or else|if (?:it|this|that|they) (?:is|are) (?:missing|skipped|absent|unset|not \w+)|skipping (?:it|this|that|the)|if you (?:skip|omit|forget|ignore))\b`), needs: operatorObject},
	{kind: Action, signal: "obligation: must be made again", re: expr(
		`\b(?:has|have|needs?|must|will have|ought) (?:to )?be (?:\w+ly )?re-?(?:installed|created|entered|built|indexed|saved|generated|configured|connected|authori[sz]ed|enabled|published|issued|deployed|written|placed|named|imported|applied|encrypted|signed|started|set|run)\b`,
		`\b(?:has|have|needs?|must) (?:to )?be \w+ again\b`,
	), negatable: true},
	{kind: Action, signal: "obligation: after that", re: expr(`^(?:after|before|once|prior to|following)\b [^,]{2,80}, (?:please |you (?:must|should|need to|have to) )?` + imperatives + `\b`), needs: operatorObject, negatable: true},
	{kind: Breaking, signal: "form: no way back", re: expr(
		`\bno way back\b`,
		`\bcannot (?:go|be rolled) back\b`,
		`\bone-way\b`,
		`\bnot reversible\b`,
		`\bno (?:downgrade|roll-?back)\b`,
		`\bdowngrad\w+ .{0,60}\b(?:unusable|impossible|not (?:possible|supported)|breaks?|fails?|loses?)`,
	)},
	{kind: Action, signal: "form: without a part", re: expr(`\b(?:deployments?|installations?|setups?|instances?|sites|systems|clusters?|workers?|those|whoever) without\b.{0,80}\b(?:will|cannot|can't|may|do not|don't|must|keep|are|lose|stop)\b`), negatable: true},
	{kind: Breaking, signal: "form: signed out", re: expr(`\b(?:users?|members?|everyone|everybody|people|you|they|admins?) (?:are|is|will|have|has|must|need) (?:be |to )?(?:asked to |required to |prompted to |need to |have to )?(?:log|sign)(?:ged|ed)?[ -]?(?:in|out)\b`), negatable: true},
	{kind: Breaking, signal: "form: refuses", re: expr(
		`\b(?:refuses?|rejects?|denies|forbids?|disallows?|declines?|ignores?) (?:to |all |any |every |requests?|calls?|tokens?|keys?|uploads?|connections?|clients?|values?|[\w-]+)`,
		`\b(?:is|are) (?:refused|rejected|denied|ignored|disallowed)\b`,
	), needs: strongObject, placed: operatorObject, negatable: true},
	{kind: Breaking, signal: "form: now", re: expr(
		`\b(?:are|is) .{1,40}\bnow[.]?$`,
		`\b(?:is|are) (?:the only|only) \b.{0,60}\b(?:still )?(?:supported|accepted|allowed|valid)\b`,
		`\b(?:loses?|lost) access\b`,
		`\bsigned out\b`,
		`\blogged out\b`,
		`\brefuses? to start\b`,
		`\bexits? (?:at|on|with|when)\b`,
	), needs: valueObject},
	{kind: Action, signal: "obligation: recommended", re: expr(`\b(?:strongly|highly) (?:recommend|advis|suggest|encourag)\w*`), needs: operatorObject, negatable: true},
	{kind: Action, signal: "obligation: for own files", re: expr(`\bif you (?:keep|maintain|use|run|have|mount|ship|build|deploy|rely on|customi[sz]ed?|changed?|override|overrode|manage|pin) (?:[\w-]+ ){0,3}?(?:own|custom\w*|customi[sz]ed|external|modified|patched|forked|self-\w+)\b`), negatable: true},
	{kind: Action, signal: "obligation: until done", re: expr(`^until (?:they|it|you|these|those|this|(?:the|every|each|all|your) [\w ]{1,30}?) (?:is|are|have been|has been|do|run|re\w+|set|update\w*|upgrad\w*|migrat\w*)\b`), needs: operatorObject, negatable: true},
	{kind: Breaking, signal: "form: made by an older release", re: expr(`\b(?:collections?|documents?|data|files?|records?|keys?|tokens?|credentials?|index(?:es)?|apps?|workflows?|sessions?|links?|plugins?|datasets?|knowledge bases?|backups?|messages?|conversations?|volumes?|signatures?|certificates?|exports?) (?:that |which )?(?:were |was |are |is )?(?:made|created|stored|written|saved|built|indexed|uploaded|generated|installed|configured|issued|published|encrypted|signed|exported) (?:before|prior to|with|by|in|under|on|for) (?:(?:[\w.-]+ ){0,2}v?\d|an? (?:older|earlier|previous|prior)|older|earlier|previous|the (?:old|previous|upgrade))`), negatable: true},
}

// Code spans that turn into another: "the `a` flag is now `b`", "`a` is replaced
// by `b`". They are looked for in the text as written: folding drops the quotes.
var (
	codeValue   = expr("`[^`]+` (?:[\\w-]+ ){0,4}(?:is|are) now `(?:\\d[\\w. ]*|true|false|on|off|null|none)`")
	codeRenamed = expr("`[^`]+` (?:[\\w-]+ ){0,4}(?:is|are) now (?:called |named |spelled )?`[^`\\d][^`]+`|`[^`]+`[^.`]{0,40}\\b(?:replaced|renamed|superseded|moved|relocated|becomes|became|turned|merged)\\b[^.`]{0,24}`[^`]+`")
)

// judgeCode finds code that turns into other code.
func judgeCode(text string) verdict {
	switch {
	case codeValue.MatchString(text):
		return verdict{Config, "form: value changed"}
	case codeRenamed.MatchString(text):
		return verdict{Breaking, "form: renamed"}
	}
	return verdict{}
}

// troubleshoots tells sentences for the case that something goes wrong.
func troubleshoots(text string) bool { return trouble.MatchString(text) }

// listed tells whether an entry is an item of a list that a sentence with a
// colon introduces: "Notable additions:".
func listed(e Entry) bool { return e.Block == Bullet && endsInColon(e.Parent) }

var (
	valueHead = expr(
		`^(?:before|after|old|new|previous(?:ly)?|current|now|was|from|to|default|was before|is now|旧值?|新值?|原值?|现值?|之前|之后|原默认值|新默认值)\b`,
		`^(?:旧|新|原|现|之前|之后)`,
		`\bv?\d+\.\d+`,
	)
	minimumHead   = expr(`^(?:minimum|min\.?|required|requires?|at least|最低|要求)`)
	componentCell = expr(`(?i)^(?:docker|compose|docker compose|docker engine|python|node(?:\.?js)?|postgres\w*|mysql|mariadb|redis|valkey|weaviate|qdrant|milvus|opensearch|elasticsearch|pnpm|uv|helm|kubernetes|plugin[- _]daemon|sandbox)\b`)
	nameCell      = expr("^`|^[A-Z][A-Z0-9_]{3,}$")
)

// changedCells tells whether a row of a table gives two values of one thing
// and they differ: a variable's default or a service's image, before and now.
func changedCells(e Entry) bool {
	old, now, name := twoValues(e)
	return old != now && (nameCell.MatchString(name) || serviceForm.MatchString(name))
}

// unchangedCells tells whether a row gives two values that are the same.
func unchangedCells(e Entry) bool {
	old, now, name := twoValues(e)
	return name != "" && old == now
}

// twoValues reads a row's value before, its value now, and what it is of; all
// are empty where the head does not speak of two values.
func twoValues(e Entry) (old, now, name string) {
	if e.Block != TableRow {
		return "", "", ""
	}
	heads, cells := strings.Split(e.Parent, " | "), strings.Split(e.Text, " | ")
	var values []string
	for i, head := range heads {
		if i > 0 && i < len(cells) && valueHead.MatchString(fold(head)) {
			values = append(values, strings.TrimSpace(fold(cells[i])))
		}
	}
	if len(values) < 2 {
		return "", "", ""
	}
	return values[0], values[1], cells[0]
}

// demandsVersion tells whether a row of a table gives the least version of a
// component.
func demandsVersion(e Entry) bool {
	if e.Block != TableRow {
		return false
	}
	heads, cells := strings.Split(e.Parent, " | "), strings.Split(e.Text, " | ")
	for i, head := range heads {
		if i > 0 && i < len(cells) && minimumHead.MatchString(fold(head)) && strings.ContainsAny(cells[i], "0123456789") {
			return componentCell.MatchString(strings.Trim(cells[0], "` "))
		}
	}
	return false
}

// customCommand makes a change of a fence with a command of the program that
// no usual upgrade runs.
func (c *classifier) customCommand(e Entry, troubled bool) bool {
	if troubled {
		return false
	}
	for _, line := range codeCommands(e) {
		bare := bareCommand(line)
		if usualCommand.MatchString(bare) || !flaskCommand.MatchString(bare) {
			continue
		}
		v := verdict{Action, "command in a fence"}
		if movesData.MatchString(bare) {
			v.kind = Migration
		}
		text := e.Text
		if text == "" {
			text = line
		}
		c.add(e, []sentence{{text: text, fold: fold(text)}}, v, Names{Commands: []string{line}})
		return true
	}
	return false
}

var flaskCommand = expr(`^flask [a-z][\w-]+`)
