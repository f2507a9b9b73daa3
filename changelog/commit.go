package changelog

import (
	"strings"
)

// commit is a line of a list of commits or pull requests.
type commit struct {
	kind     string // feat, fix, chore … lower case; "" when the line has none
	scope    string
	breaking bool
	subject  string
	text     string // the line without its attribution
}

var (
	conventional = expr(`^(?i)(feat|feature|fix|bugfix|hotfix|chore|refactor|test|tests|docs?|ci|style|perf|build|revert|i18n|security|sec|deps|improve|enhance|enhancement|update|add|remove|deprecate|breaking)(?:\(([^()]{1,60})\))?(!)?:\s*(.+)$`)
	scoped       = expr(`^([a-z][a-z0-9_./-]{1,30}): (\S.*)$`) // "storage/s3: retry uploads (#12)"
	scopeLabel   = expr(`^[a-z0-9_./ -]{1,40}$`)
	trailingRef  = expr(`(?i)(?:[\s,]*(?:\((?:#?\d+|[^()]*#\d+[^()]*|[0-9a-f]{7,40})\)|\b(?:closes|fixes|refs?) #\d+|#\d+))+\.?$`)
	breakingFoot = expr(`\bBREAKING[ -]CHANGES?\b`)
	issueNumber  = expr(`\(?(?:#\d+|failed #\d+)\)?`)

	// Lines that are about the project's own work, whatever they say.
	internalType  = expr(`^(?:tests?|docs?|ci|style|i18n|build|revert|deps)$`)
	internalScope = expr(`(?:^|[,/ ])(?:web|ui|dify-ui|web/\w+|webapp|front-?end|i18n|sdks?|tests?|e2e|ci|docs?|deps-dev|dev|dev-\w+|toast|tailwind\S*|css|lint|types?|storybook|style|icons?|swagger|contracts?|agent-?skills?|github|actions?)(?:$|[,/ ])`)
	dependencies  = expr(`^(?:deps|dep|deps-dev)$`)
	ownWork       = expr(
		`\bunit tests?\b`,
		`\btests? (?:for|to|suite|case|coverage)`,
		`\bpytest\b`,
		`\bcodecov`,
		`\bstorybook`,
		`\beslint`,
		`\blint(?:er|ing)?\b`,
		`\btypo\b`,
		`\breadme\b`,
		`\bcontributing\b`,
		`lock ?file`,
		`\bgithub actions?\b`,
		`\bworkflow file`,
		`\btranslations?\b`,
		`\btestcontainers\b`,
		`\be2e\b`,
		`\bdevcontainer`,
		`\bpre-commit`,
		`\bvulture\b`,
		`agents?\.md`,
		`\btype hints?\b`,
		`\bpyright`,
		`\bmypy`,
		`\bnodejs[- ]client\b`,
		`\bphp[- ]client\b`,
		`\bdependabot\b`,
		`\bclaude\b`,
		`\bcopilot\b`,
		`\bgemini\b`,
		`\bcodeowners?\b`,
	)

	// The cheap test before the forms: a line without any of these is nothing.
	commitHint = []string{
		"extension", "read-only", "rootless", "cap ", "clamp", "throttl", "x-", "reject", "refus", "revok", "block",
		"den", "verif", "remov", "drop", "delet", "deprecat", "renam", "retire", "disabl", "default", "cve-", "ghsa-",
		"vulnerab", "inject", "xss", "ssrf", "idor", "csrf", "rce", "travers", "bypass", "secur", "harden", "tenant",
		"permission", "authori", "authent", "unauth", "ownership", "leak", "expos", "sanit", "mask", "encrypt",
		"redact", "bump", "upgrad", "updat", "sandbox", "daemon", "docker", "compose", "nginx", "squid", "proxy",
		"queue", "worker", "migrat", "regression", "breaking", "support", "require", "replac", "mov", "chang",
		"switch", "service", "env", "config", "_", "endpoint", "route", "path", "python", "node", "redirect",
		"restrict", "enforc", "credential", "secret", "token", "escalat", "backfill", "reindex", "index", "introduc",
		"split", "separat", "no longer", "verb", "method", "post ", "only", "escap", "->", "→", "contain", "image",
		"volume", "health", "ipv", "helm", "entrypoint", "limit", "timeout", "md5", "sha", "lfi", "rfi", "dos",
		"denial", "mask", "other ", "->", "mandat", "return", "respond", "unif", "turn ", "see ", "could", "require",
		"need", "run ", "rais", "drop", "pin ", "新增", "增加", "添加", "更名", "increase", "注", "删", "移除", "弃用", "默认", "漏洞",
		"安全", "迁移", "升级", "环境变量", "重命名", "port",
	}
)

