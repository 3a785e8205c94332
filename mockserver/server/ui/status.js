// Screen G: what is served, from which files, and what is wrong with them.

import * as api from "./api.js";
import { button, empty, h, place, put, say } from "./dom.js";
import { attempt, state } from "./state.js";

export async function show(root) {
  const result = h("div", { class: "stack" });
  put(root, h("div", { class: "head" }, h("h1", {}, "Status"), button("Read the files again", reload)), result);
  await draw();
  return {};

  async function reload() {
    const answer = await attempt(() => api.post("reload"));
    if (!answer) return;
    say(answer.state === "ok" ? "Document and fixtures were read again" : answer.message);
    await attempt(draw);
  }

  async function draw() {
    const given = await api.get("status");
    state.status = given;
    const { document: doc, fixtures, reload: last, journal } = given;
    put(result,
      last.state === "failed" && h("section", { class: "problem" }, h("h2", {}, "The last save could not be read"), h("p", {}, "The last good one is served."), h("pre", { tabindex: 0 }, last.message)),
      h("div", { class: "cards" },
        facts("Document", [["Title", `${doc.title} ${doc.version}`], ["OpenAPI", doc.openapi], ["File", place(doc.file)], ["Operations", doc.operations], ["API of this page", h("a", { href: String(api.url("openapi.json")) }, "openapi.json")]]),
        facts("Fixtures", [["Tokens", count(fixtures.tokens)], ["Cases", count(fixtures.cases)], ["Scenarios", count(fixtures.scenarios)], ["Files", Array.isArray(fixtures.files) ? fixtures.files.map((file) => h("p", {}, place(file))) : fixtures.files]]),
        facts("Server", [["Version", given.version], ["URL", h("code", {}, given.url)], ["Started", new Date(given.started).toLocaleString("en-GB")], ["Seed", h("code", {}, given.seed)], ["For everyone", given.default_scenario ?? "no scenario"], ["Last read", last.state === "ok" ? "✓ without problems" : "✗ failed"]]),
        facts("Memory", [["Kept in", given.store === "redis" ? "Redis" : "this process"], ["Sessions", given.sessions], ["Exchanges", `${journal.kept.toLocaleString("en")} of at most ${journal.limit.toLocaleString("en")}; ${journal.appended.toLocaleString("en")} in all`], given.degraded && ["State", "✗ the store cannot be reached"]])),
      h("section", {}, h("h2", {}, "Findings"), given.warnings.length ? h("ul", { class: "violations" }, given.warnings.map(finding)) : empty("Nothing is wrong with document and fixtures. The same from a terminal:", "mockserver lint")));
  }
}

const count = (value) => (Array.isArray(value) ? value.length : value);

function facts(title, rows) {
  return h("section", { class: "card" }, h("h2", {}, title), h("dl", {}, rows.filter(Boolean).map(([term, value]) => h("div", {}, h("dt", {}, term), h("dd", {}, typeof value === "number" ? String(value) : value ?? "–")))));
}

function finding(one) {
  if (typeof one === "string") return h("li", {}, one);
  const at = typeof one.place === "object" && one.place ? [one.place.file, one.place.line].filter(Boolean).join(":") : one.place;
  return h("li", {}, h("p", {}, one.message ?? one.detail ?? JSON.stringify(one)), at && h("p", {}, place(at)));
}
