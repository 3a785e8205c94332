// Screen C: the traffic as it happens, and of each exchange why it was answered as it was.

import * as api from "./api.js";
import { button, empty, h, method, put, say, statusText } from "./dom.js";
import { curlOf, detail } from "./exchange.js";
import { Rows } from "./rows.js";
import { attempt, live, state } from "./state.js";

const MOST = 10_000;
const PAGE = 1000;
const HEADS = ["Time", "Method", "Path", "Operation", "Status", "Why", "Session", "ms"];
const STATUSES = [["", "any status"], ["2", "2xx"], ["3", "3xx"], ["4", "4xx"], ["5", "5xx"], ["!", "mock's own problems"]];

export const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString("en-GB");
export const millis = (seconds) => `${(seconds * 1000).toFixed(seconds < 0.01 ? 1 : 0)} ms`;

export async function show(root, [opened]) {
  let all = []; // newest first
  let held = false;
  let current = null;
  const known = new Set();
  const text = h("input", { type: "search", id: "log-search", placeholder: "path, operation, case, why", "data-search": true, oninput: () => draw() });
  const status = h("select", { id: "log-status", onchange: () => draw() }, STATUSES.map(([value, title]) => h("option", { value }, title)));
  const mine = h("input", { type: "checkbox", id: "log-mine", onchange: () => draw() });
  const bad = h("input", { type: "checkbox", id: "log-bad", onchange: () => draw() });
  const hold = button("Hold", toggle, { "aria-pressed": "false" });
  const count = h("span", { class: "muted count" });
  const side = h("aside", { class: "detail", "aria-label": "Exchange", hidden: true });
  const rows = new Rows("Exchanges, newest first", HEADS, cells, open);
  const nothing = empty("No request yet. Point an app at the mock, or try one from a terminal:", `curl -i ${location.origin}/`);
  const body = h("div", { class: "split" }, h("div", { class: "listing" }, nothing, rows.element), side);
  put(root,
    h("div", { class: "head" }, h("h1", {}, "Live log"),
      h("div", { class: "filters" }, h("label", { class: "sr", for: "log-search" }, "Filter"), text, h("label", { class: "sr", for: "log-status" }, "Status"), status,
        h("label", { class: "check", for: "log-mine" }, mine, "this session"), h("label", { class: "check", for: "log-bad" }, bad, "with violations"), count,
        h("div", { class: "group" }, hold, button("Clear", clear), button("HAR", () => attempt(() => api.download("journal.har", "mockserver.har")), { title: "Save as an HTTP archive" })))),
    body);

  function draw(added = 0) {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (one) => words.every((word) => textOf(one).includes(word)) && fitsStatus(one, status.value) && (!mine.checked || one.session === state.session) && (!bad.checked || one.violations > 0);
    const plain = !words.length && !status.value && !mine.checked && !bad.checked;
    const items = plain ? all : all.filter(fits);
    rows.show(items, added);
    nothing.hidden = all.length > 0;
    rows.element.hidden = all.length === 0;
    count.textContent = plain ? `${all.length.toLocaleString("en")}` : `${items.length.toLocaleString("en")} of ${all.length.toLocaleString("en")}`;
  }

  function take(entries) {
    const fresh = entries.filter((one) => !known.has(one.id));
    for (const one of fresh) known.add(one.id);
    fresh.reverse();
    all = fresh.concat(all);
    for (const gone of all.splice(MOST)) known.delete(gone.id);
    return fresh.length;
  }

  const waiting = [];
  const arrived = (event) => {
    if (held) return void (waiting.push(...event.detail), (hold.textContent = `Resume (${waiting.length})`));
    draw(take(event.detail));
  };

  function toggle() {
    held = !held;
    hold.setAttribute("aria-pressed", String(held));
    hold.textContent = held ? "Resume" : "Hold";
    if (!held) draw(take(waiting.splice(0)));
  }

  async function clear() {
    await attempt(() => api.remove("journal"));
    all = [];
    known.clear();
    shut();
    draw();
    say("The journal is empty");
  }

  async function open(item) {
    current = await attempt(() => api.get(`journal/${api.name(item.id)}`));
    if (!current) return;
    put(side, detail(current, shut));
    side.hidden = false;
    root.dataset.open = "";
    history.replaceState(null, "", `#/log/${encodeURIComponent(item.id)}`);
    side.scrollTop = 0;
  }

  function shut() {
    side.hidden = true;
    current = null;
    delete root.dataset.open;
    history.replaceState(null, "", "#/log");
    rows.element.focus({ preventScroll: true });
  }

  // The newest first, so that the screen is there at once; what is older follows behind it.
  async function load() {
    const first = await api.get(`journal?limit=${PAGE}`);
    take(first.entries);
    draw();
    let before = first.entries[0]?.id;
    let full = first.entries.length === PAGE;
    while (full && all.length < MOST) {
      const { entries } = await api.get(`journal?limit=${PAGE}&before=${api.name(before)}`);
      const older = entries.filter((one) => !known.has(one.id));
      for (const one of older) known.add(one.id);
      all = all.concat(older.reverse()).slice(0, MOST);
      draw();
      before = entries[0]?.id;
      full = entries.length === PAGE && older.length > 0;
    }
  }

  live.addEventListener("exchanges", arrived);
  const fill = load();
  await (opened ? fill : Promise.race([fill, new Promise((done) => setTimeout(done, 150))]));
  fill.catch((error) => say(error.message));
  if (opened) {
    await open({ id: opened });
    rows.select(opened);
  }
  return {
    stays: true,
    keys: {
      j: () => rows.step(1, { open: !side.hidden }),
      k: () => rows.step(-1, { open: !side.hidden }),
      Enter: () => rows.selected && rows.select(rows.selected, { open: true }),
      Escape: () => (side.hidden ? ((text.value = ""), draw()) : shut()),
      p: toggle,
      c: () => current && curlOf(current),
    },
    close() {
      live.removeEventListener("exchanges", arrived);
      rows.watch.disconnect();
    },
  };
}

function cells(one) {
  const path = one.path.replace(/^\/~[^/]*/, "") + (one.query ? `?${one.query}` : ""); // session and scenario have columns of their own
  return [clock(one.time), method(one.method), h("span", { title: path }, path), one.operation ?? "–", statusText(one.status),
    h("span", { class: one.error || one.violations ? "why bad" : "why", title: one.why }, one.violations ? `${one.violations} violation${one.violations === 1 ? "" : "s"} · ${one.why}` : one.why),
    one.session, (one.duration * 1000).toFixed(1)];
}

function fitsStatus(one, wanted) {
  return !wanted || (wanted === "!" ? Boolean(one.error) : String(one.status)[0] === wanted);
}

const texts = new WeakMap();
function textOf(one) {
  if (!texts.has(one)) texts.set(one, [one.method, one.path, one.query, one.operation, one.status, one.case, one.scenario, one.token, one.why, one.error, one.session].join(" ").toLowerCase());
  return texts.get(one);
}
