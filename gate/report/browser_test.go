package report

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate"
)

// TestHTMLInABrowser opens reports in Chromium: the script runs, nothing is
// logged, nothing is asked for, and nothing is wider than the screen.
func TestHTMLInABrowser(t *testing.T) {
	b := newBrowser(t)
	for name, rep := range map[string]gate.Report{"sample": sample(), "hostile": hostile(), "hostile names": hostileNames(), "empty": {}} {
		for width, schemes := range map[int][]string{1280: {"light", "dark"}, 390: {"dark", "light"}} {
			if os.Getenv("GATE_PICTURES") == "" {
				schemes = schemes[:1]
			}
			for _, scheme := range schemes {
				b.screen(width, 900, scheme)
				b.open([]byte(render(t, "html", rep)))
				if said := b.complaints(); len(said) > 0 {
					t.Errorf("%s: the browser says %q", name, said)
				}
				if got := b.eval(tooWide); got != "" {
					t.Errorf("%s: wider than %d pixels: %s", name, width, got)
				}
				keep(t, b, name, width, scheme)
			}
		}
		if len(rep.Findings) > 0 && !strings.Contains(b.eval(`document.querySelector("#shown").textContent`), "findings") {
			t.Errorf("%s: the script did not run", name)
		}
	}
}

// tooWide names elements that make a page scroll sideways.
const tooWide = `document.documentElement.scrollWidth <= innerWidth ? "" :
  [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest("nav,pre"))
    .slice(0, 5).map((e) => e.tagName + "." + (e.className.baseVal ?? e.className) + " " + e.textContent.slice(0, 40)).join("; ")`

// keep writes a picture of the page below the folder GATE_PICTURES, for people
// who want to look at it.
func keep(t *testing.T, b *browser, name string, width int, scheme string) {
	t.Helper()
	dir := os.Getenv("GATE_PICTURES")
	if dir == "" {
		return
	}
	picture := b.data("Page.captureScreenshot", map[string]any{"captureBeyondViewport": true, "clip": map[string]any{
		"x": 0, "y": 0, "width": width, "height": min(6000, height(b)), "scale": 1,
	}})
	file := filepath.Join(dir, strings.ReplaceAll(name, " ", "-")+"-"+scheme+"-"+map[int]string{1280: "desk", 390: "phone"}[width]+".png")
	if err := os.WriteFile(file, picture, 0o600); err != nil {
		t.Fatal(err)
	}
}

