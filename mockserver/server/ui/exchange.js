// One exchange in full: why it was answered so, what it breaks, and what travelled.

import * as api from "./api.js";
import { block, button, copy, h, method, place, pretty, statusText } from "./dom.js";
import { clock, millis } from "./log.js";

const ASK_AGAIN = new Set(["host", "content-length", "connection", "accept-encoding", "user-agent"]);

/** The contents of the panel; `shut` closes it. */
export function detail(one, shut) {
  return [
    h("div", { class: "head" }, h("h2", { class: "target" }, statusText(one.status), method(one.method), h("span", { class: "path" }, one.path)),
      button("", shut, { kind: "quiet", glyph: "close", "aria-label": "Close" })),
    h("p", { class: "facts" }, h("span", {}, clock(one.time)), h("span", {}, millis(one.duration)), h("span", {}, `session ${one.session}`), h("code", {}, one.id)),
    why(one),
    one.violations.length > 0 && violations(one.violations),
    h("div", { class: "row" }, button("Copy as curl", () => curlOf(one), { glyph: "copy" }), one.operation && h("a", { href: `#/operation/${encodeURIComponent(one.operation)}` }, one.operation)),
    message("Request", `${one.method} ${one.path}${one.query ? `?${one.query}` : ""}`, one.request),
    message("Response", String(one.status), one.response),
  ];
}

function why(one) {
  const { selector, rule, place: where } = one.explanation ?? {};
  const rows = [
    ["Operation", one.operation ?? "none: the document has no such operation"],
    ["Token", one.token],
    ["Scenario", one.scenario],
    ["Chosen by", selector],
    ["Because", rule],
    ["Case", one.case],
    ["The mock's own problem", one.error],
    ["Written in", place(where)],
  ];
  return h("section", { class: "because" }, h("h3", {}, "Why this response"), h("p", { class: "lead" }, one.why),
    h("dl", {}, rows.filter(([, value]) => value).map(([term, value]) => h("div", {}, h("dt", {}, term), h("dd", {}, value)))));
}

function violations(list) {
  return h("section", {}, h("h3", {}, `Breaks the document ${list.length === 1 ? "once" : `${list.length} times`}`),
    h("ul", { class: "violations" }, list.map((one) => h("li", {},
      h("p", {}, h("code", {}, [one.location, one.pointer].filter(Boolean).join(" ")), ` ${one.message}`),
      h("p", { class: "muted" }, [one.severity, one.keyword].filter(Boolean).join(" · "), one.place && " · ", place(one.place))))));
}

function message(title, line, sent) {
  const headers = sent.headers.map(([name, value]) => `${name}: ${value}`).join("\n");
  const body = sent.body ?? (sent.body_base64 ? `(binary, base64)\n${sent.body_base64}` : "");
  return h("section", {}, h("h3", {}, title), block(`${line}\n${headers}`, `${title}: head`), body && block(pretty(body), `${title}: body`));
}

/** Copy the request as a curl command. Credentials were redacted before they were kept: those of fixtures are filled in again. */
export async function curlOf(one) {
  const { tokens } = await api.get("tokens");
  const url = location.origin + one.path + (one.query ? `?${one.query}` : "");
  const parts = [`curl -i -X ${one.method} ${quote(url)}`];
  for (const [name, value] of one.request.headers) if (!ASK_AGAIN.has(name.toLowerCase())) parts.push(`-H ${quote(`${name}: ${reveal(name, value, tokens)}`)}`);
  if (one.request.body) parts.push(`--data-raw ${quote(one.request.body)}`);
  return copy(parts.join(" \\\n  "), "curl");
}

function reveal(header, value, tokens) {
  const known = tokens.find((token) => token.value && value === `<token ${token.name}>`);
  if (!known) return value;
  if (header.toLowerCase() !== "authorization") return known.value;
  return known.value.includes(":") ? `Basic ${btoa(known.value)}` : `Bearer ${known.value}`;
}

const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
