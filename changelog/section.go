package changelog

import (
	"strings"
)

// section is what the headings over an entry say about it.
type section struct {
	breaking, action, migration, removed, deprecated, security bool
	env, added, changed                                        bool
	fixes, features, interface_, internal                      bool
	guide, list, people, knownBad, deploy, api                 bool
}

type sectionForm struct {
	re  *expression
	set func(*section)
}

// sectionForms are tried on every heading, the innermost first; a heading that
// says what sort of entries follow ends the search for that sort.
var sectionForms = []sectionForm{
	{expr(
		`\bbreaking\b`,
		`incompatib`,
		`\bbehaviou?r(?:al)? changes?\b`,
		`changes? (?:in|of) behaviou?r`,
		`\bapi changes\b`,
		`\bchanges? (?:to|in|of) (?:the )?(?:[\w-]+ )?apis?\b`,
		`行为变更`,
		`接口变更`,
		`破坏性`,
		`不兼容`,
	), func(s *section) { s.breaking = true }},
	{expr(
		`action(s)? required`,
		`required actions?`,
		`important`,
		`attention`,
		`⚠`,
		`before (you )?(upgrad|updat)`,
		`upgrad(e|ing) notes?`,
		`upgrade note`,
		`what you (need|must|have)`,
		`must[- ]do`,
		`operational note`,
		`notice`,
		`^note (?:for|to) .{0,30}(?:users|operators|admin|deploy|install)`,
		`heads[- ]up`,
		`compatib`,
		`\brequirements?\b`,
		`prerequisites?`,
		`前置条件`,
		`系统要求`,
		`重要`,
		`注意`,
		`升级须知`,
		`升级说明`,
		`必须`,
		`操作要求`,
	), func(s *section) { s.action = true }},
	{expr(
		`(database|schema|data|db)( schema)? migrations?`,
		`^\W*migrations?\W*$`,
		`migration (required|notes?|steps?)`,
		`数据库迁移`,
		`数据迁移`,
		`迁移`,
	), func(s *section) { s.migration = true }},
	{expr(
		`^\W*(removed?|removals?|removed .*|dropped|deleted|retired|discontinued|gone|goodbye|farewell)\W*$`,
		`\bremoved (features|settings|endpoints|variables|apis?)`,
		`移除`,
		`删除`,
	), func(s *section) { s.removed = true }},
	{expr(`deprecat|end of life|弃用|废弃`), func(s *section) { s.deprecated = true }},
	{expr(`\bsecurity\b|vulnerabilit|\bcves?\b|🔐|🔒|🛡|安全|漏洞`), func(s *section) { s.security = true }},
	{expr(`environment( variables?)?\b|\benv\b|\.env|configuration|\bconfig\b|settings changes|环境变量|配置`), func(s *section) { s.env = true }},
	{expr(`^\W*(added|new|additions?|new variables?)\W*\d*\W*$|新增`), func(s *section) { s.added = true }},
	{expr(
		`^\W*(changed|updated|modified|changes?|renamed)\W*\d*\W*$`,
		`^\W*(?:变更|调整|改动|更改)\W*$`,
		`default(s| values?)? change`,
		`changed defaults?`,
		`变更的默认`,
	), func(s *section) { s.changed = true }},
	{expr(`\bfix(es|ed)?\b|bug ?fix|\bbugs?\b|\brepair(?:s|ed)?\b|\bresolved\b|stability|regressions?|修复|错误`), func(s *section) { s.fixes = true }},
	{expr(`\bfeatures?\b|enhance|improvement|what.s new|highlights?|capabilit|新功能|新特性|优化|亮点`), func(s *section) { s.features = true }},
	{expr(`\bui\b|\bux\b|design|web ui|front[- ]?end|interface|accessib|i18n|translat|界面|前端`), func(s *section) { s.interface_ = true }},
	{expr(
		`\b(tests?|testing|ci|docs?|documentation|refactor(ing|s)?|chores?|code quality|developer experience|internal|dev(elopment)? tool\w*|style)\b`,
		`测试`,
		`文档`,
	), func(s *section) { s.internal = true }},
	{expr(
		`upgrad(e|ing) (guide|steps|instructions|procedure|path)`,
		`how to upgrade`,
		`^\W*upgrading\W*$`,
		`docker compose deployments?`,
		`source code deployments?`,
		`(?:升级|更新)(?:指南|步骤|方法|流程|教程)`,
		`如何(?:升级|更新)`,
	), func(s *section) { s.guide = true }},
	{expr(
		`what.?s changed`,
		`full change ?(list|log)`,
		`change list`,
		`all changes`,
		`commits`,
		`pull requests`,
		`变更内容`,
		`更新内容`,
		`完整.*(列表|日志)`,
	), func(s *section) { s.list = true }},
	{expr(`new contributors?|contributors|acknowledg|thanks|credits|新贡献者|贡献者|致谢`), func(s *section) { s.people = true }},
	{expr(`known (issues?|bugs?|problems?|limitations?)|已知问题`), func(s *section) { s.knownBad = true }},
	{expr(`\bapis?\b|\bintegrations?\b|\bintegrators?\b|接口`), func(s *section) { s.api = true }},
	{expr(
		`\bstorage\b`,
		`\bdatabases?\b`,
		`\bredis\b`,
		`\bcelery\b`,
		`\bqueues?\b`,
		`\bworkers?\b`,
		`observability`,
		`\blogging\b`,
		`monitoring`,
		`network`,
		`\bruntime\b`,
		`\bsandbox\b`,
		`\bidentity\b`,
		`authentication`,
		`\bsso\b`,
		`\bsessions?\b`,
		`reliability`,
		`scaling`,
		`deploy`,
		`operation`,
		`operators?\b`,
		`\bops\b`,
		`\badmin(?:istrator)?s\b`,
		`\bhosting\b`,
		`infrastructure`,
		`architecture`,
		`docker`,
		`compose`,
		`helm`,
		`kubernetes`,
		`self-host`,
		`部署`,
		`运维`,
		`架构`,
	), func(s *section) { s.deploy = true }},
}

