// Screen F: which documented answers were served, and what of the fixtures nobody used.

import * as api from "./api.js";
import { empty, h, put, table } from "./dom.js";
import { live, state } from "./state.js";

export async function show(root) {
  const open = h("input", { type: "checkbox", id: "open-only", onchange: draw });
  const own = h("input", { type: "checkbox", id: "own-only", onchange: load });
  const total = h("div", { class: "total" });
  const result = h("div", { class: "stack" });
  let coverage;
  let due = 0;
  put(root, h("div", { class: "head" }, h("h1", {}, "Coverage"),
    h("div", { class: "filters" }, h("label", { class: "check", for: "open-only" }, open, "not served only"), h("label", { class: "check", for: "own-only" }, own, "this session only"))), total, result);
  await load();
  const later = () => {
    due ||= setTimeout(() => {
      due = 0;
      load().catch(() => {});
    }, 1000);
  };
  live.addEventListener("exchanges", later);
  return {
    close() {
      clearTimeout(due);
      live.removeEventListener("exchanges", later);
    },
  };

  async function load() {
    coverage = await api.get(`coverage${own.checked ? `?session=${api.name(state.session)}` : ""}`);
    draw();
  }

  function draw() {
    const { served, of, operations, unused } = coverage;
    put(total, h("p", {}, h("strong", {}, `${served} of ${of}`), " documented answers served"),
      h("meter", { min: 0, max: Math.max(of, 1), value: served, "aria-label": "Documented answers served" }, `${served} of ${of}`));
    const rows = operations.filter((one) => !open.checked || one.answers.some((answer) => !answer.served));
    const cases = (list, title) => list?.length > 0 && h("div", {}, h("dt", {}, title), h("dd", {}, list.map((one) => h("code", {}, typeof one === "string" ? one : one.name ?? JSON.stringify(one)))));
    put(result,
      rows.length ? table("Coverage", ["Operation", "Answers", "Cases"], rows.map((one) => h("tr", {},
        h("th", { scope: "row" }, h("a", { href: `#/operation/${encodeURIComponent(one.name)}`, "data-row": true }, one.name)),
        h("td", {}, one.answers.map((answer) => tally(answer.status, answer.served))), h("td", {}, one.cases.map((each) => tally(each.name, each.served))))))
        : empty("Every documented answer was served."),
      unused && (unused.cases?.length || unused.tokens?.length || unused.scenarios?.length) > 0 && h("section", {}, h("h2", {}, "Not used yet"),
        h("dl", { class: "unused" }, cases(unused.cases, "Cases"), cases(unused.tokens, "Tokens"), cases(unused.scenarios, "Scenarios"))));
  }
}

function tally(what, served) {
  return h("span", { class: served ? "tally done" : "tally" }, what, h("span", { class: "times" }, served ? ` ✓ ${served}` : " –"));
}
