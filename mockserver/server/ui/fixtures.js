// Screen D: who may call, and what can be made to happen.

import * as api from "./api.js";
import { button, copy, empty, h, place, put, table } from "./dom.js";
import { machine } from "./machine.js";
import { changes, choose, refresh, state } from "./state.js";

export async function show(root) {
  const [{ tokens }] = await Promise.all([api.get("tokens"), refresh()]);
  const list = h("div", { class: "scenarios" });
  const draw = () => put(list, state.scenarios.scenarios.length
    ? state.scenarios.scenarios.map(card)
    : empty("No scenarios yet. This writes fixtures to start from:", "mockserver init openapi.yaml"));
  put(root, h("h1", {}, "Fixtures"),
    h("section", {}, h("h2", {}, "Scenarios"), list),
    h("section", {}, h("h2", {}, "Tokens"), h("p", { class: "muted" }, "Made up for the mock, and for everybody to read. None of them opens anything else."),
      tokens.length ? tokenTable(tokens) : empty("No tokens yet. This writes one for each security scheme:", "mockserver init openapi.yaml")));
  const follow = () => {
    const at = document.activeElement?.dataset?.use;
    draw();
    if (at) list.querySelector(`[data-use="${CSS.escape(at)}"]`)?.focus();
  };
  changes.addEventListener("session", follow);
  changes.addEventListener("choice", follow);
  draw();
  return {
    close() {
      changes.removeEventListener("session", follow);
      changes.removeEventListener("choice", follow);
    },
  };
}

function tokenTable(tokens) {
  return table("Tokens", ["Name", "Scheme", "What happens", "Value", "Written in"], tokens.map((one) => h("tr", { tabindex: -1, "data-row": true },
    h("th", { scope: "row" }, one.name), h("td", {}, one.scheme), h("td", {}, one.outcome),
    h("td", {}, one.value ? [h("code", {}, one.value), " ", button("", () => copy(one.value, `token ${one.name}`), { glyph: "copy", kind: "quiet", "aria-label": `Copy token ${one.name}` })] : h("span", { class: "muted" }, "no credential")),
    h("td", {}, place(one.place)))));
}

function card(one) {
  const chosen = one.name === state.scenario;
  const facts = [one.token && `every request as token ${one.token}`, one.delay && `delay ${one.delay.text}`, one.fault && `fault ${one.fault}`, one.force && "forced", one.name === state.scenarios.default && "for everyone"].filter(Boolean);
  return h("article", { class: chosen ? "scenario chosen" : "scenario", "aria-label": one.name },
    h("div", { class: "head" }, h("h3", {}, one.name),
      button(chosen ? "Chosen" : "Choose", () => choose({ scenario: chosen ? "" : one.name }), { "aria-pressed": String(chosen), "data-use": one.name, "data-row": true, "aria-label": `${chosen ? "Chosen" : "Choose"} ${one.name}` })),
    facts.length > 0 && h("p", { class: "facts" }, facts.map((fact) => h("span", {}, fact))),
    Object.entries(one.use ?? {}).map(([operation, which]) => h("p", {}, h("a", { href: `#/operation/${encodeURIComponent(operation)}` }, operation), " answers ", h("strong", {}, text(which)))),
    Object.entries(one.sequence ?? {}).map(([operation, { cases, then }]) => {
      const at = state.now.positions.find((place) => place.scenario === one.name && place.operation === operation);
      const steps = cases.map(text);
      const edges = steps.slice(1).map((_, index) => [index, index + 1, ""]);
      return [h("p", {}, h("a", { href: `#/operation/${encodeURIComponent(operation)}` }, operation), then === "cycle" ? ", call by call, round and round" : then === "fail" ? ", call by call, then no more" : ", call by call; the last one stays"),
        machine(`Sequence of ${operation}: ${steps.join(", then ")}`, steps, then === "fail" ? edges : [...edges, [steps.length - 1, then === "cycle" ? 0 : steps.length - 1, ""]], at ? Math.min(at.position, steps.length - 1) : -1)];
    }),
    one.states && states(one),
    place(one.place));
}

function states(one) {
  const { initial, ...rest } = one.states;
  const names = Object.keys(rest.states ?? rest).filter((name) => typeof (rest.states ?? rest)[name] === "object");
  names.sort((a, b) => (b === initial) - (a === initial));
  const of = rest.states ?? rest;
  const edges = names.flatMap((name, from) => Object.entries(of[name].go ?? {}).map(([operation, to]) => [from, names.indexOf(to), operation]));
  const at = state.now.states[one.name] ?? (state.scenario === one.name ? initial : undefined);
  return [machine(`States of ${one.name}: ${edges.map(([from, to, by]) => `${names[from]} to ${names[to]} by ${by}`).join("; ")}`, names, edges, names.indexOf(at)),
    h("ul", { class: "plain" }, names.map((name) => h("li", {}, h("strong", {}, name), name === initial ? " (first): " : ": ",
      Object.entries(of[name].use ?? {}).map(([operation, which]) => `${operation} answers ${text(which)}`).join(", ") || "nothing of its own")))];
}

function text(value) {
  if (typeof value !== "object" || value === null) return String(value);
  return value.case ?? value.name ?? Object.entries(value).map(([key, each]) => `${key} ${typeof each === "object" ? JSON.stringify(each) : each}`).join(", ");
}
