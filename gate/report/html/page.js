"use strict";
(() => {
  const rows = [...document.querySelectorAll(".f")];
  const form = document.querySelector(".filter");
  const details = () => document.querySelectorAll("details");

  // Copy buttons are made here: without scripts there would be nothing to copy with.
  for (const box of document.querySelectorAll(".copy")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.setAttribute("aria-label", "Copy these lines");
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(box.querySelector("code").textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(box.querySelector("code"));
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    box.append(button);
  }

  // What was closed is opened for paper, and closed again.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...details()].filter((d) => !d.open);
    if (closed.length < 1500) for (const d of closed) d.open = true;
  });
  addEventListener("afterprint", () => { for (const d of closed) d.open = false; });

  if (!form) return;
  form.hidden = false;
  const query = form.querySelector("#q");
  const shown = form.querySelector("#shown");
  const none = document.querySelector("#none");
  let texts;

  const filter = () => {
    texts ??= rows.map((r) => r.textContent.toLowerCase());
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    const severities = new Set([...form.querySelectorAll("[name=sev]:checked")].map((i) => i.value));
    let count = 0;
    rows.forEach((row, i) => {
      const hit = severities.has(row.dataset.s) && words.every((w) => texts[i].includes(w));
      row.hidden = !hit;
      if (hit) count++;
    });
    for (const list of document.querySelectorAll("#findings .list")) {
      const empty = !list.querySelector(".f:not([hidden])");
      list.hidden = empty;
      list.previousElementSibling.hidden = empty;
    }
    none.hidden = count > 0;
    shown.textContent = count === rows.length ? `${count} shown` : `${count} of ${rows.length}`;
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
    for (const row of rows) if (!row.hidden) row.open = open;
    expand.textContent = open ? "Close all" : "Open all";
  });
  shown.textContent = `${rows.length} shown`;
})();