func height(b *browser) int {
	n, err := strconv.Atoi(b.eval(`document.documentElement.scrollHeight`))
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

// TestHTMLOfACrowdOpens: a report of 5,000 findings and as many checks opens;
// its further rows come when they are asked for, and the filter finds them
// without being asked. How long it takes is logged, not judged: wall time measures
// the machine too.
func TestHTMLOfACrowdOpens(t *testing.T) {
	b := newBrowser(t)
	b.screen(1280, 900, "light")
	empty := b.open([]byte(`<!DOCTYPE html><title>x</title><link rel=icon href=data:,>`))
	page := []byte(render(t, "html", crowd5000()))
	crowd := b.open(page)
	t.Logf("%d bytes; an empty page %v, 5,000 findings %v", len(page), empty, crowd)
	b.eval(`document.querySelectorAll("#findings .row").forEach((row) => { row.open = true; })`)
	rows := `document.querySelectorAll("#findings .row").length + " " + document.querySelectorAll("#findings .member").length + " " + document.querySelectorAll("#checks .row").length`
	if got := b.eval(rows); got != "5 600 150" {
		t.Errorf("at first there are %s groups, findings in them and checks, want 5 600 150", got)
	}
	group := `[...document.querySelectorAll("#findings .row")].at(-1)`
	if got := b.eval(group + `.querySelector(".more").innerText.replace(/\s+/g, " ")`); !strings.HasPrefix(got, "The first 150 of 1,666 findings are shown.") {
		t.Errorf("below the findings of a group stands %q", got)
	}
	b.eval(group + `.querySelector(".more button").click()`)
	if got := b.eval(group + `.querySelectorAll(".member").length`); got != "650" {
		t.Errorf("after more was asked for there are %s findings, want 650", got)
	}
	b.eval(`(document.querySelector("#q").value = "/v1/4999:", document.querySelector(".filter").requestSubmit())`)
	if got := b.eval(`document.querySelector("#shown").textContent + ": " + document.querySelector("#findings .row:not([hidden]) .member:not([hidden]) .said").innerText`); !strings.HasPrefix(got, "1 of 5,001: GET https://dify.example.com/v1/4999: status 500 by api, expected 200") {
		t.Errorf("the filter shows %q", got)
	}
	if got := b.eval(`document.querySelectorAll("#findings .row:not([hidden])").length`); got != "1" {
		t.Errorf("the filter leaves %s groups, want one", got)
	}
	if said := b.complaints(); len(said) > 0 {
		t.Errorf("the browser says %q", said)
	}
}

// TestHTMLWithoutScripts: a browser that runs none shows all rows.
func TestHTMLWithoutScripts(t *testing.T) {
	b := newBrowser(t)
	b.scriptless = true
	b.call("Emulation.setScriptExecutionDisabled", map[string]any{"value": true}, nil)
	b.open([]byte(render(t, "html", crowd5000())))
	b.eval(`document.querySelectorAll("details").forEach((d) => { d.open = true; })`)
	if got := b.eval(`[...document.querySelectorAll(".row,.member")].filter((row) => row.getClientRects().length > 0).length`); got != "10006" {
		t.Errorf("%s rows are shown, want 5 groups with 5,000 findings, and 5,001 checks", got)
	}
}

// TestHTMLOnPaper: a printed report has all rows, and what was folded is open.
func TestHTMLOnPaper(t *testing.T) {
	b := newBrowser(t)
	b.screen(1280, 900, "dark")
	b.open([]byte(render(t, "html", sample())))
	pdf := b.data("Page.printToPDF", map[string]any{"printBackground": false, "preferCSSPageSize": true})
	if !strings.HasPrefix(string(pdf), "%PDF-") || len(pdf) < 20_000 {
		t.Errorf("a PDF of %d bytes", len(pdf))
	}
	if dir := os.Getenv("GATE_PICTURES"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "sample.pdf"), pdf, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	open := `document.querySelectorAll("details[open]").length`
	before := b.eval(open)
	b.eval(`dispatchEvent(new Event("beforeprint"))`)
	if got := b.eval(`document.querySelectorAll("details:not([open])").length`); got != "0" {
		t.Errorf("%s parts stay folded on paper", got)
	}
	b.eval(`dispatchEvent(new Event("afterprint"))`)
	if got := b.eval(open); got != before {
		t.Errorf("%s parts are open after printing, want %s as before", got, before)
	}
}

// TestHTMLByKeyboard: the skip link comes first, "/" goes to the search, and a
// row opens with Enter.
func TestHTMLByKeyboard(t *testing.T) {
	b := newBrowser(t)
	b.screen(1280, 900, "light")
	b.open([]byte(render(t, "html", sample())))
	focus := `document.activeElement.className + "#" + document.activeElement.id`
	b.press("Tab", "Tab", "", 9)
	if got := b.eval(focus); got != "skip#" {
		t.Errorf("the first stop is %q, want the skip link", got)
	}
	b.press("/", "Slash", "/", 191)
	if got := b.eval(focus); got != "#q" {
		t.Errorf("/ goes to %q, want the search", got)
	}
	b.eval(`document.querySelector("#findings .row:not([open]) summary").focus()`)
	b.press("Enter", "Enter", "\r", 13)
	if got := b.eval(`document.activeElement.parentElement.open`); got != "true" {
		t.Error("Enter does not open a finding")
	}
	// Whatever can be reached can be seen to be reached.
	if got := b.eval(`getComputedStyle(document.activeElement).outlineStyle`); got != "solid" {
		t.Errorf("the focus has the outline %q", got)
	}
}

// TestHTMLContrast: all text stands out from what is behind it as WCAG 2.2 AA
// asks (4.5:1; 3:1 for large text), in both schemes.
func TestHTMLContrast(t *testing.T) {
	b := newBrowser(t)
	for _, scheme := range []string{"light", "dark"} {
		b.screen(1280, 900, scheme)
		b.open([]byte(render(t, "html", sample())))
		b.eval(`document.querySelectorAll("details").forEach((d) => { d.open = true; })`)
		if got := b.eval(faint); got != "" {
			t.Errorf("%s: too faint:\n%s", scheme, got)
		}
	}
}

// faint lists the texts of a page with less contrast than they need.
const faint = `(() => {
  const parse = (c) => { const m = c.match(/[\d.]+/g).map(Number); return { rgb: m.slice(0, 3), a: m.length > 3 ? m[3] : 1 }; };
  const light = (rgb) => { const [r, g, b] = rgb.map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.a === 1 && !getComputedStyle(e).backgroundColor.startsWith("color(")) return c.rgb; } return [255, 255, 255]; };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), out = new Set();
  for (let n = walker.nextNode(); n; n = walker.nextNode()) {
    const e = n.parentElement, style = getComputedStyle(e);
    if (!n.data.trim() || e.closest("script,style,noscript,.skip,.sr,title") || !e.getClientRects().length) continue;
    let opacity = 1; for (let p = e; p; p = p.parentElement) opacity *= getComputedStyle(p).opacity;
    const back = behind(e), ink = parse(e instanceof SVGElement ? style.fill : style.color).rgb.map((v, i) => v * opacity + back[i] * (1 - opacity));
    const [a, b] = [light(ink), light(back)].sort((x, y) => y - x), ratio = (a + 0.05) / (b + 0.05);
    const size = parseFloat(style.fontSize), need = size >= 24 || size >= 18.66 && style.fontWeight >= 700 ? 3 : 4.5;
    if (ratio < need) out.add(ratio.toFixed(2) + " ." + (e.className.baseVal ?? e.className) + " " + n.data.trim().slice(0, 40));
  }
  return [...out].slice(0, 20).join("\n");
})()`

// TestHTMLOfAFile takes pictures of the page that GATE_PAGE names, for people who
// want to look at a report of their own, and says how long it is.
func TestHTMLOfAFile(t *testing.T) {
	file := os.Getenv("GATE_PAGE")
	if file == "" {
		t.Skip("GATE_PAGE names no page to look at")
	}
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t)
	for _, width := range []int{1280, 390} {
		for _, scheme := range []string{"light", "dark"} {
			b.screen(width, 900, scheme)
			t.Logf("%d wide: open after %v, %d pixels long", width, b.open(page), height(b))
			keep(t, b, "page", width, scheme)
		}
		if said := b.complaints(); len(said) > 0 {
			t.Errorf("the browser says %q", said)
		}
	}
}