// sectionOf reads the headings. Sorts that exclude each other are taken from
// the innermost heading that has one; places (guide, list, deploy …) from all.
func sectionOf(path []string) section {
	var all, sort section
	decided := false
	for i := len(path) - 1; i >= 0; i-- {
		var here section
		title := strings.TrimSpace(fold(path[i]))
		for _, f := range sectionForms {
			if f.re.MatchString(title) {
				f.set(&here)
			}
		}
		if someVersion.MatchString(title) {
			here = here.ofRelease()
			here.security = securityRelease.MatchString(title)
		}
		if here.sorted() && !decided {
			sort, decided = here, true
		}
		all.guide = all.guide || here.guide
		all.list = all.list || here.list
		all.people = all.people || here.people
		all.deploy = all.deploy || here.deploy
		all.api = all.api || here.api
		all.env = all.env || here.env
		all.interface_ = all.interface_ || here.interface_
		all.action = all.action || here.action
		all.security = all.security || here.security && !here.fixes
	}
	guide, list, people, deploy, env, ui, action, security, api := all.guide, all.list, all.people, all.deploy, all.env, all.interface_, all.action, all.security, all.api
	all = sort
	all.guide, all.list, all.people, all.deploy, all.env, all.interface_, all.api = guide, list, people, deploy, env, ui, api
	all.action = action && !sort.fixes && !sort.features || sort.action
	all.security = security && !sort.fixes && !sort.features || sort.security
	return all
}

// securityRelease is the title of a release that is nothing but a mending of holes.
var securityRelease = expr(`^[^a-z]*(?:dify )?security (?:release|update|patch|advisory|bulletin|fix(?:es)?)[^a-z]*v?[\d. -]+[^a-z]*$`)

// ofRelease keeps what the title of a whole release may say of its entries:
// "3.5.0 🔐 Sign-in, rebuilt" makes no fix of a hole of each of them, and
// "3.5.1 – Stability" no mended mistake.
func (s section) ofRelease() section {
	s.removed, s.deprecated, s.migration, s.env, s.added, s.changed, s.knownBad = false, false, false, false, false, false, false
	s.fixes, s.internal, s.interface_ = false, false, false
	return s
}

// sorted tells whether a heading says what sort of entries follow.
func (s section) sorted() bool {
	return s.breaking || s.action || s.migration || s.removed || s.deprecated || s.security || s.added || s.changed ||
		s.fixes || s.features || s.internal || s.knownBad
}
