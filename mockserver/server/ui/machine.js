// A state machine as a drawing: states in a row, what leads onward above them, what leads back below.

import { h, s } from "./dom.js";

const TALL = 30;
const GAP = 96;
const LEVEL = 22;

/** `edges`: [from, to, label] by index; `at`: the present state, -1 for none. */
export function machine(label, names, edges, at) {
  const widths = names.map((name) => 24 + name.length * 7.5);
  const gaps = names.map((_, index) => Math.max(28, ...edges.filter(([from, to, by]) => by && Math.max(from, to) === index + 1 && Math.min(from, to) === index).map(([, , by]) => 24 + by.length * 6.6)));
  const lefts = names.map((_, index) => widths.slice(0, index).reduce((sum, width, each) => sum + width + Math.min(gaps[each], 2 * GAP), 4));
  const middle = (index) => lefts[index] + widths[index] / 2;
  const curved = edges.filter(([from, to]) => to !== from + 1);
  const above = LEVEL * Math.max(0, ...curved.filter(([from, to]) => to > from).map(([from, to]) => to - from)) + (edges.some(([from, to]) => from === to) ? LEVEL + 8 : 0) + 10;
  const below = LEVEL * Math.max(0, ...curved.filter(([from, to]) => to < from).map(([from, to]) => from - to)) + 14;
  const width = lefts.at(-1) + widths.at(-1) + 8;
  const height = above + TALL + below;
  const svg = s("svg", { class: "machine", viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label });
  const seen = new Map();
  for (const [from, to, by] of edges) {
    if (to < 0) continue;
    const key = `${from} ${to}`;
    const again = seen.get(key) ?? 0;
    seen.set(key, again + 1);
    svg.append(...edge(from, to, by, again));
  }
  names.forEach((name, index) => svg.append(s("g", { class: index === at ? "state now" : "state" },
    s("rect", { x: lefts[index], y: above, width: widths[index], height: TALL, rx: 6 }),
    s("text", { x: middle(index), y: above + 19, "text-anchor": "middle" }, name))));

  function edge(from, to, by, again) {
    if (to === from + 1) {
      const [x1, x2, y] = [lefts[from] + widths[from], lefts[to] - 2, above + TALL / 2];
      return [again ? "" : arrow(`M${x1} ${y}H${x2}`, x2, y, 0), words((x1 + x2) / 2, y - 6 - 12 * again, by)];
    }
    if (from === to) {
      const x = middle(from);
      return [again ? "" : arrow(`M${x - 10} ${above}c-6 -26 26 -26 20 0`, x + 10, above, 90), words(x, above - 22 - 12 * again, by)];
    }
    const onward = to > from;
    const y = onward ? above : above + TALL;
    const reach = (onward ? -1 : 1) * LEVEL * Math.abs(to - from) * 1.2;
    const shift = onward ? 8 : -8;
    return [again ? "" : arrow(`M${middle(from) + shift} ${y}C${middle(from)} ${y + reach} ${middle(to)} ${y + reach} ${middle(to) + shift} ${y}`, middle(to) + shift, y, onward ? 90 : -90),
      words((middle(from) + middle(to)) / 2, y + reach * 0.75 + (onward ? -4 : 11) + 12 * again, by)];
  }
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label }, svg);
}

const words = (x, y, by) => s("text", { x, y, class: "by", "text-anchor": "middle" }, by);

function arrow(d, x, y, turn) {
  return s("g", { class: "edge" }, s("path", { d }), s("path", { class: "tip", d: "M0 0L-7 -4V4Z", transform: `translate(${x} ${y}) rotate(${turn})` }));
}
