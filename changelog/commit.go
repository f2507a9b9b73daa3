package changelog

import "strings"

// commit is a line of a list of commits or pull requests, in any of the forms
//
//   - title by @user in https://…/pull/1    GitHub's generated notes
//   - title by @user in #1                  rendered copies of them
//   - title (#1) @user                      chart-releaser
//   - title (#1) (#2)                       changelogs made of git log
//   - [#1](https://…): title
//   - 1a2b3c4 title, 1a2b3c4: title         goreleaser
//   - feat(scope)!: title                   Conventional Commits
type commit struct {
	is       bool
	kind     string // feat, fix, chore … lower case; "" when the line has none
	scope    string
	breaking bool   // "!" or "BREAKING CHANGE"
	subject  string // the title alone
	start    int    // of the subject in the text
}

var commitKinds = map[string]bool{"feat": true, "feature": true, "fix": true, "bugfix": true, "hotfix": true, "chore": true, "refactor": true,
	"ref": true, "test": true, "tests": true, "doc": true, "docs": true, "ci": true, "style": true, "perf": true, "build": true, "revert": true, "i18n": true,
	"security": true, "sec": true, "deps": true, "improve": true, "enhance": true, "enhancement": true, "update": true, "add": true,
	"remove": true, "deprecate": true, "breaking": true, "release": true, "bump": true, "meta": true, "dep": true, "opt": true}

// readCommit reads an entry's text; is stays false for prose.
func readCommit(e *Entry) commit {
	if e.Block != Bullet && e.Block != Raw && e.Block != Paragraph {
		return commit{subject: e.Text}
	}
	text := strings.TrimSpace(e.Text)
	c := commit{breaking: strings.Contains(text, "BREAKING CHANGE") || strings.Contains(text, "BREAKING-CHANGE")}
	end, credited := cutCredit(text)
	start, numbered := cutNumber(text[:end])
	c.is = credited || numbered
	c.start = start
	subject := strings.TrimRight(text[start:end], " ")
	if kind, scope, bang, rest := conventional(subject); kind != "" {
		c.is = true
		c.kind, c.scope = kind, scope
		c.breaking = c.breaking || bang || kind == "breaking"
		c.start += len(subject) - len(rest)
		subject = rest
	} else if scope, rest := scoped(subject); scope != "" && c.is {
		c.scope = scope
		c.start += len(subject) - len(rest)
		subject = rest
	}
	c.subject = subject
	if e.Block == Paragraph && c.kind == "" {
		c.is = false
	}
	return c
}

// cutCredit finds the end of a title before who made it and where: "by @x in
// URL", "(#1) @x", "(#1) (#2)".
func cutCredit(text string) (end int, found bool) {
	if at := lastCredit(text); at > 0 {
		text, found = strings.TrimRight(text[:at], " "), true
	}
	for {
		text = strings.TrimRight(text, " .")
		cut := len(text)
		switch last := lastField(text); {
		case strings.HasPrefix(last, "@") && len(last) > 1, strings.HasPrefix(last, "(@"), strings.HasPrefix(last, "([@"):
			cut -= len(last)
		case isReference(strings.Trim(last, "()[],")) && (last[0] == '(' || found || last[0] == '#'):
			cut -= len(last)
		case (strings.EqualFold(last, "closes") || strings.EqualFold(last, "fixes") || last == "&" || last == "and") && found:
			cut -= len(last)
		default:
			return len(text), found
		}
		text, found = text[:cut], true
	}
}

// lastCredit finds " by @user in LINK" near the end.
func lastCredit(text string) int {
	lower := strings.ToLower(text)
	at := strings.LastIndex(lower, " by @")
	if at < 0 {
		at = strings.LastIndex(lower, ", thanks to @")
	}
	if at <= 0 || strings.Count(text[at:], " ") > 14 {
		return -1
	}
	return at
}

func lastField(text string) string { return text[strings.LastIndexByte(text, ' ')+1:] }

// isReference reports whether s is #12 or a short hash.
func isReference(s string) bool {
	if strings.HasPrefix(s, "#") {
		return len(s) > 1 && strings.Trim(s[1:], "0123456789") == ""
	}
	return isHash(s)
}

func isHash(s string) bool {
	return len(s) >= 7 && len(s) <= 40 && strings.Trim(s, "0123456789abcdef") == "" && strings.ContainsAny(s, "0123456789")
}

// cutNumber finds the start of a title behind "[#12]: ", "#12 " or "1a2b3c4 ".
func cutNumber(text string) (start int, found bool) {
	first, _, ok := strings.Cut(text, " ")
	if !ok {
		return 0, false
	}
	plain := strings.Trim(first, "[]():`#")
	if strings.HasPrefix(strings.Trim(first, "[("), "#") && isNumber(plain) && len(plain) > 0 {
		start = len(first)
		return start + len(text[start:]) - len(strings.TrimLeft(text[start:], " :-")), true
	}
	if plain == "" || !isHash(plain) && (strings.Trim(plain, "0123456789") != "" || len(plain) < 3 || len(first) == len(plain) && !strings.HasSuffix(first, ":")) {
		if len(plain) < 4 || strings.Trim(plain, "0123456789") != "" {
			return 0, false
		}
	}
	start = len(first)
	return start + len(text[start:]) - len(strings.TrimLeft(text[start:], " :-")), true
}

// conventional reads "kind(scope)!: rest"; kind is empty for other lines.
func conventional(text string) (kind, scope string, bang bool, rest string) {
	head, after, ok := strings.Cut(text, ":")
	if !ok || len(head) > 80 {
		return "", "", false, text
	}
	head, bang = strings.CutSuffix(strings.TrimSpace(head), "!")
	if open := strings.IndexByte(head, '('); open > 0 && strings.HasSuffix(head, ")") {
		head, scope = head[:open], head[open+1:len(head)-1]
	}
	kind = strings.ToLower(strings.Trim(head, "*"))
	if !commitKinds[kind] {
		return "", "", false, text
	}
	return kind, strings.ToLower(scope), bang, strings.TrimLeft(after, "* ")
}

// scoped reads "storage/s3: rest", as Go projects write.
func scoped(text string) (scope, rest string) {
	head, after, ok := strings.Cut(text, ": ")
	if !ok || len(head) > 40 || len(head) < 2 || strings.Count(head, " ") > 2 {
		return "", text
	}
	return strings.ToLower(strings.Trim(head, "[]*`")), strings.TrimLeft(after, " ")
}
