// Elements without markup: every text goes through text nodes, so nothing that was recorded is ever read as HTML.

const SVG = "http://www.w3.org/2000/svg";

/** Make an element. Props: `class`, `on…` listeners, `data-…`/`aria-…` and other attributes; true is empty, null and false are left out. */
export function h(tag, props, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** Make an SVG element. */
export function s(tag, props, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

function fill(element, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on") && typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
}

/** Replace what an element holds. */
export function put(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/** Draw one of the icons as strokes on a 16 by 16 grid; it carries no meaning of its own. */
export function icon(name) {
  const svg = s("svg", { viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" });
  svg.append(s("path", { d: ICONS[name] }));
  return svg;
}

const ICONS = {
  lock: "M4.5 7.5h7v5h-7zM6 7.5V5.2a2 2 0 0 1 4 0v2.3",
  copy: "M6 6h7v7H6zM10 6V3H3v7h3",
  sun: "M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6M8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9",
  moon: "M13 9.5A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.5z",
  bolt: "M9 1.8 3.8 9H8l-1 5.2L12.2 7H8z",
  back: "M10 3.5 5.5 8l4.5 4.5",
  close: "M4 4l8 8M12 4l-8 8",
};

/** A button; `kind` is a class. */
export function button(label, click, { kind = "", glyph, ...props } = {}) {
  return h("button", { type: "button", class: kind, onclick: click, ...props }, glyph && icon(glyph), label);
}

/** The status of an answer: the colour repeats what the number says. */
export function statusText(status) {
  return h("span", { class: `status s${String(status)[0]}` }, String(status));
}

export function method(name) {
  return h("span", { class: "method" }, name);
}

/** Where something is written. */
export function place(text) {
  return text ? h("code", { class: "place" }, text) : null;
}

/** What a screen says while it has nothing to show: a sentence and the next command. */
export function empty(sentence, command) {
  return h("div", { class: "empty" }, h("p", {}, sentence), command && h("pre", { tabindex: 0 }, command));
}

export function table(caption, heads, rows, props = {}) {
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    h("table", props, h("caption", { class: "sr" }, caption),
      h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, rows)));
}

export function block(text, label) {
  return h("pre", { tabindex: 0, "aria-label": label, role: "region" }, text);
}

/** A text as it is read best: JSON is set out, all else stays. */
export function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** Say something at the foot of the page, and to screen readers. */
export function say(text) {
  const toast = document.getElementById("toast");
  toast.textContent = text;
  toast.dataset.shown = "";
  clearTimeout(say.timer);
  say.timer = setTimeout(() => delete toast.dataset.shown, 4000);
}

/** Copy, or where the browser forbids it (no secure context) show the text selected. */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    say(`Copied ${what}`);
  } catch {
    const area = h("textarea", { readonly: true, rows: 6, "aria-label": what }, text);
    await ask("Copy this text", [area], "Done");
  }
}

/** Ask in a dialog; returns whether it was accepted. */
export function ask(title, content, accept) {
  // Enter in a field means the form's first submit button: Cancel must be none.
  const form = h("form", { method: "dialog" }, h("h2", { id: "ask" }, title), content,
    h("div", { class: "row end" }, h("button", { type: "button", onclick: () => dialog.close("") }, "Cancel"), h("button", { value: "yes", class: "main" }, accept)));
  const dialog = h("dialog", { "aria-labelledby": "ask" }, form);
  document.body.append(dialog);
  dialog.showModal();
  (dialog.querySelector("input, textarea, select") ?? dialog.querySelector(".main")).focus();
  dialog.querySelector("textarea")?.select();
  return new Promise((done) => dialog.addEventListener("close", () => {
    dialog.remove();
    done(dialog.returnValue === "yes");
  }));
}
