// The driver's socket: says hello, sends positions until they are acknowledged,
// hears offers and trips.

import { Socket } from '../shared/socket.js';

const BATCH = 100; // positions in a frame

/** Close codes after which there is no use in coming back, and what to say. */
const ends = {
  4001: 'elsewhere', // a newer session of this driver
  4003: 'ended', // by an operator
  4004: 'unknown', // not registered
};

export class Link {
  #ready = false;

  /** onFrame gets offers, offer_closed and trips; onLink off, connecting, live, lost or one of ends. */
  constructor({ identity, positions, onFrame, onLink, onHello }) {
    Object.assign(this, { positions, onFrame, onLink, onHello, status: 'offline' });
    this.socket = new Socket({
      path: '/v1/driver/stream', identity,
      onFrame: (frame) => this.#hear(frame),
      onState: (state) => this.#become(state),
      onClose: (code) => this.#closed(code),
    });
  }

  open() {
    this.socket.open();
  }

  close() {
    this.#ready = false;
    this.positions.save();
    this.socket.close();
    this.onLink('off');
  }

  #become(state) {
    if (state !== 'live') {
      this.#ready = false;
      this.onLink(state);
    }
  }

  #closed(code) {
    if (!ends[code]) return true;
    this.#ready = false;
    this.onLink(ends[code]);
    return false;
  }

  #hear(frame) {
    if (frame.type === 'hello') this.#greet(frame);
    else if (frame.type === 'ack') this.positions.acknowledge(frame.seq);
    else if (frame.type === 'offer') this.#offer(frame);
    else this.onFrame(frame);
  }

  /** After hello: the status, what was not acknowledged, and then what is new. */
  #greet(hello) {
    this.positions.acknowledge(hello.seq);
    this.#ready = true;
    this.socket.send({ type: 'status', status: this.status });
    const { list } = this.positions;
    for (let i = 0; i < list.length; i += BATCH) this.socket.send({ type: 'positions', positions: list.slice(i, i + BATCH) });
    this.onHello(hello);
    this.onLink('live');
  }

  /** An offer is confirmed at once: the time to answer begins then. */
  #offer(frame) {
    this.socket.send({ type: 'received', offer_id: frame.offer_id });
    this.onFrame(frame);
  }

  /** A fix: sent now, or after the next hello. */
  position(fix) {
    const position = this.positions.add(fix);
    if (this.#ready) this.socket.send({ type: 'position', ...position });
  }

  /** "available" or "offline". */
  say(status) {
    this.status = status;
    if (this.#ready) this.socket.send({ type: 'status', status });
  }
}