// parseCommit reads a commit line; ok is false for prose.
func parseCommit(e Entry) (commit, bool) {
	if e.Block != Bullet && e.Block != Raw && e.Block != Paragraph {
		return commit{}, false
	}
	text := strings.TrimSpace(e.Text)
	attributed := attribution.FindStringIndex(text)
	if attributed != nil && e.Label == "" {
		text = strings.TrimSpace(text[:attributed[0]])
	}
	first, _, more := strings.Cut(text, "\n")
	c := commit{text: first, subject: first, breaking: breakingFoot.MatchString(text)}
	if more {
		text = first
	}
	referred := trailingRef.FindStringIndex(text)
	if m := conventional.FindStringSubmatch(text); m != nil {
		c.kind, c.scope, c.subject = strings.ToLower(m[1]), strings.ToLower(m[2]), m[4]
		c.breaking = c.breaking || m[3] == "!" || c.kind == "breaking"
		return c, e.Label == "" || scopeLabel.MatchString(e.Label)
	}
	if m := scoped.FindStringSubmatch(text); m != nil && e.Label == "" && referred != nil {
		c.scope, c.subject = m[1], m[2]
		return c, true
	}
	if e.Label != "" && scopeLabel.MatchString(e.Label) && referred != nil {
		c.scope = e.Label
		c.subject = strings.TrimLeft(strings.TrimPrefix(text, e.Label), ":：* ")
		return c, true
	}
	return c, attributed != nil && e.Label == "" && e.Block == Bullet
}

// commitForm is a way in which a commit line tells of something that concerns
// an operator.
type commitForm struct {
	kind   Kind
	signal string
	re     *expression
	not    *expression
	inner  bool // counts for refactorings too
	dep    bool // counts for bumps of dependencies too
}

