// The drivers as numbers for the graphics card: where each comes from and goes
// to, and when. The card computes where they are between two reports, so that
// ten thousand moving drivers cost this page nothing but their reports.

import { mercatorX, mercatorY } from '../shared/geometry.js';
import { TURN } from '../shared/motion.js';

export const FLOATS = 11; // fromX, fromY, toX, toY · from, to (headings), start, span · look, shape, busy
const FAR = 0.02; // of the mercator plane: beyond that single precision gets coarse
const LONG = 3600e3; // ms: the same of time
const rad = Math.PI / 180;
export { TURN };

export class Field {
  #slots = new Map(); // driver → place in the numbers
  #free = [];
  #dirty = [Infinity, -Infinity];
  data = new Float32Array(FLOATS * 1024);
  count = 0; // places in use, free ones among them
  anchor = { x: 0.5, y: 0.5, at: 0 };

  /** place gives a driver's {look, shape, busy} as numbers. */
  constructor(city, place) {
    this.city = city;
    this.place = place;
    city.onDriver = (d) => this.put(d);
    city.onGone = (d) => this.drop(d);
  }

  put(d) {
    let slot = this.#slots.get(d.id);
    if (slot === undefined) {
      slot = this.#free.pop() ?? this.count++;
      if ((slot + 1) * FLOATS > this.data.length) this.#grow();
      this.#slots.set(d.id, slot);
    }
    this.#write(slot, d);
  }

  drop(d) {
    const slot = this.#slots.get(d.id);
    if (slot === undefined) return;
    this.#slots.delete(d.id);
    this.#free.push(slot);
    this.data.fill(0, slot * FLOATS, (slot + 1) * FLOATS);
    this.data[slot * FLOATS + 10] = -1; // drawn by no pass
    this.#touch(slot);
  }

  /** Keeps the numbers near to where the map looks: everything is relative to the anchor. */
  settle(x, y, now) {
    const { anchor } = this;
    if (Math.abs(x - anchor.x) < FAR && Math.abs(y - anchor.y) < FAR && now - anchor.at < LONG) return;
    this.anchor = { x, y, at: now };
    for (const [id, slot] of this.#slots) {
      const d = this.city.drivers.get(id);
      if (d) this.#write(slot, d);
    }
  }

  /** The places that changed since the last call: [first, beyond the last]. */
  taken() {
    const [first, last] = this.#dirty;
    this.#dirty = [Infinity, -Infinity];
    return first > last ? [0, 0] : [first, last + 1];
  }

  #write(slot, d) {
    const { motion: m } = d;
    const { x, y, at } = this.anchor;
    const [look, shape, busy] = this.place(d);
    const to = m.toHeading;
    const from = Number.isNaN(m.fromHeading) ? to : to - ((((to - m.fromHeading) % 360) + 540) % 360) + 180;
    const i = slot * FLOATS;
    const { data } = this;
    data[i] = m.fromX - x;
    data[i + 1] = m.fromY - y;
    data[i + 2] = m.toX - x;
    data[i + 3] = m.toY - y;
    data[i + 4] = (from || 0) * rad;
    data[i + 5] = (to || 0) * rad;
    data[i + 6] = m.start - at;
    data[i + 7] = m.span;
    data[i + 8] = look;
    data[i + 9] = shape;
    data[i + 10] = busy;
    this.#touch(slot);
  }

  #touch(slot) {
    this.#dirty = [Math.min(this.#dirty[0], slot), Math.max(this.#dirty[1], slot)];
  }

  #grow() {
    const bigger = new Float32Array(this.data.length * 2);
    bigger.set(this.data);
    this.data = bigger;
  }
}

/** Marks that are written anew at each frame: requests, and rings around what is selected. */
export class Extras {
  data = new Float32Array(FLOATS * 64);
  count = 0;

  constructor(field) {
    this.field = field;
  }

  clear() {
    this.count = 0;
  }

  put({ lat, lon }, look, shape) {
    this.putAt(mercatorX(lon), mercatorY(lat), look, shape);
  }

  putAt(x, y, look, shape) {
    if ((this.count + 1) * FLOATS > this.data.length) {
      const bigger = new Float32Array(this.data.length * 2);
      bigger.set(this.data);
      this.data = bigger;
    }
    const { anchor } = this.field;
    const [u, v] = [x - anchor.x, y - anchor.y];
    this.data.set([u, v, u, v, 0, 0, 0, 1, look, shape, 0], this.count++ * FLOATS);
  }
}
