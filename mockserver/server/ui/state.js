// What all screens share: which session and scenario the person works with, and what the server last said of them.

import * as api from "./api.js";
import { say } from "./dom.js";
import { Live } from "./live.js";

const CHOICE = "mockserver.choice";
const MINE = "mockserver.mine";
export const live = new Live();
export const changes = new EventTarget();

const stored = (key, otherwise) => {
  try {
    return { ...otherwise, ...JSON.parse(localStorage.getItem(key)) };
  } catch {
    return { ...otherwise };
  }
};

/** `session`, `scenario`: chosen in the bar; `mine`: in this browser's cookies; `now`: the session as the server has it. */
export const state = {
  ...stored(CHOICE, { session: "default", scenario: "" }),
  mine: stored(MINE, { scenario: "", session: "" }),
  status: null,
  scenarios: { default: null, scenarios: [] },
  sessions: [],
  now: { overrides: {}, calls: {}, positions: [], states: {}, effective_scenario: null, resources: {} },
};
const NOBODY = state.now;

export const changed = (what) => changes.dispatchEvent(new CustomEvent(what));

/** Do something that may be refused, and say so where it is. */
export async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    say(error.message);
    return undefined;
  }
}

export async function refresh() {
  const [scenarios, { sessions }] = await Promise.all([api.get("scenarios"), api.get("sessions")]);
  Object.assign(state, { scenarios, sessions });
  await refreshSession();
}

const isKnown = () => state.sessions.some((one) => one.name === state.session);

export async function refreshSession() {
  if (!isKnown()) state.sessions = (await api.get("sessions")).sessions;
  // A session is made by its first request or write: to ask for it before would be an error in the console.
  state.now = isKnown() ? await api.get(`sessions/${api.name(state.session)}`) : NOBODY;
  changed("session");
}

export async function choose(choice) {
  Object.assign(state, choice);
  localStorage.setItem(CHOICE, JSON.stringify({ session: state.session, scenario: state.scenario }));
  await attempt(refreshSession);
  changed("choice");
}

export async function useForMe(scenario, session) {
  await api.use(scenario, session);
  state.mine = scenario ? { scenario, session } : { scenario: "", session: "" };
  localStorage.setItem(MINE, JSON.stringify(state.mine));
  changed("session");
}

export async function useForAll(scenario) {
  await api.put("default-scenario", { scenario: scenario || null });
  await refresh();
}

export async function reset() {
  state.now = await api.post(`sessions/${api.name(state.session)}/reset`);
  changed("session");
}

export async function force(operation, override) {
  state.now = await api.put(`sessions/${api.name(state.session)}/overrides/${api.name(operation)}`, { ...override, force: true });
  changed("session");
}

export async function release(operation) {
  state.now = await api.remove(`sessions/${api.name(state.session)}/overrides/${api.name(operation)}`);
  changed("session");
}

/** The base URL by which any client speaks in the chosen session and scenario. */
export function baseUrl() {
  const session = state.session === "default" ? "" : `@${encodeURIComponent(state.session)}`;
  const control = state.scenario || session ? `/~${encodeURIComponent(state.scenario)}${session}` : "";
  return location.origin + control;
}

// Calls of the session change its counters and its place in sequences: asked for again, but not for each of them.
let due = 0;
const later = () => {
  due ||= setTimeout(() => {
    due = 0;
    attempt(refreshSession);
  }, 400);
};
live.addEventListener("exchanges", (event) => event.detail.some((one) => one.session === state.session) && later());
live.addEventListener("session", later);