var (
	anyEndpoint = `(?:endpoints?|routes?|api paths?|url paths?|(?:service|public|openapi|web|console|inner|legacy|rest|v1) apis?|apis?|/[\w/{}<>:.*-]{3,}|api parameters?|query parameters?|webhooks? (?:urls?|paths?))`
	atTheEnd    = `(?:$| (?:in favou?r|from|and|for|with|to|which|that|since|as|because|after|by|in|on|of|->|→)|[,.;:()])`
	commitForms = []commitForm{
		{kind: Security, signal: "commit: vulnerability", re: vulnerability, not: expr(`dependency injection|dep inject`), inner: true, dep: true},
		{kind: Security, signal: "commit: CVE", re: advisoryID, inner: true, dep: true},
		{kind: Removal, signal: "commit: end point removed", re: stemmed("remov drop delet retir discontinu disabl kill",
			`\b(?:remov|drop|delet|retir|discontinu)\w* (?:(?:the|legacy|old|deprecated|get|post|put|patch|delete) )*/[\w/{}<>:*-]{3,}`,
			`\b(?:remov|drop|delet|retir|discontinu|disabl|kill)\w* (?:[\w'/{}<>:.*-]+ ){0,6}?`+anyEndpoint+atTheEnd,
		), not: expr(`\b(?:call|calls|caller|usage|mock|client|hook|docs?|documentation|import|returns?|fails?|error|test|type)\b`), inner: true},
		{kind: Breaking, signal: "commit: end point changed", re: stemmed("renam mov chang replac switch relocat restructur unif version updat correct use convert path route url return respond answer",
			`\brenam\w* .{0,40}\b(?:api|openapi|endpoint|route)s?\b.{0,30}\b(?:verbs?|names?|paths?|methods?)\b`,
			`\b(?:renam|mov|chang|replac|switch|relocat|restructur|unif|version)\w* (?:[\w'/{}<>:.*-]+ ){0,6}?`+anyEndpoint+`\b.{0,60}(?:\b(?:to|into|under|with|from|by)\b|→|->|$)`,
			`\b(?:chang|updat|renam|correct|mov)\w* (?:[\w'/{}<>:.*-]+ ){0,5}?(?:api|endpoint|route|url|webhook|base) (?:url )?(?:path|prefix|url|method|verb)s?\b`,
			`\b(?:use|switch to|convert to) (?:get|post|put|patch|delete)\b.{0,40}\b(?:instead|for|endpoint)`,
			`\b[\w-]+ (?:paths?|routes?|urls?) (?:for|under|of|in) (?:the )?(?:/[\w/{}<>.-]+|(?:service|public|open|rest|web|console) ?apis?\b|openapi\b)`,
			`\b(?:return|respond|answer)\w* .{0,20}\b[1-5]\d\d\b.{0,30}\b(?:instead of|in place of|rather than)\b`,
		), not: expr(
			`\b(?:usage|mock|docs?|documentation|decode|internal call|test|type|typeddict|basemodel|dict|schema model|pydantic|reqparse|marshmallow|flask-restx|restx|dataclass(?:es)?|decorators?|annotations?)\b`,
			`\bapi\.\w`,
			`[1-5]\d\d .{0,20}(?:instead of|in place of|rather than) 5\d\d`,
		), inner: true},
		{kind: Config, signal: "commit: default changed", re: stemmed("cap limit clamp restrict throttl default only opt-in opt-out increas decreas rais lower reduc enabl allow expos serv",
			`\b(?:set|chang|updat|increas|decreas|rais|lower|reduc|bump|switch|mak|turn|adjust|modif|revert|flip|extend)\w* (?:[\w'/:.()-]+ ){0,6}?defaults?\b(?: [\w'/:.-]+){0,5}? ?(?:to|from|as|true|false|on|off|=|→|->)\b`,
			`\b(?:chang|updat|increas|decreas|rais|lower|reduc)\w* (?:the )?default\b`,
			`\bdefaults? (?:[\w'-]+ ){1,8}(?:raised|lowered|increased|reduced|doubled|halved|changed)\b`,
			`\b(?:enabl|allow|expos|serv)\w* .{0,40}\bonly (?:in|when|for|if)\b`,
			`\b(?:by default|default off|default on|opt-in|opt-out|default=\w+)\b`,
			`\b(?:increas|decreas|rais|lower|reduc)\w* (?:[\w'-]+ ){0,5}?(?:timeout|limit|max\w*|size|concurrency|interval|retention|pool|workers?|quota)s?\b.{0,30}\b(?:to|from) \d`,
			`\b(?:cap|limit|clamp|restrict|throttl)\w* .{0,40}\b(?:to|at) \d`,
		), not: expr(
			`\bdefault (?:parameter|argument|export|import|value for type|callable|factory)`,
			`default_factory`,
			`\bdefault[- ]credential`,
			`\bdefault retrieval`,
			`\bcallable default`,
		)},
		{kind: Config, signal: "commit: bundled version", re: stemmed("python node sandbox daemon weaviate qdrant milvus pgvector postgres mysql redis nginx squid opensearch elasticsearch docker image backend proxy debian alpine uv",
			`^(?:python|node(?:\.?js)?) v?\d`,
			`^(?:sandbox|plugin[-_ ]daemon|weaviate|qdrant|milvus|pgvector|postgres(?:ql)?|mysql|redis|nginx|squid|opensearch|elasticsearch)\b[^,]{0,20}v?\d+(?:\.\d+)* ?(?:->|→|to) ?v?\d`,
			`\b(?:bump|upgrad|updat|downgrad|pin|use|switch|mov)\w*\b.*\b(?:sandbox|plugin[-_ ]daemon|weaviate|qdrant|milvus|pgvector|postgres(?:ql)?|mysql|redis|nginx|squid|opensearch|elasticsearch|docker images?|base images?|agent[-_ ]backend|local[-_ ]sandbox|ssrf[-_ ]proxy|python(?: version)?|node(?:\.?js)?(?: version)?|debian|alpine|uv image)\b(?:[\w ()/'-]*?)\b(?:to|from|version|@|:)? ?v?\d+(?:\.\d+)*`,
		), not: expr(
			`-client\b`,
			`python-`,
			`client (?:from|to|v?\d)`,
			`\bgroup\b`,
			`\bnode (?:type|version of)`,
			`types?[-/]`,
			`@types`,
			`\bpy\b`,
			`node nodes?`,
		), inner: true, dep: true},
		{kind: Deprecation, signal: "commit: deprecated", re: expr(`^deprecat(?:e|es|ed|ing) |\b(?:mark|flag)\w* .{0,60}\bas deprecated\b`), not: expr(`\bwarnings?\b`), inner: true},
		{kind: Removal, signal: "commit: removed", re: stemmed("remov drop delet retir discontinu", `\b(?:remov|drop|delet|retir|discontinu)\w* (?:[\w'/.-]+ ){0,4}?(?:celery queues?|queues?|environment variables?|env vars?|(?:docker|compose|sidecar) (?:services?|containers?)|(?:flask|cli) commands?|volumes?|api (?:fields?|parameters?)|response fields?)\b`), not: expr(`\b(?:unused|dead|redundant|duplicate\w*|manager|class|tests?|hooks?|components?|comments?|code)\b`)},
		{kind: Removal, signal: "commit: support dropped", re: stemmed("remov drop end discontinu",
			`\b(?:remov|drop|end|discontinu)\w* (?:[\w'/.-]+ ){0,4}?(?:support|compatibility)\b(?: for| of|$)`,
			`\bdrop (?:python|node(?:\.js)?|postgres\w*|mysql|redis) ?\d`,
		), inner: true},
		{kind: Migration, signal: "commit: migration", re: expr(
			`\b(?:add|creat|includ)\w* (?:[\w'/-]+ ){0,5}?(?:extension|table|column|index)(?:es|s)? migrations?\b`,
			`\b(?:add|new|creat|introduc|includ|run|requir)\w* (?:[\w'/-]+ ){0,5}?(?:(?:database|db|schema|alembic|data) migrations?|migration (?:script|file|command|step)s?|flask command|backfill\w*)`,
			`\bwith (?:a )?(?:db |database |data )?migration$`,
			`\b(?:backfill|data[- ]migrat)\w*\b`,
			`\bmigrat\w+ (?:legacy|existing|old|stored) [\w -]*(?:data|credentials?|types?|records?|rows?|keys?|configs?)\b`,
		), not: expr(`\b(?:fix|test|revert|lint)\b`)},
		{kind: Config, signal: "commit: container set-up", re: stemmed("split separat renam mov replac forc switch rewrit rewrote requir expos publish mount introduc consolidat isolat add remov drop reorgani read-only rootless non-root clos open bind serv listen run service container squid nginx docker compose proxy",
			`\b(?:split|separat|renam|mov|replac|forc|switch|rewrit|rewrote|requir|expos|publish|mount|introduc|consolidat|isolat|add|remov|drop|reorgani[sz]|run|clos|open|bind|serv|listen)\w* (?:[\w'/().-]+ ){0,7}?(?:ports?\b|docker[-_ ]compose|compose (?:file|profile|service)s?|websocket service|(?:docker|new|standalone|sidecar|celery|compose) (?:[\w-]+ )?(?:services?|containers?)|containers?|celery queues?|new queue|dedicated queue|volumes?|nginx|squid|ssrf[-_ ]proxy|health ?checks?|entrypoint|non-root|docker/\S+|helm|worker[-_ ]beat|ipv[46])\b`,
			`\b(?:read-only|rootless|non-root)\b.{0,40}\b(?:containers?|filesystems?|images?)\b`,
			`\b(?:services?|containers?) (?:in|to) (?:the )?docker[- ]compose`,
			`^(?:squid|nginx|docker|compose|ssrf[-_ ]proxy)\b.{0,60}\b(?:forc\w*|requir\w*|by|use\w*|listen\w*|ipv[46]|only)\b`,
		), not: expr(`clean ?up|\btypo|\bcomments?\b|\bformat|\bmanager\b|\bclass\b|dataclass`), inner: true},
		{kind: Config, signal: "commit: header", re: expr(`\b(?:honou?r|respect|trust|accept|send|set|add|return|requir|support|forward|strip|drop|pass)\w* (?:[\w'-]+ ){0,3}x-[a-z]+-[a-z-]+\b`), not: expr(`\btests?\b`)},
		{kind: Action, signal: "commit: needs", re: expr(`[,;(] ?(?:needs?|requires?|must)\b.{0,60}\b(?:cors|bucket|redis|celery|workers?|queues?|docker|compose|nginx|proxy|env\w*|migrations?|re-?index\w*|restart\w*|python|node|postgres\w*|mysql|plugin[- _]daemon|sandbox|certificates?|volumes?|ports?)\b`), not: expr(`\btests?\b`), inner: true},
		{kind: Action, signal: "commit: least version", re: expr(`\b(?:requir\w*|need\w*|minimum|at least|>=|≥)[^.]{0,40}\b(?:python|node(?:\.?js)?|docker(?: compose| engine)?|compose|postgres\w*|mysql|redis|valkey|weaviate|qdrant|milvus|elasticsearch|opensearch|plugin[- _]daemon|sandbox)\b[^.]{0,20}v?\d`), not: expr(`\btests?\b`)},
		{kind: Migration, signal: "commit: migration", re: expr(`\b(?:drop|add|alter|creat|remov|renam)\w* .{0,60}\b(?:columns?|tables?|index(?:es)?|constraints?)\b.{0,40}\b(?:migrations?|alembic)\b`), not: expr(`\btests?\b`), inner: true},
		{kind: Migration, signal: "commit: table changed", re: expr("\\b(?:add|creat|drop)\\w* (?:a |the |missing |new |composite |unique )*index(?:es)? (?:on|to|for|from) `?[a-z0-9]+_[a-z0-9_]+|\\b(?:drop|renam|remov|delet|alter|split|merg)\\w* (?:the |old |legacy |unused )*`?[a-z0-9]+(?:_[a-z0-9]+)+`? (?:tables?|columns?)\\b"), not: expr(`\btests?\b`), inner: true},
		{kind: Regression, signal: "commit: regression", re: expr(`\bregressions?\b|\bintroduced (?:in|by) (?:v?\d|#)`), not: expr(`regression tests?|tests?\b.*regression`)},
		{kind: Security, signal: "commit: hardening", re: stemmed("harden enforc add fix requir validat restrict tighten miss verif scop check tenant cross- unauth mask redact encrypt hash privilege secur token secret",
			hardened,
			`\brestrict\w* .{0,60}\bto\b .{0,20}\b(?:allowed|trusted|safe|known|admins?|owners?|members?|https?|tenants?|workspaces?|localhost|allow-?listed)\b`,
			`\b(?:enforc|add|fix|requir|validat|restrict|tighten|miss|verif|scop|check)\w* (?:[\w'/-]+ ){0,6}?(?:ownership|membership|permissions?|authori[sz]ation|authentication|access control|rbac|csrf|signature)\b(?: (?:checks?|validation|isolation|verification|guard|scop\w*|for|on|in|to|when)|$)`,
			`\b(?:enforc|requir|validat|restrict|tighten|miss|verif|scop|check)\w* (?:[\w'/-]+ ){0,6}?tenants?\b`,
			`\btenant[- ](?:checks?|isolation|scop\w*|guard|validation)`,
			`\bcross[- ](?:tenant|workspace)`,
			`\btenant[- ]isolation`,
			`\bunauthenticated\b`,
			`\bunauthori[sz]ed (?:access|user|request|call)`,
			`\b(?:mask|redact|encrypt|hash)\w* (?:[\w'-]+ ){0,4}?(?:secrets?|tokens?|credentials?|passwords?|keys?)\b`,
			`\brequire\w* (?:[\w'/-]+ ){0,4}?(?:auth\w*|login|admins?|owners?|editors?|api key|token|access|permissions?|roles?|membership|privileges?)\b`,
			`\bprivilege`,
			`\bscop\w+ .{0,60} to (?:the )?(?:current )?tenant\b`,
		), not: expr(`\b(?:settings? modal|button|ui|page|dialog|icon|banner|typeddict|basemodel)\b`)},
	}
	guardScope = expr(`^(?:auth|authn|authz|security|rbac|acl|sso|oauth\d?|oidc|saml|csrf|cors|permissions?|session|login)$`)
	guardDeed  = expr(`^(?:reject|refus|enforc|verif|check|requir|validat|block|deny|den|limit|revok|expir|restrict|sanit|escap|invalidat|rotat)\w*\b`)
	infraScope = expr(`^(?:docker|nginx|compose|docker-compose|helm|k8s|kubernetes|ssrf[-_]proxy|squid|sandbox|celery|worker|beat|redis|storage|deploy(?:ment)?)$`)
	infraDeed  = expr(`^(?:us(?:e|es|ed)|serv|listen|start|stop|rais|increas|lower|decreas|reduc|chang|set|add|remov|drop|renam|run|expos|publish|mount|switch|bump|upgrad|downgrad|forc|disabl|enabl|split|mov|pin|requir|replac)\w*\b`)
	infraChore = expr(
		`clean ?up`,
		`\btypo`,
		`\bcomments?\b`,
		`\bformat`,
		`\bduplicate`,
		`\bredundant`,
		`\bunused`,
		`\bexamples?\b`,
		`\btests?\b`,
		`\breadme\b`,
		`\blogs?\b`,
	)
	envDeed = expr(
		`新增`,
		`增加`,
		`添加`,
		`引入`,
		`移除`,
		`删除`,
		`弃用`,
		`重命名`,
		`更名`,
		`改为`,
		`支持`,
		`默认`,
		`\b(?:unif|consolidat|standardi[sz]|harmoni[sz]|turn|limit|set|add|support|introduc|renam|remov|drop|deprecat|replac|expos|allow|configur|new|requir|env|environment|variable|option|config|default|honou?r|respect|make|via|toggle|flag|migrat|increas|decreas)\w*\b`,
		`->`,
		`→`,
		`=>`,
	)
	envGone    = expr(`移除|删除|去除|\b(?:remov|drop|delet)\w*\b`)
	envRenamed = expr(
		`重命名`,
		`更名`,
		`改名`,
		`\b(?:renam|replac|switch|migrat)\w*\b`,
		`\b(?:unif|consolidat|standardi[sz]|harmoni[sz])\w* .{0,30}\b(?:names?|variables?|vars?|prefix\w*)\b`,
		`->`,
		`→`,
		`=>`,
	)
	envObsolete = expr(`弃用|废弃|\bdeprecat\w*\b`)
)

