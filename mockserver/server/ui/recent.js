// The last requests of one operation, as a short table that follows the traffic.

import * as api from "./api.js";
import { empty, h, put, statusText, table } from "./dom.js";
import { clock, millis } from "./log.js";
import { attempt, live } from "./state.js";

const MOST = 20;

export function recent({ operation }) {
  const element = h("div", {});
  let entries = [];
  const draw = () => put(element, entries.length
    ? table("Last requests", ["Time", "Session", "Path", "Status", "Why"], entries.map((one) => h("tr", {},
      h("td", {}, h("a", { href: `#/log/${encodeURIComponent(one.id)}` }, clock(one.time))), h("td", {}, one.session), h("td", {}, h("code", {}, one.path)),
      h("td", {}, statusText(one.status)), h("td", { class: "why" }, `${one.why} · ${millis(one.duration)}`))))
    : empty("Not asked for yet. Send the request above, or from a terminal."));
  const take = (event) => {
    const mine = event.detail.filter((one) => one.operation === operation);
    if (!mine.length) return;
    entries = [...mine.reverse(), ...entries].slice(0, MOST);
    draw();
  };
  live.addEventListener("exchanges", take);
  attempt(async () => {
    entries = (await api.get(`journal?operation=${api.name(operation)}&limit=${MOST}`)).entries.reverse();
    draw();
  });
  draw();
  return { element, close: () => live.removeEventListener("exchanges", take) };
}
