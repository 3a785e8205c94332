// The bar that is always there: which scenario, in which session, for whom.

import { ask, button, copy, h, put, say } from "./dom.js";
import { attempt, baseUrl, changes, choose, reset, state, useForAll, useForMe } from "./state.js";

const NEW = "\u0000new";

export function drawScope(bar) {
  const scenario = h("select", { id: "scenario", onchange: () => choose({ scenario: scenario.value }) });
  const session = h("select", { id: "session", onchange: () => (session.value === NEW ? nameSession() : choose({ session: session.value })) });
  const me = button("For me", () => attempt(toggleMe), { "aria-pressed": "false", title: "By a cookie in this browser; other browsers are not touched" });
  const all = button("For everyone", () => attempt(toggleAll), { "aria-pressed": "false", title: "The default of every session that names no scenario" });
  const base = button("Copy base URL", () => copy(baseUrl(), "the base URL"), { glyph: "copy" });
  const again = button("Reset session", () => attempt(resetSession), { title: "Back to the first call: sequences, states, forced answers, created things" });
  const force = h("p", { class: "force", role: "status" });
  put(bar, h("label", { for: "scenario" }, "Scenario"), scenario, h("label", { for: "session" }, "Session"), session,
    h("div", { class: "group" }, me, all), base, again, force);

  function draw() {
    const names = state.scenarios.scenarios.map((one) => one.name);
    put(scenario, h("option", { value: "" }, "none"), names.map((one) => h("option", { value: one }, one)));
    if (state.scenario && !names.includes(state.scenario)) scenario.append(h("option", { value: state.scenario }, `${state.scenario} (gone)`));
    scenario.value = state.scenario;
    const known = [...new Set(["default", ...state.sessions.map((one) => one.name), state.session])];
    put(session, known.map((one) => h("option", { value: one }, one)), h("option", { value: NEW }, "New session…"));
    session.value = state.session;
    me.setAttribute("aria-pressed", String(isMine()));
    all.setAttribute("aria-pressed", String(isForAll()));
    const { mine } = state;
    const parts = [`Everyone: ${state.scenarios.default ?? "none"}`];
    parts.push(`This browser: ${mine.scenario ? `${mine.scenario} in ${mine.session}` : "as everyone"}`);
    const places = state.now.positions.filter((one) => !state.scenario || one.scenario === state.scenario);
    for (const one of places) parts.push(`${one.operation}: call ${one.position} of ${one.of}`);
    for (const [name, at] of Object.entries(state.now.states)) if (!state.scenario || name === state.scenario) parts.push(`${name}: ${at}`);
    put(force, parts.map((part) => h("span", {}, part)));
  }

  async function nameSession() {
    const input = h("input", { id: "new-session", required: true, pattern: "[A-Za-z0-9._\\-]+", maxlength: 64, autocomplete: "off" });
    const given = await ask("New session", [h("p", {}, "A session has its own place in sequences, its own forced answers and its own things. Letters, digits, . _ -"),
      h("label", { for: "new-session" }, "Name"), input], "Use it");
    if (given && input.value) await choose({ session: input.value });
    else draw();
  }

  async function toggleMe() {
    if (isMine()) await useForMe("", "");
    else if (state.scenario) await useForMe(state.scenario, state.session);
    else return say("Choose a scenario first");
    say(state.mine.scenario ? `This browser is now in ${state.scenario}, session ${state.session}` : "This browser follows everyone again");
  }

  async function toggleAll() {
    await useForAll(isForAll() ? "" : state.scenario);
    say(state.scenarios.default ? `Everyone is now in ${state.scenarios.default}` : "Everyone is in no scenario");
  }

  async function resetSession() {
    await reset();
    say(`Session ${state.session} is at its beginning`);
  }

  changes.addEventListener("session", draw);
  changes.addEventListener("choice", draw);
  draw();
}

const isMine = () => Boolean(state.scenario) && state.mine.scenario === state.scenario && state.mine.session === state.session;
const isForAll = () => Boolean(state.scenario) && state.scenarios.default === state.scenario;
