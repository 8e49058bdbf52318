"use strict";
// What the pages can do beyond being read: choose a language, filter a list, walk through a table, open what stands behind a cell.
// Without it everything is still there: figures, definitions, SQL and checks are part of the page.
(function () {
  const html = document.documentElement;
  const make = (tag, properties, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children.filter((child) => child !== null));
    return made;
  };
  const both = (zh, en) => [make("span", { lang: "zh", textContent: zh }), " ", make("span", { lang: "en", textContent: en })];

  // --- language: both, Chinese, English; remembered where the browser lets a file remember anything
  const remember = (value) => {
    try {
      if (value) localStorage.setItem("policestats-language", value);
      return localStorage.getItem("policestats-language");
    } catch {
      return null;
    }
  };
  const languages = make("p", { className: "languages" });
  languages.setAttribute("role", "group");
  languages.setAttribute("aria-label", "语言 Language");
  const speak = (language) => {
    html.dataset.language = language;
    for (const button of languages.children) button.setAttribute("aria-pressed", String(button.value === language));
  };
  for (const [value, text] of [["both", "中文 + English"], ["zh", "中文"], ["en", "English"]]) {
    const button = make("button", { type: "button", value, textContent: text });
    button.addEventListener("click", () => { speak(value); remember(value); });
    languages.append(button);
  }
  document.querySelector("header.page").append(languages);
  speak(remember() || "both");

  // --- filters: a box above each list or table that asks for one
  for (const list of document.querySelectorAll("[data-filter]")) {
    const box = make("input", { type: "search", placeholder: "筛选 Filter" });
    box.setAttribute("aria-label", `筛选 Filter: ${list.dataset.filter}`);
    const items = list.tagName === "TABLE" ? list.tBodies[0].rows : list.children;
    const count = make("output", {});
    box.addEventListener("input", () => {
      const wanted = box.value.trim().toLowerCase().split(/\s+/);
      let shown = 0;
      for (const item of items) {
        const text = item.textContent.toLowerCase();
        item.hidden = !wanted.every((word) => text.includes(word));
        shown += !item.hidden;
      }
      count.textContent = box.value ? `${shown} / ${items.length}` : "";
    });
    list.before(make("p", { className: "filter" }, box, " ", count));
  }

  const tables = document.querySelectorAll("table.form");
  if (!tables.length) return;
  const data = JSON.parse(document.getElementById("data").textContent);

  // --- walking: one cell of a table is reached by Tab, the others by arrow keys
  const columnsOf = (table) => {
    const found = [];
    for (const head of table.tHead.rows[0].cells) {
      if (head.scope === "colgroup") {
        const from = found.filter((h) => h.parentNode === table.tHead.rows[1]).length;
        found.push(...[...table.tHead.rows[1].cells].slice(from, from + head.colSpan));
      } else if (head.dataset.column) found.push(head);
    }
    return found;
  };
  const linesOf = (table) => [...table.tBodies[0].rows].filter((row) => row.dataset.row); // the others are headings
  const place = (cell) => {
    const row = cell.parentNode;
    const at = cell.cellIndex - 1;
    const table = row.closest("table");
    const head = columnsOf(table)[at];
    return { cell, row, at, table, head, unit: row.closest("section").dataset.unit, code: row.dataset.row, column: head.dataset.column };
  };
  const go = (cell) => {
    const table = cell.closest("table");
    table.querySelectorAll("td[tabindex]").forEach((other) => other.setAttribute("tabindex", "-1"));
    cell.setAttribute("tabindex", "0");
    cell.focus();
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  for (const table of tables) {
    table.setAttribute("role", "grid");
    table.setAttribute("aria-readonly", "true");
    linesOf(table)[0].cells[1].setAttribute("tabindex", "0");
    table.closest(".scroll").removeAttribute("tabindex"); // the cells scroll it
    for (const link of table.tHead.querySelectorAll("a")) link.tabIndex = -1; // Enter in a cell tells the same, and Tab is not held up by each head
  }
  const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], PageUp: [-12, 0], PageDown: [12, 0] };
  const within = (value, low, high) => Math.min(Math.max(value, low), high);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) return close();
    const cell = event.target.closest("table.form td");
    if (!cell) return;
    const rows = linesOf(cell.closest("table"));
    let [line, at] = [rows.indexOf(cell.parentNode), cell.cellIndex];
    const last = cell.parentNode.cells.length - 1;
    if (event.key in steps) [line, at] = [line + steps[event.key][0], at + steps[event.key][1]];
    else if (event.key === "Home") [line, at] = [event.ctrlKey ? 0 : line, 1];
    else if (event.key === "End") [line, at] = [event.ctrlKey ? rows.length - 1 : line, last];
    else if (event.key === "Enter" || event.key === " ") { event.preventDefault(); return open(place(cell)); }
    else return;
    event.preventDefault();
    go(rows[within(line, 0, rows.length - 1)].cells[within(at, 1, last)]);
  });
  document.addEventListener("click", (event) => {
    const cell = event.target.closest("table.form td");
    if (!cell) return;
    go(cell);
    open(place(cell));
  });

  // --- what stands behind a cell
  const panel = make("aside", { className: "panel", hidden: true, tabIndex: -1 });
  panel.setAttribute("role", "dialog");
  panel.setAttribute("aria-labelledby", "panel-title");
  document.body.append(panel);
  let opened = null;
  const close = () => {
    panel.hidden = true;
    if (opened) { opened.cell.classList.remove("chosen"); opened.cell.focus(); }
    opened = null;
  };
  const words = (element) => [...element.childNodes].map((node) => node.cloneNode(true));
  const section = (zh, en, ...content) => make("section", {}, make("h3", {}, ...both(zh, en)), ...content);
  const listOf = (items) => make("ul", {}, ...items.map((item) => make("li", {}, ...[item].flat())));

  const statusOf = (p) => {
    if (p.cell.classList.contains("none")) return both("无数：无基数或不适用", "no figure: no base, or not applicable");
    if (!p.head.title) return both("自动", "automatic");
    return [p.head.title.split(" | ").join(" / ")];
  };
  const courseOf = (p) => {
    const svg = p.row.querySelector("td.course svg");
    if (!svg || p.column !== data.course) return null;
    const told = svg.querySelector("desc"); // without one every figure is 0
    const figures = told ? told.textContent.split("; ") : data.periods.map(() => "0");
    const lines = data.periods.map((period, i) => make("li", {}, `${period} `, make("b", { textContent: figures[i] })));
    return section("走势", "Course (– none, * partial)", svg.cloneNode(true), make("ul", { className: "figures" }, ...lines));
  };
  const meets = ([rows, columns], p) => (!rows || rows.includes(p.code)) && (!columns || columns.includes(p.column));
  const checksOf = (p) => {
    const touching = data.checks.filter(([, , , cells]) => cells.some((named) => meets(named, p)));
    const failed = data.failed.filter(([, , unit, row, column]) => unit === p.unit && (!row || row === p.code) && (!column || column === p.column));
    const items = touching.map(([id, severity, text]) => {
      const failures = failed.filter(([failing]) => failing === id).map(([, , , , , left, right]) => `${left} / ${right}`);
      const said = failures.length ? make("b", { className: "status error", textContent: `未通过 failed: ${failures.join(", ")}` }) : null;
      return [make("code", { textContent: id }), ` ${severity === "error" ? "强制 error" : "提示 warning"} · ${text} `, said].filter(Boolean);
    });
    return section("相关审核", "Checks that touch it", items.length ? listOf(items) : make("p", {}, ...both("无", "none")));
  };
  const recordsOf = (p, withheld) => {
    const command = make("code", { textContent: `policestats trace ${data.form} --row ${p.code} --column ${p.column} --unit ${p.unit} --release ${data.release}` });
    const parts = [];
    if (withheld) parts.push(make("p", {}, ...words(withheld)));
    else if (!data.withRecords) parts.push(make("p", {}, ...both("本页不含记录号。", "This page holds no record keys.")));
    else if (!window.policestatsRecords) parts.push(make("p", {}, ...both("无权读取记录号。", "The record keys cannot be read: they are for those permitted.")));
    else {
      const [count, keys] = ((policestatsRecords.cells[p.unit] || {})[p.code] || {})[p.column] || [0, []];
      parts.push(make("p", { className: "records", textContent: keys.map((number) => policestatsRecords.keys[number]).join("  ") || "0" }));
      if (count > keys.length) parts.push(make("p", {}, ...both(`另有 ${count - keys.length} 个`, `and ${count - keys.length} more`)));
    }
    return section("记录", "Records", ...parts, make("p", {}, command));
  };
  const open = (p) => {
    if (opened) opened.cell.classList.remove("chosen");
    opened = p;
    p.cell.classList.add("chosen");
    const label = (head) => [...head.querySelectorAll(":scope > span")].flatMap((span) => [span.cloneNode(true), " "]);
    const definition = document.getElementById(`d-${p.column}`);
    const copy = definition.cloneNode(true);
    copy.removeAttribute("id");
    copy.querySelector("h3").remove();
    const withheld = copy.querySelector(".withheld");
    if (withheld) withheld.remove();
    for (const link of copy.querySelectorAll(".queries a")) {
      const query = document.querySelector(link.getAttribute("href")).cloneNode(true);
      query.removeAttribute("id");
      copy.append(query);
    }
    const queries = copy.querySelector(".queries");
    if (queries) queries.remove();
    const told = document.querySelector(`#rows [data-of="${CSS.escape(p.code)}"]`) || document.querySelector(`#rows [data-of="${CSS.escape(p.code.split("/")[0])}/*"]`);
    const shut = make("button", { type: "button", className: "shut", textContent: "关闭 Close (Esc)" });
    shut.addEventListener("click", close);
    const shown = p.cell.classList.contains("course") ? p.row.cells[columnsOf(p.table).map((h) => h.dataset.column).lastIndexOf(p.column) + 1] : p.cell;
    panel.replaceChildren(
      shut,
      make("h2", { id: "panel-title" }, ...words(p.row.closest("section").querySelector("h2 > span[lang=zh]")), " · ", ...label(p.row.cells[0]), " · ", ...label(p.head)),
      make("p", { className: "value" }, make("b", { textContent: shown.textContent }), ` ${p.code} ${p.column} ${data.period} `),
      section("状态", "Status", make("p", {}, ...statusOf({ ...p, cell: shown }))),
      ...[courseOf(p)].filter(Boolean),
      section("行", "Row", make("p", {}, told ? told.cells[2].textContent : "")),
      section("列的定义", "Definition of the column", copy),
      checksOf(p),
      recordsOf(p, withheld),
    );
    panel.hidden = false;
    panel.scrollTop = 0;
    panel.focus();
  };

  // --- a link to a cell: #unit|row|column
  const follow = () => {
    const [unit, code, column] = decodeURIComponent(location.hash.slice(1)).split("|");
    if (!column) return;
    const rows = document.querySelectorAll(`#u-${CSS.escape(unit)} tbody tr`);
    const row = [...rows].find((tr) => tr.dataset.row === code);
    if (!row) return;
    const at = columnsOf(row.closest("table")).map((head) => head.dataset.column).lastIndexOf(column);
    if (at >= 0) { go(row.cells[at + 1]); open(place(row.cells[at + 1])); }
  };
  window.addEventListener("hashchange", follow);
  follow();
})();
