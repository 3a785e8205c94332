// Screen E: the reports of `mockserver check`, which hold a server to the document.

import * as api from "./api.js";
import { block, button, copy, empty, h, icon, place, put, say, table } from "./dom.js";
import { attempt } from "./state.js";

const MARKS = { passed: "✓ passed", failed: "✗ failed", skipped: "– skipped" };

export async function show(root, [file]) {
  return file ? one(root, file) : list(root);
}

async function list(root) {
  const found = h("div", {});
  const run = button("Check the mock itself", start, { kind: "main" });
  put(root, h("div", { class: "head" }, h("h1", {}, "Checks"), run), found);
  await draw();
  return {};

  async function draw() {
    const answer = await api.get("checks");
    const reports = answer.checks ?? answer.reports ?? answer;
    put(found, reports.length
      ? table("Reports", ["When", "Report", "Target", "Verdict", "Passed", "Failed", "Skipped", "Coverage"], reports.map(row))
      : empty("No report yet. This holds a server to the document and keeps the report here:", "mockserver check http://127.0.0.1:8000 --report json=.mockserver/checks/first.json"));
  }

  async function start() {
    run.disabled = true;
    run.textContent = "Checking…";
    const answer = await attempt(() => api.post("checks"));
    run.disabled = false;
    run.textContent = "Check the mock itself";
    if (answer) say(answer.failed || answer.counts?.failed ? "The check found something" : "The check is through");
    await attempt(draw);
  }
}

function row(given) {
  const name = given.file ?? given.name ?? given;
  const counts = given.counts ?? given;
  const failed = counts.failed ?? 0;
  const when = given.time ?? given.at ?? given.modified;
  return h("tr", {}, h("td", {}, when ? moment(when) : ""),
    h("th", { scope: "row" }, h("a", { href: `#/checks/${encodeURIComponent(name)}`, "data-row": true }, name)), h("td", {}, given.target ?? ""),
    h("td", {}, verdict(failed ? "failed" : "passed")), h("td", { class: "number" }, counts.passed ?? ""), h("td", { class: "number" }, failed), h("td", { class: "number" }, counts.skipped ?? ""),
    h("td", { class: "number" }, percent(given.coverage?.percent ?? given.percent ?? given.coverage)));
}

const percent = (value) => (typeof value === "number" ? `${Math.round(value)} %` : "");
const moment = (value) => (typeof value === "number" ? new Date(value * 1000) : new Date(value)).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
const verdict = (state) => h("span", { class: `verdict ${state}` }, MARKS[state]);
const where = (at) => (at ? place(typeof at === "string" ? at : [at.file, at.line, at.column].filter(Boolean).join(":")) : null);

async function one(root, file) {
  const report = await api.get(`checks/${api.name(file)}`);
  const { counts } = report;
  const failed = report.tests.filter((test) => test.state === "failed");
  put(root, h("a", { href: "#/checks", class: "up" }, icon("back"), "Checks"), h("h1", {}, report.title || file),
    h("p", { class: "facts" }, verdict(counts.failed ? "failed" : "passed"), h("span", {}, report.target), h("span", {}, `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`),
      h("span", {}, `${report.requests} requests in ${report.seconds.toFixed(1)} s`), h("span", {}, `seed ${report.seed}`), report.coverage && h("span", {}, `coverage ${percent(report.coverage.percent)}`)),
    failed.length > 0 && h("section", {}, h("h2", {}, "What failed"), failed.map(failedTest)),
    h("section", {}, h("h2", {}, "All tests"), table("Tests", ["Result", "Operation", "Test", "Kind", "Note"], report.tests.map((test) => h("tr", {},
      h("td", {}, verdict(test.state)), h("td", {}, test.operation ?? ""), h("th", { scope: "row" }, test.name), h("td", {}, test.kind), h("td", {}, test.reason ?? ""))))));
  return { keys: { Escape: () => (location.hash = "#/checks") } };
}

function failedTest(test) {
  return h("article", { class: "failure" }, h("h3", {}, test.operation && `${test.operation}: `, test.name),
    test.failures.map((failure) => [
      h("dl", {}, [["Rule", failure.rule], ["Expected", failure.expected], ["Found", failure.found], ["By", failure.clause], ["Written in", where(failure.place)]]
        .filter(([, value]) => value).map(([term, value]) => h("div", {}, h("dt", {}, term), h("dd", {}, value)))),
      failure.answer && h("details", {}, h("summary", {}, "Request and answer"), failure.request && block(text(failure.request), "Request"), block(text(failure.answer), "Answer")),
      failure.curl && button("Copy as curl", () => copy(failure.curl, "curl"), { glyph: "copy" }),
    ]));
}

const text = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));
