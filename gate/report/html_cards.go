package report

import "github.com/dify-gate/dify-gate/gate"

// The rows and cards of the page.

// group is one finding, or several with one advice.
func (w *pageWriter) group(g htmlGroup) {
	w.add(`<details class="row f s-{}" data-s="{}" data-n="{}"`, g.Class, g.Class, g.Count)
	if g.Open {
		w.add(" open")
	}
	w.add(`><summary><span class="badge s-{}">{}</span><span class="msg">`, g.Class, g.Label)
	if g.Members != nil {
		w.add(`<b class="many">{}</b> `, g.Count)
	}
	w.text(g.Message)
	w.add(`</span><span class="where"><code>{}</code> <code class="place">{}</code></span>`, g.Rule, g.Where)
	if g.Todo != "" {
		w.add(`<span class="todo">`)
		w.text(g.Todo)
		w.add(`</span>`)
	}
	w.add("</summary>\n<div class=\"body\">")
	w.when(g.ExplainedBy, `<p class="note">explained by <strong>{}</strong></p>`)
	w.hint(g.Hint)
	if g.One != nil {
		w.facts(*g.One)
	}
	if g.Members != nil {
		w.add("<div class=\"members\" data-rest=\"{}\" data-what=\"findings\">\n", g.Members.Rest())
		writeRows(w, *g.Members, w.member)
		w.add("</div>")
	}
	w.add("</div></details>\n")
}

// member is a finding of a group.
func (w *pageWriter) member(f htmlFinding) {
	w.add(`<div class="member"><p class="said">`)
	w.text(f.Message)
	w.when(f.Place, ` <code class="place">{}</code>`)
	w.add("</p>")
	w.hint(f.Hint)
	w.facts(f)
	w.add("</div>\n")
}

// facts are what a finding says besides its message.
func (w *pageWriter) facts(f htmlFinding) {
	w.when(f.Waived, `<p class="note">{}</p>`)
	w.when(f.Why, "<p>{}</p>")
	if f.Quote != "" {
		w.add("<blockquote>")
		w.text(f.Quote)
		w.add("</blockquote>")
	}
	for _, source := range f.Sources {
		w.add(`<p class="note">`)
		w.text(source)
		w.add("</p>")
	}
	w.add("\n<p class=\"facts\">")
	w.when(f.Check, "check {} · ")
	for _, place := range f.Related {
		w.add("see also <code>{}</code> · ", place)
	}
	if f.URL != "" {
		w.add(`<a href="{}" rel="noreferrer noopener">{}</a> · `, link(f.URL), f.URL)
	}
	w.add("fingerprint <code>{}</code></p>", f.Fingerprint)
}

// check is a row of the timeline, to open when it has more to say.
func (w *pageWriter) check(c htmlCheck) {
	if c.Plain {
		w.add(`<div class="row c"><div class="sum">`)
	} else {
		w.add(`<details class="row c"><summary>`)
	}
	w.add(`<span class="badge o-{}">{}</span><span class="name">{}`, c.Outcome, c.Outcome, c.Name)
	w.when(c.After, " <small>after {}</small>")
	w.add("</span>")
	if c.Ran {
		w.add(`<svg class="bar" role="img" aria-label="{}">`, c.Span)
		if c.Wait != nil {
			w.add(`<rect class="wait" x="{}%" y="6" width="{}%" height="2"/>`, c.Wait.X, c.Wait.W)
		}
		w.add(`<rect class="o-{}" x="{}%" y="1" width="{}%" height="12" rx="2"/></svg><span class="time">{}</span>`, c.Outcome, c.X, c.W, c.Took)
	} else {
		w.add(`<span class="bar note">`)
		w.text(c.Reason)
		w.add(`</span><span class="time">–</span>`)
	}
	if c.Plain {
		w.add("</div></div>\n")
		return
	}
	w.add("</summary>\n<div class=\"body\">")
	if c.Ran && c.Reason != "" {
		w.add("<p>")
		w.text(c.Reason)
		w.add("</p>")
	}
	w.when(c.ExplainedBy, `<p class="note">explained by <strong>{}</strong></p>`)
	w.add("\n")
	w.phases(c.Phases)
	w.add("\n")
	w.when(c.Facts, `<p class="facts">{}</p>`)
	if len(c.Probes) > 0 {
		w.add(`<ul class="probes">`)
		for _, probe := range c.Probes {
			w.add("<li><code>{}</code></li>", probe)
		}
		w.add("</ul>")
	}
	w.when(c.Evidence, `<pre tabindex="0"><code>{}</code></pre>`)
	w.add("</div></details>\n")
}

