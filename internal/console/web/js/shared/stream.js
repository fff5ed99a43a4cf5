// The live stream: one WebSocket that reconnects by itself and subscribes again
// to the part of the map that is in view.

import { clipped, grown, within } from './geometry.js';

const BACKOFF = { first: 500, most: 15000 }; // ms
const STALE = 12000; // ms without a frame; the server sends counts every few seconds
const SETTLE = 300; // ms that the view has to rest before it is subscribed to
const MARGIN = 0.25; // of the view, on each side: small moves need no new subscription
const TOO_WIDE = 9; // times the area of the view: then a narrower subscription pays
const WIDEST = { lon: 2.4, lat: 1.2 }; // degrees: the server watches 64 cells at most, of 0.35 by 0.18
const FELL_BEHIND = 4008; // close code: this reader was too slow, it may come back at once

export class Stream {
  #socket = null;
  #attempts = 0;
  #view = null;
  #subscribed = null;
  #lastFrame = 0;
  #resubscribe = 0;
  #stopped = true;
  #state = '';

  /**
   * onFrame gets each frame; onState "connecting", "live", "stale" or
   * "reconnecting"; onRefused is called when somebody has to sign in.
   */
  constructor({ session, onFrame, onState, onRefused }) {
    Object.assign(this, { session, onFrame, onState, onRefused });
    setInterval(() => this.#watch(), 2000);
  }

  start() {
    this.#stopped = false;
    this.#become('connecting');
    this.#connect();
  }

  /** What is in view: [west, south, east, north]. */
  look(box) {
    this.#view = box;
    clearTimeout(this.#resubscribe);
    this.#resubscribe = setTimeout(() => this.#subscribe(), SETTLE);
  }

  #become(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.onState(state);
  }

  async #connect() {
    const token = await this.session.token().catch(() => undefined);
    if (token === null) return this.#refused();
    if (token === undefined) return this.#again();
    const address = new URL('/v1/stream', location.href);
    address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    address.searchParams.set('access_token', token);
    this.#socket = new WebSocket(address);
    this.#socket.onopen = () => this.#opened();
    this.#socket.onmessage = (event) => this.#received(event.data);
    this.#socket.onclose = (event) => this.#closed(event);
  }

  #opened() {
    this.#lastFrame = Date.now();
    this.#subscribed = null;
    this.#subscribe();
  }

  #received(data) {
    this.#attempts = 0;
    this.#lastFrame = Date.now();
    this.#become('live');
    this.onFrame(JSON.parse(data));
  }

  async #closed({ code }) {
    this.#socket = null;
    if (code === FELL_BEHIND && this.#attempts++ === 0) return this.#connect();
    this.#become('reconnecting');
    // A browser does not say why an upgrade was refused: ask.
    if (this.#attempts > 0 && !(await this.session.holds())) return this.#refused();
    this.#again();
  }

  #refused() {
    this.session.drop();
    if (this.session.demo) return this.#again();
    this.#stopped = true;
    this.onRefused();
  }

  #again() {
    const wait = Math.min(BACKOFF.most, BACKOFF.first * 2 ** this.#attempts++);
    // Spread out, so that a restarted server does not meet every page at once.
    setTimeout(() => this.#connect(), wait * (0.5 + Math.random() / 2));
  }

  #watch() {
    const open = this.#socket?.readyState === WebSocket.OPEN;
    if (!this.#stopped && open && Date.now() - this.#lastFrame > STALE) this.#become('stale');
  }

  #subscribe() {
    if (this.#socket?.readyState !== WebSocket.OPEN || !this.#view) return;
    const view = watchable(this.#view);
    if (this.#subscribed && within(view, this.#subscribed) && area(this.#subscribed) < area(view) * TOO_WIDE) return;
    this.#subscribed = watchable(grown(view, MARGIN));
    this.#socket.send(JSON.stringify({ type: 'subscribe', bbox: this.#subscribed }));
  }
}

const watchable = (box) => clipped(box, WIDEST.lon, WIDEST.lat);

/** Whether a view is too wide for all of it to be live. */
export function tooWide(view) {
  return !within(view, watchable(view));
}

const area = ([w, s, e, n]) => (e - w) * (n - s);
