// Screen A: every operation in one row, with a chip for each answer that the document has.

import * as api from "./api.js";
import { empty, h, icon, method, put } from "./dom.js";
import { chip, mark, overrideOf } from "./force.js";
import { changes, state } from "./state.js";

export async function show(root) {
  const { operations } = await api.get("operations");
  if (!operations.length) {
    put(root, h("h1", {}, "Operations"), empty("The document has no operations.", "mockserver lint openapi.yaml"));
    return {};
  }
  const search = h("input", { type: "search", id: "search", placeholder: "path, name, summary, status", "data-search": true, oninput: filter });
  const tag = h("select", { id: "tag", onchange: filter }, h("option", { value: "" }, "all tags"), tagsOf(operations).map((one) => h("option", {}, one)));
  const forced = h("input", { type: "checkbox", id: "forced", onchange: filter });
  const count = h("span", { class: "muted count", role: "status" });
  const rows = operations.map((operation) => ({ operation, element: row(operation), text: textOf(operation) }));
  const groups = grouped(rows);
  const none = empty("No operation fits. Esc clears the search.");
  put(root,
    h("div", { class: "head" }, h("h1", {}, "Operations"),
      h("div", { class: "filters" }, h("label", { class: "sr", for: "search" }, "Search operations"), search,
        groups.length > 1 && [h("label", { class: "sr", for: "tag" }, "Tag"), tag], h("label", { class: "check", for: "forced" }, forced, "forced only"), count)),
    none, groups.map((group) => group.element));

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const one of rows) {
      const fits = words.every((word) => one.text.includes(word)) && (!tag.value || (one.operation.tags[0] ?? "") === tag.value) && (!forced.checked || overrideOf(one.operation));
      one.element.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    for (const group of groups) group.element.hidden = group.rows.every((one) => one.element.hidden);
    none.hidden = shown > 0;
    count.textContent = shown === rows.length ? String(shown) : `${shown} of ${rows.length}`;
  }

  let marked = new Set();
  function follow() {
    const active = new Set([...Object.keys(state.now.overrides), ...Object.keys(state.now.calls)]);
    for (const { operation, element } of rows) {
      if (!active.has(operation.name) && !marked.has(operation.name)) continue;
      mark(operation, element);
      const calls = state.now.calls[operation.name];
      element.querySelector(".calls").textContent = calls ? `${calls} call${calls === 1 ? "" : "s"}` : "";
    }
    marked = active;
    if (forced.checked) filter();
  }
  changes.addEventListener("session", follow);
  follow();
  filter();
  return {
    keys: {
      Escape: () => ((search.value = ""), filter()),
      f: () => document.activeElement.closest?.(".operation")?.querySelector(".chip")?.focus(),
    },
    close: () => changes.removeEventListener("session", follow),
  };
}

function row(operation) {
  const link = h("a", { href: `#/operation/${encodeURIComponent(operation.name)}`, "data-row": true, class: "target", title: `${operation.name}${operation.summary ? `: ${operation.summary}` : ""}` },
    method(operation.method), h("span", { class: "path" }, breakable(operation.path)));
  return h("div", { class: operation.deprecated ? "operation old" : "operation" },
    link,
    h("span", { class: "name" }, operation.secured && h("span", { title: "asks for a credential" }, icon("lock"), h("span", { class: "sr" }, "secured ")), h("span", { class: "text" }, operation.summary || operation.name)),
    h("span", { class: "chips" }, operation.answers.map((answer) => chip(operation, answer))),
    h("span", { class: "forced" }), h("span", { class: "calls muted" }));
}

/** A path may break after each slash and nowhere else. */
export function breakable(path) {
  return path.split(/(?=\/)/).flatMap((part) => [part, h("wbr")]);
}

function grouped(rows) {
  const byTag = new Map();
  for (const one of rows) {
    const tag = one.operation.tags[0] ?? "";
    if (!byTag.has(tag)) byTag.set(tag, []);
    byTag.get(tag).push(one);
  }
  return [...byTag].map(([tag, of]) => ({
    rows: of,
    element: h("section", { class: "tagged", "aria-label": tag || "operations" }, tag && h("h2", {}, tag), of.map((one) => one.element)),
  }));
}

const tagsOf = (operations) => [...new Set(operations.map((one) => one.tags[0]).filter(Boolean))].sort();
const textOf = (one) => [one.method, one.path, one.name, one.summary, ...one.tags, ...one.answers.map((answer) => answer.status)].join(" ").toLowerCase();
