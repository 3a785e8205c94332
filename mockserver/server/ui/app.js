// The frame: navigation, theme, keys, and which screen is shown.

import * as api from "./api.js";
import { ask, empty, h, icon, put, say } from "./dom.js";
import { keep, showKeys } from "./keys.js";
import { drawScope } from "./scope.js";
import { attempt, changed, live, refresh, refreshSession, state } from "./state.js";

const SCREENS = [
  ["operations", "Operations", "o"],
  ["log", "Live log", "l"],
  ["fixtures", "Fixtures", "f"],
  ["checks", "Checks", "k"],
  ["coverage", "Coverage", "c"],
  ["status", "Status", "s"],
];
const TITLES = Object.fromEntries(SCREENS.map(([id, title]) => [id, title]));
const FILES = { operation: "operation" };
const main = document.getElementById("main");
let shown = { keys: {}, close() {} };
let turn = 0;

/** Show the screen that the address names: `#/screen/argument?query`. */
async function route() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [screen = "operations", ...rest] = path.split("/").filter(Boolean).map(decodeURIComponent);
  const file = TITLES[screen] ? screen : FILES[screen] ?? "operations";
  const mine = ++turn;
  shown.close?.();
  shown = { keys: {} };
  for (const link of document.querySelectorAll("#nav a")) {
    const here = link.dataset.screen === (screen === "operation" ? "operations" : file);
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${rest[0] ?? TITLES[file] ?? "Operations"} · mockserver`;
  const place = h("div", { class: `screen at-${file}` });
  try {
    const module = await import(`./${file}.js`);
    const result = (await module.show(place, rest, new URLSearchParams(query))) ?? {};
    if (mine !== turn) return result.close?.();
    shown = { keys: {}, ...result };
  } catch (error) {
    if (mine !== turn) return;
    if (!(error instanceof api.Refused || error instanceof TypeError)) console.error(error);
    put(place, h("h1", {}, TITLES[file] ?? "Operation"), empty(`The server says: ${error.message}`, "mockserver serve"));
  }
  put(main, place);
  if (route.again) main.focus({ preventScroll: true });
  route.again = true;
  window.scrollTo(0, 0);
}

function drawNavigation() {
  put(document.getElementById("nav"), SCREENS.map(([id, title]) => h("a", { href: `#/${id}`, "data-screen": id }, title)));
  document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
  });
}

// Light, dark, or as the system has it.
function drawTheme() {
  const toggle = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const draw = () => {
    const kept = localStorage.getItem("mockserver.theme");
    if (kept) document.documentElement.dataset.theme = kept;
    const dark = kept ? kept === "dark" : system.matches;
    put(toggle, icon(dark ? "sun" : "moon"));
    toggle.setAttribute("aria-label", dark ? "Light colours" : "Dark colours");
    toggle.onclick = () => {
      localStorage.setItem("mockserver.theme", dark ? "light" : "dark");
      draw();
    };
  };
  system.addEventListener("change", draw);
  draw();
}

async function drawDocument() {
  const before = state.status?.started;
  state.status = await api.get("status");
  const { title, version, operations } = state.status.document;
  document.getElementById("document").textContent = `${title} ${version} · ${operations} operation${operations === 1 ? "" : "s"}`;
  return before !== undefined && before !== state.status.started;
}

const STATES = { live: "live", lost: "no connection", hidden: "paused" };

async function liveState(event) {
  const place = document.getElementById("live");
  place.textContent = STATES[event.detail];
  place.dataset.state = event.detail;
  if (event.detail !== "live") return;
  const restarted = await attempt(drawDocument);
  if (restarted) {
    live.forget();
    await attempt(refresh);
    await route();
    say("The server was started again");
  } else await attempt(refreshSession);
}

async function reloaded(event) {
  if (event.detail.state === "failed") return say(`Not read: ${event.detail.message}`);
  await attempt(drawDocument);
  await attempt(refresh);
  changed("document");
  if (!shown.stays) await route();
  say("Document and fixtures were read again");
}

async function askToken() {
  const input = h("input", { type: "password", id: "token", autocomplete: "off", required: true });
  const refused = api.keptToken() ? "This token was refused. " : "";
  const text = h("p", {}, `${refused}The server asks for its admin token. The terminal shows it at the start.`);
  const given = await ask("Admin token", [text, h("label", { for: "token" }, "Token"), input], "Open");
  if (given) api.keepToken(input.value.trim());
  return given;
}
let asking = null;
api.onUnauthorized(() => (asking ??= askToken().finally(() => (asking = null))));

function go(screen) {
  location.hash = `#/${screen}`;
}

keep({
  screens: SCREENS,
  go,
  screen: () => shown,
});
document.getElementById("help").addEventListener("click", showKeys);
drawNavigation();
drawTheme();
live.addEventListener("state", liveState);
live.addEventListener("reload", reloaded);
addEventListener("hashchange", route);
await Promise.all([attempt(drawDocument), attempt(refresh), route()]);
drawScope(document.getElementById("scope"));
live.start();
performance.mark("mockserver-ready");
