// The table of all cases: inflates the packed rows, filters, sorts, pages, unfolds.
// Text goes in by textContent only. Without this script the page loses nothing but this table.
(async () => {
  "use strict";
  const PER_PAGE = 50;
  const $ = (id) => document.getElementById(id);
  const el = (tag, attributes = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  };

  const bytes = Uint8Array.from(atob($("blob").textContent), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const all = await new Response(stream).json();
  const places = all.id.map((_, i) => i);
  const kinds = Object.fromEntries([...$("f-kind").options].map((o) => [o.value, o.text]));

  const answerOf = (i, f) => (all.answer[i] === null ? undefined
    : Object.hasOwn(all.answer[i], f) ? all.answer[i][f] : all.gold[i][f]);
  const said = (v) => (v === undefined ? "no valid answer" : typeof v === "string" ? v : JSON.stringify(v));
  const laidOut = (v) => (v !== null && typeof v === "object" && said(v).length > 40 ? JSON.stringify(v, null, 1) : said(v));
  const cost = (v) => `${v.toFixed(v !== 0 && Math.abs(v) < 0.1 ? 4 : 2)}\u00a0${all.currency}`;
  const percent = (v) => `${(v * 100).toFixed(1)}\u00a0%`;
  const wrongNames = (i) => all.wrong[i].map((f) => all.fields[f]).join(", ");
  const haystack = places.map((i) => [all.id[i], all.input[i], all.raw[i], all.gold[i].map(said).join(" "),
    all.fields.map((_, f) => said(answerOf(i, f))).join(" ")].join(" ").toLowerCase());

  const option = (select, value, text) => select.append(el("option", { value }, text));
  all.fields.forEach((name, f) => option($("f-field"), f, name));
  all.sliceNames.forEach((name, s) => {
    for (const value of [...new Set(all.slices.map((row) => row[s]))].sort())
      option($("f-slice"), `${s}:${value}`, `${name}: ${value}`);
  });

  const KEYS = {
    id: (i) => all.id[i], kind: (i) => kinds[all.kind[i]], action: (i) => all.action[i],
    wrong: (i) => all.wrong[i].length, confidence: (i) => all.confidence[i], cost: (i) => all.cost[i],
  };
  const state = { sort: "cost", down: true, page: 0 };

  const chosen = () => {
    const text = $("f-text").value.trim().toLowerCase();
    const [kind, action, field, slice] = ["kind", "action", "field", "slice"].map((f) => $(`f-${f}`).value);
    const cut = slice.indexOf(":");
    return places.filter((i) => (!kind || all.kind[i] === kind) && (!action || all.action[i] === action)
      && (!field || all.wrong[i].includes(+field)) && (!text || haystack[i].includes(text))
      && (!slice || all.slices[i][+slice.slice(0, cut)] === slice.slice(cut + 1)));
  };
  const sorted = (list) => {
    const key = KEYS[state.sort];
    const order = (a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
    return list.sort((a, b) => (state.down ? order(b, a) : order(a, b)) || a - b);
  };

  const valueCell = (v, wrong) => {
    const shown = el(v === null || v === undefined ? "span" : "bdi", v === null || v === undefined ? { class: "null" } : {}, laidOut(v));
    return wrong ? el("td", {}, el("span", { class: "cross" }, "✗ "), shown) : el("td", {}, shown);
  };
  const fact = (name, value) => el("div", {}, el("dt", {}, name), el("dd", {}, value));
  const unfolded = (i) => {
    const rows = all.fields.map((name, f) => {
      const wrong = all.wrong[i].includes(f);
      return el("tr", wrong ? { class: "wrong" } : {}, el("th", { scope: "row" }, name),
        valueCell(all.gold[i][f], false), valueCell(answerOf(i, f), wrong),
        ...(all.foundWords.length ? [el("td", {}, all.foundWords[all.found[i][f]] ?? "")] : []));
    });
    const names = ["Field", "Gold", "Answer", ...(all.foundWords.length ? ["In the input"] : [])];
    const head = el("tr", {}, ...names.map((t) => el("th", { scope: "col" }, t)));
    const table = el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows));
    const input = el("div", {}, el("pre", { dir: "auto" }, all.input[i]));
    if (all.raw[i]) input.append(el("pre", { dir: "auto" }, all.raw[i]));
    const reasons = all.reasons[i].map((r) => all.reasonTexts[r]).join("; ");
    const facts = el("dl", { class: "case-facts" }, fact("Decision", all.action[i] + (reasons ? `: ${reasons}` : "")),
      ...all.sliceNames.map((name, s) => fact(name, all.slices[i][s])));
    if (all.base[i] !== null) facts.append(fact("Base model", all.base[i] ? "every field right" : "wrong"));
    const body = el("div", { class: "case-body" }, input, el("div", { class: "scroll", role: "group", tabindex: "0", "aria-label": `Answer against gold of ${all.id[i]}` }, table), facts);
    return el("tr", { class: "unfolded" }, el("td", { colspan: 6 }, body));
  };
  const line = (i) => {
    const button = el("button", { type: "button", "aria-expanded": "false" }, all.id[i]);
    const badge = el("span", { class: `badge ${all.kind[i]}` }, kinds[all.kind[i]]);
    const row = el("tr", {}, el("th", { scope: "row" }), el("td", {}, badge), el("td", {}, all.action[i]),
      el("td", {}, wrongNames(i)), el("td", { class: "r" }, percent(all.confidence[i])), el("td", { class: "r" }, cost(all.cost[i])));
    row.firstChild.append(button);
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-expanded") === "true";
      button.setAttribute("aria-expanded", String(!open));
      if (open) row.nextSibling.remove(); else row.after(unfolded(i));
    });
    return row;
  };

  const draw = () => {
    const list = sorted(chosen());
    const pages = Math.max(1, Math.ceil(list.length / PER_PAGE));
    state.page = Math.min(state.page, pages - 1);
    const shown = list.slice(state.page * PER_PAGE, (state.page + 1) * PER_PAGE);
    $("f-rows").replaceChildren(...shown.map(line));
    $("f-count").textContent = `${list.length} of ${places.length} cases`;
    $("f-page").textContent = `Page ${state.page + 1} of ${pages}`;
    $("f-back").disabled = state.page === 0;
    $("f-on").disabled = state.page === pages - 1;
    for (const th of document.querySelectorAll("th[data-sort]"))
      if (th.dataset.sort === state.sort) th.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      else th.removeAttribute("aria-sort");
  };

  const again = () => { state.page = 0; draw(); };
  for (const name of ["text", "kind", "action", "field", "slice"]) $(`f-${name}`).addEventListener("input", again);
  for (const th of document.querySelectorAll("th[data-sort]"))
    th.firstElementChild.addEventListener("click", () => {
      state.down = state.sort === th.dataset.sort ? !state.down : !["id", "kind", "action"].includes(th.dataset.sort);
      state.sort = th.dataset.sort;
      again();
    });
  $("f-back").addEventListener("click", () => { state.page -= 1; draw(); });
  $("f-on").addEventListener("click", () => { state.page += 1; draw(); });
  draw();
  $("no-browser").hidden = true;
  $("browser").hidden = false;
})();
