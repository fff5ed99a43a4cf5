// What is in view: a subscription of the operator's stream that follows the map.

import { clipped, grown, within } from '../shared/geometry.js';
import { Socket } from '../shared/socket.js';

const SILENT = 12000; // ms without a frame; the server sends counts every few seconds
const SETTLE = 300; // ms that the view has to rest before it is subscribed to
const MARGIN = 0.25; // of the view, on each side: small moves need no new subscription
const TOO_WIDE = 9; // times the area of the view: then a narrower subscription pays
const WIDEST = { lon: 2.4, lat: 1.2 }; // degrees: the server watches 64 cells at most, of 0.35 by 0.18
const FAR = 10.2; // zoom below which cells are shown and no drivers
const CROWDED = { zoom: 12, drivers: 4000 }; // so many cannot be told apart so far out either

export class Stream {
  #view = null;
  #zoom = 0;
  #subscribed = null;
  #resubscribe = 0;

  /** onFrame gets each frame, onState "connecting", "live" or "lost". */
  constructor({ identity, city, onFrame, onState }) {
    this.city = city;
    this.onFrame = onFrame;
    this.cells = true; // until the server says that it has none
    this.socket = new Socket({
      path: '/v1/stream', identity, silent: SILENT, onFrame: (frame) => this.#received(frame),
      onState: (state) => {
        if (state !== 'live') this.#subscribed = null;
        onState(state);
        if (state === 'live') this.#subscribe();
      },
    });
  }

  open() {
    this.socket.open();
  }

  close() {
    this.socket.close();
  }

  /** What is in view: [west, south, east, north]. */
  look(box, zoom) {
    this.#view = box;
    this.#zoom = zoom;
    clearTimeout(this.#resubscribe);
    this.#resubscribe = setTimeout(() => this.#subscribe(), SETTLE);
  }

  #received(frame) {
    if (frame.type === 'error' && this.#subscribed?.far && this.cells) {
      this.cells = false; // an older server
      this.#subscribed = null;
      this.#subscribe();
      return;
    }
    if (frame.type === 'subscribed') this.city.show(frame.detail);
    this.onFrame(frame);
  }

  /** Whether drivers are too many and too small to be told apart. */
  #isFar() {
    if (!this.cells) return false;
    const crowded = this.#subscribed?.far ? this.city.crowd() : this.city.drivers.size;
    return this.#zoom < FAR || (this.#zoom < CROWDED.zoom && crowded > CROWDED.drivers);
  }

  #subscribe() {
    if (!this.#view) return;
    const [far, old] = [this.#isFar(), this.#subscribed];
    const view = watchable(this.#view);
    if (old?.far === far && within(view, old.box) && area(old.box) < area(view) * TOO_WIDE) return;
    const box = watchable(grown(view, MARGIN));
    if (this.socket.send({ type: 'subscribe', bbox: box, ...(far ? { detail: 'cells' } : {}) })) this.#subscribed = { box, far };
  }
}

const watchable = (box) => clipped(box, WIDEST.lon, WIDEST.lat);

/** Whether a view is too wide for all of it to be live. */
export function tooWide(view) {
  return !within(view, watchable(view));
}

const area = ([w, s, e, n]) => (e - w) * (n - s);
