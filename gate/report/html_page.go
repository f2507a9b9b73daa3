package report

import "cmp"

// write writes the page from top to bottom.
func (p htmlPage) write(w *pageWriter) {
	p.head(w)
	p.hero(w)
	w.add("<nav aria-label=\"Parts of the report\"><div class=\"wrap\">\n")
	for _, n := range p.Nav {
		w.add(`<a href="#{}">{}`, n.ID, n.Label)
		if n.Count > 0 {
			w.add(" <b>{}</b>", n.Count)
		}
		w.add("</a>\n")
	}
	w.add("</div></nav>\n<main id=\"main\" class=\"wrap\">\n")
	p.causes(w)
	p.undecided(w)
	p.before(w)
	p.findings(w)
	p.changes(w)
	p.runBook(w)
	p.latencies(w)
	p.timeline(w)
	w.add("</main>\n<footer><div class=\"wrap\"><p>{} · phase {} · began <time datetime=\"{}\">{}</time> · took {}</p></div></footer>\n", p.Tool, p.Phase, p.StartedISO, p.Started, p.Took)
	w.add("<script>" + pageJS + "</script>\n</body>\n</html>\n\n\n\n\n\n\n\n\n")
}

func (p htmlPage) head(w *pageWriter) {
	w.add(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="{}">
<title>{}: {}`, p.CSP, p.Tool, p.Verdict.Word, cmp.Or(p.Upgrade, "deployment gate"))
	w.when(p.Host, " on {}")
	w.add("</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>" + pageCSS + "</style>\n</head>\n")
}

// hero is what one sees first: the verdict and what it rests on.
func (p htmlPage) hero(w *pageWriter) {
	w.add(`<body>
<a class="skip" href="#main">Skip to the report</a>
<svg class="defs" aria-hidden="true" focusable="false"><defs>
<symbol id="i-pass" viewBox="0 0 24 24"><path d="M12 2 4 5v6c0 5 3.4 9.3 8 11 4.6-1.7 8-6 8-11V5z"/><path class="cut" d="m8 12 3 3 5.5-6"/></symbol>
<symbol id="i-warn" viewBox="0 0 24 24"><path d="M12 2 4 5v6c0 5 3.4 9.3 8 11 4.6-1.7 8-6 8-11V5z"/><path class="cut" d="M12 7v6m0 3v.5"/></symbol>
<symbol id="i-block" viewBox="0 0 24 24"><path d="M12 2 4 5v6c0 5 3.4 9.3 8 11 4.6-1.7 8-6 8-11V5z"/><path class="cut" d="m9 8.5 6 6m0-6-6 6"/></symbol>
<symbol id="i-inconclusive" viewBox="0 0 24 24"><path d="M12 2 4 5v6c0 5 3.4 9.3 8 11 4.6-1.7 8-6 8-11V5z"/><path class="cut" d="M9.5 9a2.5 2.5 0 1 1 3.6 2.3c-.8.4-1.1.9-1.1 1.7m0 3v.3"/></symbol>
</defs></svg>
<header class="hero v-{}">
<div class="wrap">
<div class="headline">
<svg class="shield" aria-hidden="true" focusable="false"><use href="#i-{}"/></svg>
<div>
<p class="eyebrow">{}`, p.Verdict.Class, p.Verdict.Class, cmp.Or(p.Upgrade, "Deployment gate"))
	w.when(p.Host, " · {}")
	w.add(` · <time datetime="{}">{}</time></p>
<h1>{} <small>{}</small></h1>
<p class="rests">{}</p>
</div>
</div>
`, p.StartedISO, p.Started, p.Verdict.Word, p.Verdict.Meaning, p.RestsOn)
	w.when(p.Remark, `<p class="remark">{}</p>`)
	w.add("\n")
	w.list("<ul class=\"reasons\">", p.Reasons)
	w.add("\n")
	p.worst(w)
	w.add("\n<dl class=\"stats\">\n")
	for _, s := range p.Stats {
		w.add("<div class=\"{}\"><dt>{}</dt><dd>{}</dd></div>\n", s.Class, s.Label, s.Value)
	}
	w.add("</dl>\n")
	if len(p.Share) > 0 {
		w.add("<div class=\"share\">\n<svg role=\"img\" aria-label=\"{}\">", p.ShareText)
		for _, s := range p.Share {
			w.add(`<rect class="o-{}" x="{}%" width="{}%" height="10"/>`, s.Outcome, s.X, s.W)
		}
		w.add("</svg>\n<p>")
		for _, s := range p.Share {
			w.add(`<span class="key o-{}">{}</span> `, s.Outcome, s.Label)
		}
		w.add("</p>\n</div>")
	}
	w.add("\n</div>\n</header>\n")
}

// list is a list of texts; nothing when it is empty. Start is its start tag.
func (w *pageWriter) list(start string, items []string) {
	if len(items) == 0 {
		return
	}
	w.add(start)
	for _, item := range items {
		w.add("<li>{}</li>", item)
	}
	w.add("</ul>")
}

// worst is what to do first, in short.
func (p htmlPage) worst(w *pageWriter) {
	if len(p.Worst) == 0 {
		return
	}
	w.add(`<ul class="worst">`)
	for _, f := range p.Worst {
		w.add(`<li class="s-{}"><span>`, f.Class)
		w.text(f.Message)
		w.add(`</span> <code class="place">{}</code>`, f.Place)
		w.when(f.More, ` <span class="note">{}</span>`)
		w.add("</li>")
	}
	w.add("</ul>\n<p class=\"note\"><a href=\"#findings\">")
	if p.MoreWorst > 0 {
		w.add("And {} more: what to do about each", p.MoreWorst)
	} else {
		w.add("What to do about each")
	}
	w.add("</a></p>")
}

func (p htmlPage) causes(w *pageWriter) {
	if len(p.Causes) == 0 {
		return
	}
	w.add("<section id=\"causes\" aria-labelledby=\"h-causes\">\n<h2 id=\"h-causes\">Root causes</h2>\n<p class=\"note\">Fix these first: each one explains other failures.</p>\n")
	for _, c := range p.Causes {
		w.add("<article class=\"card cause\">\n<h3>")
		w.text(c.Message)
		w.add("</h3>\n<p class=\"meta\"><code>{}</code> <span>{}</span>", c.Rule, c.Check)
		w.when(c.Place, ` <code class="place">{}</code>`)
		w.add("</p>\n")
		w.hint(c.Hint)
		w.add("\n<details class=\"explains\"><summary>explains {}</summary><ul class=\"chips\">", c.Count)
		for _, name := range c.Explains {
			w.add("<li>{}</li>", name)
		}
		w.add("</ul></details>\n</article>\n")
	}
	w.add("</section>\n")
}

func (p htmlPage) undecided(w *pageWriter) {
	if p.Undecided.Len() == 0 {
		return
	}
	w.add("<section id=\"undecided\" aria-labelledby=\"h-undecided\">\n<h2 id=\"h-undecided\">Could not be decided</h2>\n<div data-rest=\"{}\" data-what=\"checks\">\n", p.Undecided.Rest())
	writeRows(w, p.Undecided, w.undecided)
	w.add("</div></section>\n")
}

// before is what is compared with the baseline, and what is fixed since.
func (p htmlPage) before(w *pageWriter) {
	if len(p.Compared) > 0 {
		w.add("<section id=\"compared\" aria-labelledby=\"h-compared\">\n<h2 id=\"h-compared\">Before and after</h2>\n" +
			`<div class="scroll" tabindex="0"><table class="compared"><thead><tr><th scope="col">Check</th><th scope="col">Figure</th><th scope="col">Before</th><th scope="col">After</th><th scope="col"><span class="sr">Picture</span></th></tr></thead>` + "\n<tbody>")
		for _, c := range p.Compared {
			w.add("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>", c.Check, c.Figure, c.Before, c.After)
			c.bars(w)
			w.add("</td></tr>\n")
		}
		w.add("</tbody></table></div>")
		w.when(p.MoreCompared, `<p class="note">{}</p>`)
		w.add("</section>\n")
	}
	if len(p.Fixed) > 0 {
		w.add("<section id=\"fixed\" aria-labelledby=\"h-fixed\">\n<h2 id=\"h-fixed\">Fixed since the baseline</h2>\n")
		w.list("<ul>", p.Fixed)
		w.when(p.MoreFixed, `<p class="note">{}</p>`)
		w.add("</section>\n")
	}
}

func (p htmlPage) findings(w *pageWriter) {
	w.add("<section id=\"findings\" aria-labelledby=\"h-findings\">\n<h2 id=\"h-findings\">Findings</h2>\n")
	if len(p.Sections) == 0 {
		w.add("<p class=\"card\">Nothing was found.</p>\n</section>\n")
		return
	}
	w.add(`<form class="filter" role="search" data-total="{}" hidden>
<label class="search"><span class="sr">Search the findings</span><input type="search" id="q" placeholder="Search message, rule, file …" autocomplete="off" spellcheck="false"></label>
<fieldset><legend class="sr">Severity</legend>
`, p.Total)
	for _, s := range p.Severities {
		w.add("<label class=\"toggle s-{}\"><input type=\"checkbox\" name=\"sev\" value=\"{}\" checked> {} <b>{}</b></label>\n", s.Class, s.Class, s.Label, s.Value)
	}
	w.add("</fieldset>\n<output id=\"shown\" aria-live=\"polite\"></output>\n<button type=\"button\" id=\"expand\">Open all</button>\n</form>\n")
	for _, s := range p.Sections {
		w.add("<h3 class=\"phase\">{} <span class=\"note\">{}</span></h3>\n<div class=\"list\" data-rest=\"{}\" data-what=\"groups\">\n", s.Title, s.Counts, s.Rows.Rest())
		writeRows(w, s.Rows, w.group)
		w.add("</div>\n")
	}
	w.add(`<p class="none" id="none" hidden>No finding matches.</p>`)
	w.when(p.LeftOut, `<p class="note">Not shown: {}.</p>`)
	w.add("\n</section>\n")
}

func (p htmlPage) changes(w *pageWriter) {
	if len(p.Releases) == 0 {
		return
	}
	w.add("<section id=\"changes\" aria-labelledby=\"h-changes\">\n<h2 id=\"h-changes\">Changes by release</h2>\n")
	for _, r := range p.Releases {
		w.add("<details class=\"release\"><summary><h3>{}</h3> <span class=\"note\">{}</span></summary>\n<ul class=\"changes\" data-rest=\"{}\" data-what=\"changes\">\n", r.Version, r.Count, r.Changes.Rest())
		writeRows(w, r.Changes, w.change)
		w.add("</ul></details>\n")
	}
	w.when(p.Coverage, `<p class="note">{}</p>`)
	w.add("</section>\n")
}

func (p htmlPage) runBook(w *pageWriter) {
	if len(p.RunBook) == 0 {
		return
	}
	w.add("<section id=\"runbook\" aria-labelledby=\"h-runbook\">\n<h2 id=\"h-runbook\">Run-book</h2>\n<details class=\"fold\"><summary>The steps in order</summary><ol class=\"steps\">\n")
	for _, s := range p.RunBook {
		w.add(`<li><p><span class="badge">{}</span> {} <span class="note">{}</span></p>`, s.When, s.Why, s.Version)
		w.when(s.Command, `<div class="copy"><pre tabindex="0"><code>{}</code></pre></div>`)
		w.add("</li>\n")
	}
	w.add("</ol></details></section>\n")
}

func (p htmlPage) latencies(w *pageWriter) {
	if len(p.Latency) == 0 {
		return
	}
	w.add("<section id=\"latency\" aria-labelledby=\"h-latency\">\n<h2 id=\"h-latency\">Latency</h2>\n")
	for _, l := range p.Latency {
		w.latency(l)
	}
	w.add("</section>\n")
}

func (p htmlPage) timeline(w *pageWriter) {
	w.add("<section id=\"checks\" aria-labelledby=\"h-checks\">\n<h2 id=\"h-checks\">All checks</h2>\n")
	if len(p.Checks) == 0 {
		w.add("<p class=\"card\">No check was run.</p>\n</section>\n")
		return
	}
	w.add("<p class=\"note\">{}</p>\n<details class=\"fold\"><summary>Timeline: who ran when, and who waited for whom</summary><div class=\"timeline\">\n", p.ChecksNote)
	for _, c := range p.Checks {
		w.add("<h3 class=\"phase\">{} <span class=\"note\">{}</span></h3>\n<div class=\"ticks\" aria-hidden=\"true\"><span></span><span></span><ol>", c.Title, c.Rows.Len())
		for _, tick := range p.Ticks {
			w.add("<li>{}</li>", tick)
		}
		w.add("</ol><span></span></div>\n<div class=\"list\" data-rest=\"{}\" data-what=\"checks\">\n", c.Rows.Rest())
		writeRows(w, c.Rows, w.check)
		w.add("</div>\n")
	}
	w.add("</div></details>\n</section>\n")
}
