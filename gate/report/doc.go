// Package report renders a gate.Report, one file a format. A renderer is a func
// from a report to bytes; it decides nothing and opens nothing. [Formats] lists
// them by the names that --report takes.
//
// The reports for people show findings by impact and in groups ([show] in
// groups.go); those for programs have each finding, in the order of the engine.
//
// Every text in a report may come from release notes, a server's answer or a
// path, and is hostile until shown otherwise. [clean] makes every string of a
// report printable before a renderer sees it; what a format takes for markup is
// escaped by the format itself (encoding/xml, html/template, escapeMarkdown,
// neutral for GitHub's workflow commands). The JSON report alone carries the
// texts as they were read, in JSON's own escapes.
//
// [Publish] is the one sink: it hands annotations, outputs and the step summary
// to GitHub's runner.
package report
