// Screen B: one operation: its answers, a request that is valid, the same in four languages, and a try.

import * as api from "./api.js";
import { block, button, copy, h, icon, method, place, pretty, put, statusText, table } from "./dom.js";
import { chip, mark } from "./force.js";
import { breakable } from "./operations.js";
import { recent } from "./recent.js";
import { baseUrl, changes, state } from "./state.js";

const LANGUAGES = [["curl", "curl"], ["fetch", "fetch"], ["swift", "Swift"], ["httpie", "HTTPie"]];

export async function show(root, [name]) {
  const [operation, { tokens }] = await Promise.all([api.get(`operations/${api.name(name)}`), api.get("tokens")]);
  const latest = recent({ operation: name });
  const answers = h("div", { class: "answers" }, operation.answers.map((one) => answerRow(operation, one)));
  const snippet = snippets(operation);
  put(root,
    h("a", { href: "#/operations", class: "up" }, icon("back"), "Operations"),
    h("h1", { class: "target" }, method(operation.method), h("span", { class: "path" }, breakable(operation.path))),
    h("p", { class: "facts" }, operation.secured && h("span", {}, icon("lock"), "asks for a credential"), operation.deprecated && h("span", {}, "deprecated"),
      h("code", {}, operation.name), place(operation.place)),
    operation.summary && h("p", {}, operation.summary),
    h("div", { class: "columns" },
      h("div", {},
        h("section", {}, h("h2", {}, "Answers"), h("span", { class: "forced" }), answers),
        operation.cases.length > 0 && h("section", {}, h("h2", {}, "Cases"), caseTable(operation)),
        operation.parameters.length > 0 && h("section", {}, h("h2", {}, "Parameters"), parameterTable(operation))),
      h("div", {}, h("section", {}, h("h2", {}, "A valid request"), snippet.element), tryIt(operation, tokens))),
    h("section", {}, h("h2", {}, "Last requests"), latest.element));
  const follow = () => (mark(operation, root), snippet.draw());
  changes.addEventListener("session", follow);
  changes.addEventListener("choice", follow);
  follow();
  return {
    keys: { Escape: () => (location.hash = "#/operations"), c: snippet.curl },
    stays: true,
    close() {
      changes.removeEventListener("session", follow);
      changes.removeEventListener("choice", follow);
      latest.close();
    },
  };
}

function answerRow(operation, answer) {
  const examples = answer.examples.filter((one) => !answer.cases.includes(one));
  return h("div", { class: "answer" }, chip(operation, { ...answer }),
    h("div", {}, h("p", {}, answer.description), h("p", { class: "muted" }, [answer.media_types.join(", "), examples.length && `examples: ${examples.join(", ")}`, answer.cases.length && `cases: ${answer.cases.join(", ")}`].filter(Boolean).join(" · ") || "no body")));
}

function caseTable(operation) {
  return table("Cases", ["Case", "Status", "When", "Written in"], operation.cases.map((one) =>
    h("tr", {}, h("th", { scope: "row" }, one.name), h("td", {}, statusText(one.status)), h("td", {}, words(one)), h("td", {}, place(one.place)))));
}

function parameterTable(operation) {
  return table("Parameters", ["Name", "In", "Required"], operation.parameters.map((one) =>
    h("tr", {}, h("th", { scope: "row" }, h("code", {}, one.name)), h("td", {}, one.in ?? one.location ?? ""), h("td", {}, one.required ? "yes" : ""))));
}

function words(one) {
  if (one.never) return "only where a scenario says so";
  const more = one.conditions - (one.token ? 1 : 0);
  return [one.token && `token ${one.token}`, more > 0 && `${more} condition${more === 1 ? "" : "s"}`].filter(Boolean).join(", ") || "always";
}

function snippets(operation) {
  let language = localStorage.getItem("mockserver.language") ?? "curl";
  const code = h("pre", { tabindex: 0, role: "region", "aria-label": "Snippet" });
  const text = (which = language) => operation.snippets[which].replaceAll("$BASE_URL", baseUrl());
  const buttons = LANGUAGES.map(([id, title]) => button(title, () => {
    language = id;
    localStorage.setItem("mockserver.language", id);
    draw();
  }, { "data-language": id }));
  const draw = () => {
    code.textContent = text();
    for (const one of buttons) one.setAttribute("aria-pressed", String(one.dataset.language === language));
  };
  const titles = Object.fromEntries(LANGUAGES);
  return {
    element: h("div", { class: "snippet" }, h("div", { class: "row" }, h("div", { class: "group" }, buttons), button("Copy", () => copy(text(), titles[language]), { glyph: "copy" })), code),
    draw,
    curl: () => copy(text("curl"), "curl"),
  };
}

function tryIt(operation, tokens) {
  const given = operation.request;
  const target = h("input", { id: "try-path", value: given.path + (given.query ? `?${given.query}` : ""), spellcheck: "false", required: true });
  const token = h("select", { id: "try-token" }, h("option", { value: "" }, "as in the request"), h("option", { value: "-" }, "none"),
    tokens.filter((one) => one.value).map((one) => h("option", { value: one.value }, `${one.name} (${one.outcome})`)));
  const lines = h("textarea", { id: "try-headers", rows: 3, spellcheck: "false" }, pairs(given.headers).map(([name, value]) => `${name}: ${value}`).join("\n"));
  const body = h("textarea", { id: "try-body", rows: given.body ? 7 : 2, spellcheck: "false" }, typeof given.body === "string" ? pretty(given.body) : given.body ? JSON.stringify(given.body, null, 2) : "");
  const result = h("div", { class: "result", role: "status" });
  const form = h("form", { class: "try", onsubmit: (event) => (event.preventDefault(), send()) },
    h("label", { for: "try-path" }, "Path and query"), target,
    tokens.length > 0 && [h("label", { for: "try-token" }, "Token"), token],
    h("label", { for: "try-headers" }, "Headers"), lines,
    bodied(operation.method) && [h("label", { for: "try-body" }, "Body"), body],
    h("div", { class: "row" }, h("button", { class: "main" }, "Send"), h("span", { class: "muted" }, `through session ${state.session}`)), result);

  async function send() {
    put(result);
    const begun = performance.now();
    try {
      const base = state.mine.scenario && !state.scenario && state.session === "default" ? location.origin : baseUrl();
      const response = await fetch(base + target.value, { method: operation.method, headers: chosenHeaders(lines.value, token.value), body: bodied(operation.method) ? body.value || undefined : undefined, credentials: "omit", redirect: "manual" });
      const text = await response.text();
      const took = (performance.now() - begun).toFixed(0);
      const why = response.headers.get("x-mock-why");
      put(result, h("p", {}, statusText(response.status), ` ${response.statusText} `, h("span", { class: "muted" }, `${took} ms`)),
        why && h("p", {}, h("strong", {}, "Why: "), why),
        h("details", {}, h("summary", {}, "Headers"), block([...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n"), "Headers of the answer")),
        text && block(pretty(text).slice(0, 100_000), "Body of the answer"));
    } catch (error) {
      put(result, h("p", {}, `No answer: ${error.message}`));
    }
  }
  return h("section", {}, h("h2", {}, "Try it"), form);
}

const bodied = (verb) => !["GET", "HEAD"].includes(verb);
const pairs = (headers) => (Array.isArray(headers) ? headers : Object.entries(headers ?? {}));

function chosenHeaders(text, token) {
  const headers = new Headers();
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.append(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  if (token === "-") headers.delete("authorization");
  else if (token) headers.set("authorization", `Bearer ${token}`);
  return headers;
}