// judgeCommit says what a commit line asks of an operator, if anything.
func judgeCommit(c commit) (Kind, string, bool) {
	if c.breaking {
		return Breaking, "conventional commit", true
	}
	folded := strings.ReplaceAll(fold(c.subject), "swagger ui", "swagger")
	secures := c.scope == "security" || c.kind == "security" || c.kind == "sec"
	if !secures && !hinted(folded) {
		return "", "", false
	}
	folded = strings.TrimSpace(issueNumber.ReplaceAllString(folded, ""))
	internal := internalType.MatchString(c.kind) || internalScope.MatchString(c.scope)
	serverHole := !internalScope.MatchString(c.scope) || strings.Contains(c.scope, "web") && !ownWork.MatchString(folded)
	isDep := dependencies.MatchString(c.scope) || c.kind == "deps"
	if ownWork.MatchString(folded) || internalType.MatchString(c.kind) && c.kind != "revert" && c.kind != "build" {
		return "", "", false
	}
	if secures {
		return Security, "commit: scope security", true
	}
	for _, f := range commitForms {
		switch {
		case isDep && !f.dep, c.kind == "refactor" && !f.inner:
			continue
		case c.kind == "build" && f.signal == "commit: bundled version" && f.re.MatchString(folded) && !f.not.MatchString(folded):
			return f.kind, f.signal, true
		case internal && !(f.kind == Security && f.dep && serverHole):
			continue
		case f.re.MatchString(folded) && (f.not == nil || !f.not.MatchString(folded)) && !(f.kind == Config && f.signal == "commit: default changed" && screenTalk.MatchString(folded)):
			return f.kind, f.signal, true
		}
	}
	if internal || isDep {
		return "", "", false
	}
	if guardScope.MatchString(c.scope) && c.kind != "refactor" && guardDeed.MatchString(folded) {
		return Security, "commit: scope of the guards", true
	}
	if infraScope.MatchString(c.scope) && c.kind != "refactor" && infraDeed.MatchString(folded) && !infraChore.MatchString(folded) {
		return Config, "commit: scope of the deployment", true
	}
	return judgeCommitEnv(c, folded)
}

// judgeCommitEnv judges a line by the variable that it names.
func judgeCommitEnv(c commit, folded string) (Kind, string, bool) {
	if len(findNames(c.subject, "").Env) == 0 || !envDeed.MatchString(folded) && c.kind != "feat" {
		return "", "", false
	}
	switch {
	case envObsolete.MatchString(folded):
		return Deprecation, "commit: variable deprecated", true
	case envGone.MatchString(folded):
		return Removal, "commit: variable removed", true
	case envRenamed.MatchString(folded):
		return Breaking, "commit: variable renamed", true
	case c.kind == "refactor":
		return "", "", false
	}
	return Config, "commit: variable", true
}

func hinted(folded string) bool {
	for _, hint := range commitHint {
		if strings.Contains(folded, hint) {
			return true
		}
	}
	return false
}
