package changelog

// The words of English release notes, as parts of expressions on folded text
// (see fold): what belongs to an operator, what is asked for, and the talk that
// concerns nobody who runs a deployment.

const (
	// operator objects: things that belong to whoever runs a deployment.
	operatorNouns = `\.env\b|env(ironment)?[ -]?(var(iable)?s?|file|files|layout|template)|\benvs?/|configuration files?|` +
		`config(uration)?s?\b|\bsettings?\b|docker|compose|helm|kubernetes|\bk8s\b|deployments?\b|\bworkers?\b|\bqueues?\b|` +
		`celery|redis|postgres|mysql|\bdatabases?\b|\bschemas?\b|migrations?\b|nginx|reverse[- ]prox|\bproxy\b|\bports?\b|` +
		`\bvolumes?\b|\bstorage\b|\bcontainers?\b|\bimages? (tag|version|mirror)|(docker|container|base) images?|\bsandbox|` +
		`plugin[- _]daemon|weaviate|qdrant|milvus|vector (store|database|db)|endpoints?\b|\broutes?\b|\bapi[- ]?keys?\b|` +
		`\bsecrets?\b|secret[- _]key|\btokens?\b|credentials?\b|certificates?\b|\bcors\b|\bcsrf\b|\bcookies?\b|\bpython\b|` +
		`\bnode(\.?js)?\b|\bpnpm\b|\bpoetry\b|\buv\b|\bbeat\b|\bcron|websocket|self-host|\bupgrad|\bbackups?\b|re-?index|` +
		`scripts?\b|\bpermissions?\b|\bownership\b|\buid\b|\bservice(s)? (api|mesh)|` +
		`\bapi (clients?|consumers?|server|process)|\bclients?\b|integrations?\b|webhooks?\b|templates?\b|\bservices\b|` +
		`\bserver\b|\bconnections? (string|url)|\bedition\b|\blicen[sc]e\b`

	// words that only speak of a deployment or of what its clients call.
	strongNouns = `celery|\bqueues?\b|docker|compose\b|nginx|\bredis\b|postgres|mysql|\.env\b|environment variable|` +
		`\benv(?:ironment)? (?:files?|vars?|layout|template)|kubernetes|\bhelm\b|\bworkers?\b|\bendpoints?\b|\broutes?\b|` +
		`self-host|\bupgrad|\bimages?\b (?:must|need|have to|has to|should|are|is|tag|version|to)|` +
		`(?:docker|container|base|api|worker|web|beat|daemon|sandbox|own) images?\b|\bmigrat|plugin[- _]daemon|\bsandbox\b|` +
		`weaviate|qdrant|milvus|vector (?:store|database)|\bdatabases?\b|\bmanifests?\b|\bvolumes?\b|\bstorage\b|` +
		`\bbuckets?\b|\bcharts?\b|secret[- _]key|reverse[- ]prox|load balancer|re-?index|\bcsrf\b|\bcors\b|\bcookies?\b|` +
		`\bpython \d|\bnode(?:\.js)? \d|configuration files?|\bdeployments?\b|\bservers?\b|\bclients?\b|` +
		`webhook (?:payload|url|request)|\bapis?\b (?:clients?|keys? of|responses?)|` +
		`\bresponse (?:of|body|format|shape|field)|http status|status code|\b(?:service|public|web|console|inner) apis?\b|` +
		`\bapi keys? (?:are|is|of|stay|remain|that)|\bcontainers? (?:run|need|must|start|are|now)\b|\bcompatib|\bgunicorn\b|` +
		`\bbeat\b|\boperators?\b|\badministrators?\b|\bagent[- _](?:backend|runtime|service)|\bcpus?\b|\bkernels?\b|` +
		`\bglibc\b|\bdisk space\b|\bgib of (?:ram|memory)\b`

	// what a removal or a renaming must be about.
	contractNouns = `endpoints?\b|\broutes?\b|\bapi (paths?|routes?|parameters?|fields?)|` +
		`\b(service|public|rest|http|web|console|v\d) apis?\b|\b(query|request|api|url|body) param(eter)?s?\b|` +
		`environment variables?|env(ironment)? vars?|\bvariables? (was|were|is|are|has|have)\b|\benv\b|\bcommands?\b|` +
		`\bqueues?\b|(docker|compose|init|sidecar) (services?|containers?)|docker|compose|\bsupport for\b|` +
		`\bsupport (of|was|is|will)\b|\baliases\b|\bscripts?\b|\bregistry\b|\bimage tags?\b|` +
		`\b(database )?tables?\b.*\bdatabase|\bheaders?\b (?:name|was|were|is|are)|\bpython \d|\bnode(\.js)? \d|\bpostgres|` +
		`\bmysql|\bredis\b|\bnginx|\bsandbox\b|\bdefaults?\b|\bconfig(?:uration)? (?:files?|keys?|options?)|\bcompatibility|` +
		`\bpermissions? (?:to|of|from|for)\b`

	// the same, where the place shows that the talk is of the deployment.
	weakNouns = `\bsettings?\b|\boptions?\b|configuration|\bconfig\b|\bflags?\b|\bservices?\b|\bcontainers?\b|\bimages?\b|\bports?\b|` +
		`\bprofiles?\b|\bmodes?\b|\bbackends?\b|\bcredentials?\b|\bkeys?\b|\bdatabase|\bvolumes?\b|\bdirector(?:y|ies)\b|` +
		`\bpaths?\b|\bparameters?\b|\bheaders?\b|\bproviders?\b|\bapis?\b|\btemplates?\b|\bfiles?\b|\blayout\b`

	imperatives = `(?:ensure|make sure|be sure|update|set|change|run|execute|verify|check|confirm|review|re-?apply|restart|re-?build|re-?create|re-?deploy|add|remove|delete|back ?up|migrate|upgrade|rename|replace|configure|re-?configure|adjust|enable|disable|use|switch|re-?install|install|re-?index|re-?generate|generate|rotate|copy|move|grant|stop|pull|re-?enter|re-?authori[sz]e|log ?in|sign in|keep|include|point|provide|specify|define|declare|create|expose|open|mount|allow|whitelist|start|apply|merge|sync|drop|export|import|chown|subscribe|scale|re-?save|re-?connect|re-?enable|re-?publish|clear|purge|flush|wait|complete|perform|follow|plan|schedule|prepare|preserve|pin|downgrade|override|pass|assign|convert|transfer|edit|modify|replicate|adapt|extend|port|register|mirror|raise|lower|uninstall|sign out|log ?out|retain|build|load|dump|restore|launch|undo|revert|reserve|increase|decrease|reduce|tune|collect)`

	// imperatives that are hardly ever the name of a change ("add x", "update y").
	duties = `(?:run|execute|review|re-?apply|restart|re-?build|re-?create|re-?deploy|back ?up|rotate|re-?generate|re-?index|verify|check|confirm|make sure|ensure|be sure|re-?authori[sz]e|re-?enter|keep|plan|schedule|subscribe|chown)`
)

