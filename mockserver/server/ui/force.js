// One documented answer as a chip, and the menu by which it is forced.

import { button, h, put } from "./dom.js";
import { attempt, force, release, state } from "./state.js";

let open = null;

/** The chip of an answer: pressed while it is forced in the chosen session. */
export function chip(operation, answer) {
  const names = [...answer.cases, ...answer.examples.filter((one) => !answer.cases.includes(one))];
  const label = `${answer.status}${names.length ? ` ${names[0]}` : ""}${names.length > 1 ? ` +${names.length - 1}` : ""}`;
  return h("button", {
    type: "button", class: `chip s${answer.status[0]}`, "aria-pressed": "false", "aria-haspopup": "dialog",
    "data-status": answer.status, title: [answer.description, ...names].join("\n"), onclick: (event) => menu(event.currentTarget, operation, answer),
  }, h("span", { class: "code" }, answer.status), h("span", { class: "sr" }, ` of ${operation.name}`), names.length > 0 && h("span", { class: "what" }, label.slice(answer.status.length)));
}

/** The override of an operation in the chosen session, or undefined. */
export const overrideOf = (operation) => state.now.overrides[operation.name];

/** Whether an override asks for this answer. */
export function forces(override, answer) {
  if (!override) return false;
  return override.case ? answer.cases.includes(override.case) : matches(String(override.status), answer.status);
}

function matches(status, key) {
  return status === key || (key[1] === "X" && status[0] === key[0]) || (key === "default" && status === "500");
}

/** Mark the chips of an operation, and say how long the forcing lasts. */
export function mark(operation, row) {
  const override = overrideOf(operation);
  const exact = operation.answers.find((one) => override && one.status === String(override.status));
  for (const one of row.querySelectorAll(".chip")) {
    const answer = operation.answers.find((each) => each.status === one.dataset.status);
    one.setAttribute("aria-pressed", String(exact ? exact === answer : forces(override, answer)));
  }
  const note = row.querySelector(".forced");
  if (note) put(note, override && stopButton(operation, override));
}

function stopButton(operation, override) {
  const what = override.case ?? override.example ?? override.status;
  const rest = override.times ? ` ${override.times}×` : "";
  return button(`${what}${rest}`, () => attempt(() => release(operation.name)), { kind: "stop", glyph: "close", title: "Stop forcing", "aria-label": `Stop forcing ${what}` });
}

function numeric(key) {
  if (/^\d+$/.test(key)) return Number(key);
  return key[1] === "X" ? Number(`${key[0]}00`) : 500; // a range or `default` has no status of its own
}

function menu(anchor, operation, answer) {
  open?.remove();
  const which = h("select", { id: "force-what" }, h("option", { value: "{}" }, "any example"),
    answer.cases.map((one) => h("option", { value: JSON.stringify({ case: one }) }, `case ${one}`)),
    answer.examples.map((one) => h("option", { value: JSON.stringify({ example: one }) }, `example ${one}`)));
  const count = h("input", { id: "force-times", type: "number", min: 1, max: 1000, value: 3 });
  const start = (times) => {
    const chosen = JSON.parse(which.value);
    const override = chosen.case ? chosen : { status: numeric(answer.status), ...chosen };
    open.hidePopover();
    return attempt(() => force(operation.name, times ? { ...override, times } : override));
  };
  open = h("div", { class: "menu", popover: "auto", role: "dialog", "aria-label": `Force ${answer.status} of ${operation.name}` },
    h("p", {}, h("strong", {}, answer.status), ` ${answer.description}`),
    which.options.length > 1 && [h("label", { for: "force-what" }, "Answer with"), which],
    anchor.getAttribute("aria-pressed") === "true" && button("Stop forcing", () => (open.hidePopover(), attempt(() => release(operation.name)))),
    button("Until reset", () => start(0), { kind: "main" }), button("Once", () => start(1)),
    h("div", { class: "row" }, h("label", { class: "sr", for: "force-times" }, "How many times"), count, button("times", () => start(count.valueAsNumber || 1))),
    h("p", { class: "muted" }, `In session ${state.session}`));
  document.body.append(open);
  const here = open;
  here.addEventListener("toggle", (event) => event.newState === "closed" && (here.remove(), anchor.focus()));
  here.showPopover();
  const at = anchor.getBoundingClientRect();
  here.style.left = `${Math.max(8, Math.min(at.left, innerWidth - here.offsetWidth - 8))}px`;
  here.style.top = `${Math.max(8, at.bottom + 4 + here.offsetHeight > innerHeight ? at.top - here.offsetHeight - 4 : at.bottom + 4)}px`;
  here.querySelector("button.main").focus();
}