// phases draws how the time of an exchange was spent.
func (w *pageWriter) phases(parts []htmlPart) {
	if len(parts) == 0 {
		return
	}
	w.add(`<svg class="phases" role="img" aria-label="how the time was spent">`)
	for _, p := range parts {
		w.add(`<rect class="p-{}" x="{}%" width="{}%" height="10"><title>{} {}</title></rect>`, p.Class, p.X, p.W, p.Label, p.Value)
	}
	w.add(`</svg><p class="legend">`)
	for _, p := range parts {
		w.add(`<span class="key p-{}">{} {}</span> `, p.Class, p.Label, p.Value)
	}
	w.add("</p>")
}

func (w *pageWriter) change(c htmlChange) {
	w.add(`<li class="card change`)
	if c.Waived {
		w.add(" waived")
	}
	w.add("\">\n<p class=\"badges\"><span class=\"badge k-{}\">{}</span> <span class=\"badge a-{}\">{}</span>", c.KindClass, c.Kind, c.Applies, c.AppliesText)
	if c.Waived {
		w.add(` <span class="badge">waived</span>`)
	}
	w.add("</p>\n<p class=\"quote\">")
	w.text(c.Text)
	w.add("</p>\n")
	if c.Action != "" {
		w.add(`<p class="hint">`)
		w.text(c.Action)
		w.add("</p>")
	}
	w.add("\n")
	if len(c.Evidence) > 0 {
		w.add(`<ul class="evidence">`)
		for _, evidence := range c.Evidence {
			w.add("<li>")
			w.text(evidence)
			w.add("</li>")
		}
		w.add("</ul>")
	}
	w.add("\n<p class=\"meta\">")
	for _, name := range c.Names {
		w.add("<code>{}</code> ", name)
	}
	w.when(c.Place, `<code class="place">{}</code> `)
	if c.URL != "" {
		w.add(`<a href="{}" rel="noreferrer noopener">{}</a>`, link(c.URL), c.Host)
	}
	w.add("</p>\n</li>\n")
}

func (w *pageWriter) undecided(c gate.CheckReport) {
	w.add(`<article class="card unsure"><h3>{}</h3><p>`, c.Name)
	w.text(c.Reason)
	w.add("</p></article>\n")
}

// latency is the picture of a check's response times.
func (w *pageWriter) latency(l htmlLatency) {
	w.add("<figure class=\"card latency\">\n<figcaption><h3>{}</h3>", l.Name)
	w.when(l.Samples, `<span class="note">{}</span>`)
	w.add("</figcaption>\n")
	if len(l.Bars) > 0 {
		w.add("<svg class=\"histogram\" role=\"img\" aria-label=\"{}\">\n", l.Text)
		for _, b := range l.Bars {
			w.add(`<rect x="{}%" y="{}" width="{}%" height="{}"><title>{}</title></rect>`, b.X, b.Y, b.W, b.H, b.Title)
		}
		w.add("\n")
		for _, m := range l.Marks {
			earlier, y := "", 11
			if m.Earlier {
				earlier, y = " earlier", 27
			}
			w.add(`<line class="mark{}" x1="{}%" x2="{}%" y1="0" y2="200"><title>{}</title></line><text class="marked{}" x="{}%" y="{}" text-anchor="{}" dx="{}">{}</text>`,
				earlier, m.X, m.X, m.Title, earlier, m.X, y, m.Anchor, m.Shift, m.Label)
		}
		w.add("</svg>\n<ol class=\"axis\" aria-hidden=\"true\">")
		for _, label := range l.Axis {
			w.add("<li>{}</li>", label)
		}
		w.add("</ol>")
	}
	w.add("\n<dl class=\"percentiles\">")
	for _, p := range l.Percentiles {
		w.add("<div><dt>{}</dt><dd>{}</dd></div>", p.Label, p.Value)
	}
	w.add("</dl>\n</figure>\n")
}
