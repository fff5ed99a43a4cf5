// How long riders waited over the last minutes, and when the policy was switched.

import { duration } from '../shared/format.js';

const NS = 'http://www.w3.org/2000/svg';
const WIDTH = 318;
const HEIGHT = 80;
const BASE = HEIGHT - 15; // where 0 is
const TOP = 14; // room for the names of policies
const STEPS = [5, 10, 15, 20, 30, 60, 90, 120, 180, 240, 300, 450, 600, 900, 1200, 1800, 3600]; // s that the top may be

export class WaitChart {
  #svg;

  constructor(svg) {
    this.#svg = svg;
    svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
    svg.setAttribute('role', 'img');
  }

  /** Draws the stats, oldest first, with marks [{at, name}], at in ms. */
  draw(history, marks) {
    const points = history.map((s) => ({ at: Date.parse(s.at), pickup: s.pickup_s.p50, match: s.match_s.p50 })).filter((p) => p.pickup > 0 || p.match > 0);
    if (points.length < 2) return;
    const [from, to] = [points[0].at, points.at(-1).at];
    const most = Math.max(...points.map((p) => Math.max(p.pickup, p.match)));
    const top = STEPS.find((s) => s >= most) ?? most;
    const x = (at) => ((at - from) / (to - from)) * WIDTH;
    const y = (seconds) => BASE - (seconds / top) * (BASE - TOP);
    const path = (key) => points.filter((p) => p[key] > 0).map((p, i) => `${i ? 'L' : 'M'}${x(p.at).toFixed(1)} ${y(p[key]).toFixed(1)}`).join('');
    const shown = marks.filter((m) => m.at >= from && m.at <= to);
    this.#svg.replaceChildren(
      make('path', { class: 'grid', d: `M0 ${TOP}H${WIDTH}M0 ${BASE}H${WIDTH}` }),
      make('path', { class: 'line match', d: path('match') }), make('path', { class: 'line pickup', d: path('pickup') }),
      ...shown.flatMap((m, i) => mark(x(m.at), m.name, x(shown[i + 1]?.at ?? to + 1) - x(m.at))),
      text(0, TOP - 4, duration(top)),
      text(0, HEIGHT - 3, `${duration((to - from) / 1000)} ago`), text(WIDTH, HEIGHT - 3, 'now', 'end'),
    );
    const switches = shown.map((m) => `, ${m.name} since ${duration((to - m.at) / 1000)}`).join('');
    this.#svg.setAttribute('aria-label', `Half of the riders had their driver at the pickup within ${duration(points.at(-1).pickup)}${switches}`);
  }
}

/** A switch: a line, and the policy's name where there is room for it. */
function mark(x, name, room) {
  const width = name.length * 6 + 8;
  const left = x + width > WIDTH;
  const line = make('path', { class: 'mark-line', d: `M${x.toFixed(1)} ${TOP - 11}V${BASE}` });
  return room < width && !left ? [line] : [line, text(left ? x - 4 : x + 4, TOP - 4, name, left ? 'end' : 'start', 'mark-name')];
}

function text(x, y, content, anchor = 'start', name = '') {
  const element = make('text', { x, y, 'text-anchor': anchor, class: name });
  element.textContent = content;
  return element;
}

function make(tag, attributes) {
  const element = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