// nothingElse never matches: a form that counts in its place only.
var nothingElse = expr(`$.^`)

var (
	operatorObject = expr(operatorNouns)
	contractObject = expr(contractNouns)
	weakObject     = expr(contractNouns + `|` + weakNouns)
	strongObject   = expr(strongNouns)

	// Sentences that take an obligation back, or only point elsewhere.
	negated = expr(
		`\bno (?:\w+ ){0,3}(?:actions?|steps?|migrations?|changes?|configuration|intervention|downtime|re-?index\w*|work) (?:is |are |was |were )?(?:\w+ )?(?:required|needed|necessary|expected)`,
		`\b(?:do(?:es)?|did|will|would)(?:n't| not) (?:require|need|affect|involve|introduce|change any)`,
		`\bno need to\b`,
		`\bneed(?: not|n't)\b`,
		`\bwithout (?:(?:any|a|the|further|additional|extra|manual|your|having|needing|requiring|the need) ){0,3}(?:\w+ ){0,2}(?:changes?|steps?|actions?|downtime|migrations?|migrating|restart\w*|interventions?|re-?\w+ing|work|efforts?|interruptions?|losing|loss|touching|configur\w+|code|to|need|impact|problems?|issues?)\b`,
		`\bno breaking changes?\b`,
		`\bnot (?:a )?breaking\b`,
		`\b(?:fully |remains? |is |are |stays? )backwards?[- ]compatible`,
		`\bno longer (?:need|require|ha[sv]e to|necessary)`,
		`\b(?:work|works) out of the box\b`,
		`\bno (?:database |schema |data )?migrations?\b`,
		`\boptional(?:ly)?\b.{0,30}\bnothing\b`,
		`\byou can (?:simply|safely|just)\b`,
		`\bsafe to\b`,
		`not (?:required|necessary|needed|affected|impacted)`,
		`\bnothing (?:else )?(?:to do|needs?)`,
		`\bunchanged\b`,
		`\bunaffected\b`,
		`\bnothing changes\b`,
		`\bis not introduced`,
		`无需`,
		`不需要`,
		`不必`,
		`没有破坏性`,
		`无破坏性`,
		`不影响`,
		`(?:避免|防止|解决|修复)[^，。；]{0,24}不兼容`,
		`(?:^|[^不非])向后兼容`,
		`保持兼容`,
	)
	pointer = expr(
		`^(?:please )?(?:read|review|consult|follow|check|see) (?:the|our|this|these) [^.;]{0,60}(?:guide|notes?|docs|documentation|section|instructions|breaking changes|changelog)\b(?: (?:below|above|carefully|thoroughly|first|before \w+))*\W*$`,
		`^(?:for (?:\w+ )*(?:background|details?|information|more|reference|instructions|questions)\b|see\b|please (?:see|read|refer|visit|check (?:out|the (?:docs?|documentation|full|release))|feel|let us|join|share|report|open an? issue|star|stay|find|give|try|reach|contact|note)|refer to|read more|learn more|check out|details?:|more (?:details|information)|documentation:|docs:|参见|参阅|详见|请参阅|请参考|请查看|更多)`,
	)
	// Sentences about mistakes that were mended.
	mending = expr(
		`^(?:also )?(?:fix(?:es|ed|ing)?|resolv(?:e|es|ed|ing)|correct(?:s|ed)?|repair(?:s|ed)?|restor(?:e|es|ed|ing)|prevent(?:s|ed)?|avoid(?:s|ed)?|handl(?:e|es|ed|ing)|address(?:es|ed)?|preserv(?:es|ed)|improv(?:e|es|ed|ing)|refin(?:e|es|ed)|polish(?:es|ed)?|clarif(?:y|ied)|unblock(?:s|ed)?|align(?:s|ed)?|normali[sz](?:e|es|ed)|optimi[sz](?:e|es|ed)|修复|解决|优化)\b`,
		`\b(?:an?|the) (?:issue|bug|problem|crash|error) (?:where|that|when|with|in)\b`,
		`^(?:修复|解决|优化)`,
	)
	// A symptom that is gone is no loss of a function.
	symptomGone = expr(`\bno longer (?:\w+ly )?(?:grow|swallow|skip|miss|forget|truncat|stall|spin|loop|repeat|double|crash|fail|throw|hang|freez|flicker|block|break|rais|los|leak|error|overflow|overlap|duplicat|disappear|get|shown? (?:an )?error|stuck|time|produc|trigger|display|appear|jump|drop|cause|overwrit|interfer|mis|report|return(?:s|ed)? (?:an? )?(?:5\d\d|4\d\d|error|empty|wrong|null|stale|duplicate|incorrect))`)
	// Code, not a deployment.
	codeTalk = expr(
		`__\w+__`,
		`\bmethods?\b`,
		`\bfunctions?\b`,
		`\bclass(?:es)?\b`,
		`\w\.pyi?\b`,
		`\w\.tsx?\b`,
		`\bmodules?\b`,
		`\bimports?\b`,
		`\btyp(?:e|es|ed|ing)\b`,
		`typeddict`,
		`pydantic`,
		`basemodel`,
		`\benums?\b`,
		`enumtext`,
		`\bsqlalchemy style`,
		`\blint`,
		`mypy`,
		`pyright`,
		`pyrefly`,
		`\bruff\b`,
		`\btests?\b`,
		`testcontainers`,
		`\bmocks?\b`,
		`\bunit\b`,
		`\bdead code`,
		`\bunused\b`,
		`\bredundant\b`,
		`\bunnecessary\b`,
		`\brefactor`,
		`\bcomponents?\b`,
		`\bhooks?\b`,
		`\bcss\b`,
		`tailwind`,
		`z-index`,
		`\bprops?\b`,
		`\btoasts?\b`,
		`\bdialogs?\b`,
		`\bmodals?\b`,
		`\boverlays?\b`,
		`tooltip`,
		`\bicons?\b`,
		`\bbuttons?\b`,
		`\bdropdowns?\b`,
		`\bsession\b`,
		`\beslint`,
		`\bi18n\b`,
		`data-testid`,
		`\bstubs?\b`,
		`\bcomment`,
		`\bsuppression`,
		`codeowner`,
		`\bsidebar`,
		`\bcanvas\b`,
		`\bstorybook`,
	)
	screenTalk = expr(`\b(?:ui|ux|icons?|colou?rs?|themes?|avatars?|tabs?|tooltips?|layouts?|styles?|placeholders?|fonts?|modals?|dialogs?|drawers?|dropdowns?|sidebar|canvas|hover|scroll|buttons?|panels?|popovers?|toasts?|(?:the|this|list|log-?in|settings?|detail|landing|home|apps?|sign-?in|error|about) pages?|screen|editor|keyboard|shortcuts?|animation|banner|picker|zoom)\b`)
)
