// Drawing an area on the map, corner by corner, and reshaping one, with the mouse,
// a finger or keys.

import { html } from '../shared/html.js';
import { useStore } from '../shared/store.js';

const CLOSE = 14; // pixels around a corner that are the corner's
const STEP = 10; // pixels by which an arrow key moves a corner; with Shift one
const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * Resolves to the ring [[lon, lat], …], closed, or to null when given up. With a
 * ring it is that which is reshaped. The corners so far are in the store areas as
 * drawing.
 */
export function draw(map, areas, ring = null) {
  const drawing = new Drawing(map, areas, ring);
  return drawing.result;
}

class Drawing {
  constructor(map, areas, ring) {
    Object.assign(this, { map, areas, reshaping: ring !== null, corners: ring ? ring.slice(0, -1) : [], chosen: ring ? 0 : -1 });
    const ends = [map.takeClicks((e) => this.#click(e)), map.takeDrags((at) => this.#grab(at), (at) => this.move(at))];
    const keys = (e) => this.#key(e);
    document.addEventListener('keydown', keys, true);
    this.result = new Promise((done) => { this.done = done; });
    this.result.then(() => {
      for (const end of ends) end();
      document.removeEventListener('keydown', keys, true);
      map.showDrawing([]);
      areas.set({ drawing: null });
    });
    this.#show();
  }

  #show() {
    this.areas.set({ drawing: this });
    this.#mark();
  }

  #mark() {
    this.map.showDrawing(this.corners, this.chosen, this.reshaping ? this.#middles() : []);
  }

  #middles() {
    return this.corners.map(([x, y], i) => {
      const [p, q] = this.corners[(i + 1) % this.corners.length];
      return [(x + p) / 2, (y + q) / 2];
    });
  }

  add({ lng, lat }) {
    this.corners.push([lng, lat]);
    this.#show();
  }

  /** A corner between the chosen one and the next. */
  addAfter(i = this.chosen) {
    this.corners.splice(i + 1, 0, this.#middles()[i]);
    this.choose(i + 1);
  }

  choose(i) {
    this.chosen = i % this.corners.length;
    this.#show();
  }

  /** Moves the chosen corner to {lng, lat}. */
  move({ lng, lat }) {
    this.corners[this.chosen] = [lng, lat];
    this.#mark();
  }

  remove() {
    if (this.corners.length <= 3) return;
    this.corners.splice(this.chosen, 1);
    this.choose(this.chosen);
  }

  undo() {
    this.corners.pop();
    this.#show();
  }

  rectangle() {
    const [w, s, e, n] = this.map.view(0.15);
    this.corners = [[w, s], [e, s], [e, n], [w, n]];
    this.#show();
  }

  finish() {
    if (this.corners.length >= 3) this.done([...this.corners, this.corners[0]]);
  }

  cancel() {
    this.done(null);
  }

  /** Which of the points is at a place on the screen, -1 for none. */
  #at(points, { x, y }) {
    return points.findIndex((p) => {
      const seen = this.map.project(p);
      return Math.hypot(seen.x - x, seen.y - y) < CLOSE;
    });
  }

  #click({ point, lngLat }) {
    if (this.reshaping) return;
    if (this.corners.length >= 3 && this.#at(this.corners, point) === 0) this.finish();
    else this.add(lngLat);
  }

  /** Takes hold of what is reshaped at a place on the screen: a corner, or the middle of a side, which becomes one. */
  #grab(point) {
    if (!this.reshaping) return false;
    const corner = this.#at(this.corners, point);
    const side = corner < 0 ? this.#at(this.#middles(), point) : -1;
    if (corner >= 0) this.choose(corner);
    else if (side >= 0) this.addAfter(side);
    return corner >= 0 || side >= 0;
  }

  #key(e) {
    if (e.target.closest?.('input, dialog')) return;
    const pressed = e.target.closest?.('button, a') && (e.key === 'Enter' || e.key === ' ');
    const act = pressed ? null : this.#acts(e)[e.key];
    if (!act) return;
    e.preventDefault();
    e.stopImmediatePropagation();
    act();
  }

  #acts({ key, shiftKey }) {
    const acts = { Enter: () => this.finish(), Escape: () => this.cancel() };
    if (!this.reshaping) return { ...acts, Backspace: () => this.undo(), ' ': () => this.add(this.map.centre()) };
    const nudge = () => {
      const { x, y } = this.map.project(this.corners[this.chosen]);
      const [dx, dy] = arrows[key].map((d) => d * (shiftKey ? 1 : STEP));
      this.move(this.map.unproject([x + dx, y + dy]));
    };
    return {
      ...acts, Backspace: () => this.remove(), Delete: () => this.remove(), ' ': () => this.choose(this.chosen + 1), ...(key in arrows ? { [key]: nudge } : {}),
    };
  }
}

/** What can be done while an area is drawn. */
export function DrawBar({ app }) {
  const { drawing } = useStore(app.areas);
  if (!drawing) return null;
  return html`<div id="draw" role="group" aria-label=${drawing.reshaping ? 'Reshape an area' : 'Draw an area'}>
    ${drawing.reshaping ? html`<${Reshape} drawing=${drawing} />` : html`<${Draw} drawing=${drawing} map=${app.map} />`}</div>`;
}

const Act = ({ act, off, children }) => html`<button type="button" class="second small" onClick=${act} disabled=${off}>${children}</button>`;

const Ends = ({ drawing: d }) => html`<span class="spring" /><${Act} act=${() => d.cancel()}>Give up<//>
  <button type="button" class="primary small" onClick=${() => d.finish()} disabled=${d.corners.length < 3}>Finish</button>`;

function Draw({ drawing: d, map }) {
  const n = d.corners.length;
  return html`<p role="status">${n < 3 ? `Click the corners of the area. ${n} so far.` : `${n} corners. Click the first again, or finish.`}</p>
    <p class="row"><${Act} act=${() => d.add(map.centre())}>Corner in the middle<//><${Act} act=${() => d.rectangle()}>What is in view<//>
      <${Act} act=${() => d.undo()} off=${!n}>Undo<//><${Ends} drawing=${d} /></p>`;
}

function Reshape({ drawing: d }) {
  const n = d.corners.length;
  return html`<p role="status">Corner ${d.chosen + 1} of ${n}. Drag it, or move it with the arrow keys; drag the middle of a side for a new one.</p>
    <p class="row"><${Act} act=${() => d.choose(d.chosen + 1)}>Next corner<//><${Act} act=${() => d.addAfter()}>Corner after it<//>
      <${Act} act=${() => d.remove()} off=${n <= 3}>Remove it<//><${Ends} drawing=${d} /></p>`;
}
