// The keyboard map. Keys rest while somebody types, and can be turned off (WCAG 2.1.4).

import { button, h } from "./dom.js";

const OFF = "mockserver.keys";
let frame = { screens: [], go() {}, screen: () => ({ keys: {} }) };
let pending = "";

const MAP = [
  ["/", "Search or filter"],
  ["j  k", "Next and previous row"],
  ["Enter", "Open the row"],
  ["Esc", "Close what is open"],
  ["c", "Copy as curl"],
  ["p", "Hold or resume the live log"],
  ["t", "Light or dark"],
  ["?", "This list"],
];

/** Listen from now on; the frame knows the screens and the one that is shown. */
export function keep(given) {
  frame = given;
  document.addEventListener("keydown", take);
}

function take(event) {
  const typing = event.target.closest?.("input, textarea, select, dialog");
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") return void frame.screen().keys.Escape?.();
  if (typing || localStorage.getItem(OFF)) return;
  if (event.key === "Enter" && event.target.closest("a, button, summary")) return;
  const known = pending === "g" ? toScreen(event.key) : press(event.key);
  pending = event.key === "g" && pending !== "g" ? "g" : "";
  if (known) event.preventDefault();
}

function toScreen(key) {
  const screen = frame.screens.find(([, , letter]) => letter === key);
  if (screen) frame.go(screen[0]);
  return Boolean(screen);
}

function press(key) {
  if (key === "?") return showKeys(), true;
  if (key === "t") return document.getElementById("theme").click(), true;
  if (key === "/") {
    const field = document.querySelector("[data-search]");
    field?.focus();
    field?.select();
    return Boolean(field);
  }
  const own = frame.screen().keys[key];
  if (own) return own(), true;
  if (key === "j" || key === "k") return step(key === "j" ? 1 : -1);
  return false;
}

// Where a screen has no rows of its own kind, its rows are the elements that say so.
function step(by) {
  const rows = [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent);
  const at = rows.indexOf(document.activeElement);
  const next = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
  next?.focus();
  return Boolean(next);
}

export function showKeys() {
  const off = h("input", { type: "checkbox", id: "keys-on" });
  off.checked = !localStorage.getItem(OFF);
  off.addEventListener("change", () => (off.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "off")));
  const rows = [...MAP, ...frame.screens.map(([, title, letter]) => [`g ${letter}`, title])];
  const dialog = h("dialog", { "aria-labelledby": "keys-title" },
    h("h2", { id: "keys-title" }, "Keyboard"),
    h("dl", { class: "keys" }, rows.map(([key, what]) => h("div", {}, h("dt", {}, key.split(/ +/).map((one) => h("kbd", {}, one))), h("dd", {}, what)))),
    h("div", { class: "row end" }, h("label", { class: "check", for: "keys-on" }, off, "Single keys work"), button("Close", () => dialog.close(), { kind: "main" })));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
