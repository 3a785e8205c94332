// A list of which only the visible part is in the document, so that ten thousand rows cost as much as fifty.

import { h, put } from "./dom.js";

const BEYOND = 8; // rows kept above and below what is seen

/**
 * A grid (WAI-ARIA) of rows of one height.
 * `heads`: titles of the columns; `cells(item)`: contents of one row; `open(item)`: Enter or click.
 */
export class Rows {
  items = [];
  selected = null; // the id of an item
  #height = 32;
  #drawn = new Map();
  #frame = 0;

  constructor(label, heads, cells, open) {
    this.cells = cells;
    this.open = open;
    this.columns = heads.length;
    this.head = h("div", { role: "row", class: "line head", "aria-rowindex": 1 }, heads.map((head) => h("div", { role: "columnheader" }, head)));
    this.body = h("div", { role: "rowgroup", class: "lines" });
    this.element = h("div", { role: "grid", class: "grid", tabindex: 0, "aria-label": label, "aria-readonly": "true", onscroll: () => this.#later() },
      h("div", { role: "rowgroup", class: "heads" }, this.head), this.body);
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.watch = new ResizeObserver(() => this.#later());
    this.watch.observe(this.element);
  }

  /** Show these items from now on, the newest first. Whoever has scrolled down keeps seeing the same rows. */
  show(items, added = 0) {
    const away = this.element.scrollTop > this.#height;
    this.items = items;
    this.element.setAttribute("aria-rowcount", String(items.length + 1));
    this.body.style.height = `${items.length * this.#height}px`;
    if (away && added) this.element.scrollTop += added * this.#height;
    this.#later();
  }

  select(id, { open = false } = {}) {
    this.selected = id;
    const at = this.items.findIndex((item) => item.id === id);
    if (at >= 0) this.#reveal(at);
    this.#draw();
    if (open && at >= 0) this.open(this.items[at]);
  }

  /** Go to the next row, or the one before, and open it where a row is open. */
  step(by, options) {
    const at = this.items.findIndex((item) => item.id === this.selected);
    const next = Math.max(0, Math.min(this.items.length - 1, at < 0 ? 0 : at + by));
    if (this.items.length) this.select(this.items[next].id, options);
  }

  #key(event) {
    const page = Math.floor(this.element.clientHeight / this.#height) - 2;
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity }[event.key];
    if (by !== undefined) {
      event.preventDefault();
      this.step(by);
    } else if (event.key === "Enter" && this.selected) {
      event.preventDefault();
      event.stopPropagation();
      this.select(this.selected, { open: true });
    }
  }

  #reveal(at) {
    const top = at * this.#height;
    const { scrollTop, clientHeight } = this.element;
    const room = clientHeight - this.head.offsetHeight;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + this.#height > scrollTop + room) this.element.scrollTop = top + this.#height - room;
  }

  #later() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #draw() {
    const first = Math.max(0, Math.floor(this.element.scrollTop / this.#height) - BEYOND);
    const last = Math.min(this.items.length, Math.ceil((this.element.scrollTop + this.element.clientHeight) / this.#height) + BEYOND);
    const drawn = new Map();
    for (let at = first; at < last; at += 1) {
      const item = this.items[at];
      const line = this.#drawn.get(item.id) ?? this.#line(item);
      line.style.transform = `translateY(${at * this.#height}px)`;
      line.setAttribute("aria-rowindex", String(at + 2));
      line.setAttribute("aria-selected", String(item.id === this.selected));
      if (line.parentNode !== this.body) this.body.append(line);
      this.#drawn.delete(item.id);
      drawn.set(item.id, line);
    }
    for (const line of this.#drawn.values()) line.remove();
    this.#drawn = drawn;
    const active = drawn.get(this.selected);
    if (active) this.element.setAttribute("aria-activedescendant", active.id);
    else this.element.removeAttribute("aria-activedescendant");
  }

  #line(item) {
    const line = h("div", { role: "row", class: "line", id: `row-${item.id}`, onclick: () => this.select(item.id, { open: true }) });
    return put(line, this.cells(item).map((cell) => h("div", { role: "gridcell" }, cell)));
  }
}
