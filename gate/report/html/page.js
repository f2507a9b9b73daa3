"use strict";
(() => {
  const button = (text, use) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.addEventListener("click", use);
    return made;
  };
  const number = (n) => n.toLocaleString("en");

  // Copy buttons are made here: without scripts there would be nothing to copy with.
  const addCopy = (box) => {
    const code = box.querySelector("pre code") ?? box.querySelector(".code");
    const copy = button("Copy", async () => {
      try {
        await navigator.clipboard.writeText(code.textContent);
        copy.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(code);
        copy.textContent = "Selected";
      }
      setTimeout(() => { copy.textContent = "Copy"; }, 1500);
    });
    copy.setAttribute("aria-label", "Copy what to do");
    box.append(copy);
  };
  document.querySelectorAll(".copy").forEach(addCopy);

  // A long list's further rows wait as text inside <noscript>, which costs the
  // browser nothing; growing turns the next of them into rows.
  const lists = [...document.querySelectorAll("[data-rest]")].filter((list) => Number(list.dataset.rest) > 0);
  const rowsOf = (list) => [...list.children].filter((row) => row.tagName !== "NOSCRIPT");
  const grow = (list) => {
    const waiting = list.querySelector(":scope > noscript");
    if (!waiting) return false;
    const part = document.createElement("template");
    part.innerHTML = waiting.textContent;
    part.content.querySelectorAll(".copy").forEach(addCopy);
    list.dataset.rest = Number(list.dataset.rest) - part.content.childElementCount;
    waiting.replaceWith(part.content);
    return true;
  };
  const growAll = (list) => { while (grow(list)); };
  for (const list of lists) {
    const bar = document.createElement("p");
    const said = document.createElement("span");
    const show = () => {
      const shown = rowsOf(list).length, rest = Number(list.dataset.rest);
      said.textContent = `The first ${number(shown)} of ${number(shown + rest)} ${list.dataset.what} are shown.`;
      bar.hidden = rest === 0;
    };
    const more = button("Show more", () => {
      const before = rowsOf(list).length;
      grow(list);
      // The keyboard goes on at the first new row, not behind all of them.
      rowsOf(list)[before]?.querySelector("summary,button,a")?.focus({ preventScroll: true });
    });
    bar.className = "more";
    bar.append(said, more, button("Show all", () => growAll(list)));
    list.after(bar);
    new MutationObserver(show).observe(list, { childList: true });
    show();
  }

  // Paper has no buttons: all rows are there, and what was closed is opened, and closed again.
  let closed = [];
  addEventListener("beforeprint", () => {
    lists.forEach(growAll);
    closed = [...document.querySelectorAll("details:not([open])")];
    if (closed.length < 1500) for (const d of closed) d.open = true;
  });
  addEventListener("afterprint", () => { for (const d of closed) d.open = false; });

  const form = document.querySelector(".filter");
  if (!form) return;
  form.hidden = false;
  const query = form.querySelector("#q");
  const output = form.querySelector("#shown");
  const none = document.querySelector("#none");
  const findings = [...document.querySelectorAll("#findings .list")];
  const members = lists.filter((list) => list.matches(".members"));
  const total = Number(form.dataset.total);
  const texts = new WeakMap();
  const textOf = (part) => {
    if (!texts.has(part)) texts.set(part, part.textContent.toLowerCase());
    return texts.get(part);
  };

  // The filter looks at all findings, those that were not asked for as well; in a
  // group it shows those that match.
  const filter = () => {
    findings.forEach(growAll);
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length) members.forEach(growAll);
    const severities = new Set([...form.querySelectorAll("[name=sev]:checked")].map((box) => box.value));
    const matches = (head, part) => words.every((word) => head.includes(word) || part.includes(word));
    let count = 0;
    for (const list of findings) {
      let here = 0;
      for (const row of rowsOf(list)) {
        let n = 0;
        const own = [...row.querySelectorAll(".member")];
        if (severities.has(row.dataset.s)) {
          if (own.length) {
            const head = textOf(row.querySelector(".where code"));
            for (const member of own) {
              member.hidden = !matches(head, textOf(member));
              if (!member.hidden) n++;
            }
            if (!words.length) n = Number(row.dataset.n);
          } else if (matches("", textOf(row))) n = 1;
        }
        row.hidden = n === 0;
        here += n;
      }
      list.hidden = list.previousElementSibling.hidden = here === 0;
      count += here;
    }
    none.hidden = count > 0;
    output.textContent = count === total ? `${number(total)} findings` : `${number(count)} of ${number(total)}`;
  };

  let timer;
  query.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(filter, 120); });
  form.addEventListener("change", filter);
  form.addEventListener("submit", (e) => { e.preventDefault(); filter(); });
  addEventListener("keydown", (e) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
    if (e.key === "/" && !typing && !e.ctrlKey && !e.metaKey) { e.preventDefault(); query.focus(); }
    if (e.key === "Escape" && document.activeElement === query) { query.value = ""; filter(); }
  });
  const expand = form.querySelector("#expand");
  expand.addEventListener("click", () => {
    const open = expand.textContent === "Open all";
    for (const list of findings) for (const row of rowsOf(list)) if (!row.hidden) row.open = open;
    expand.textContent = open ? "Close all" : "Open all";
  });
  output.textContent = `${number(total)} findings`;
})();
