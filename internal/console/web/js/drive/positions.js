// Positions that the server has not acknowledged: kept over a lost connection and
// over a reload, and bounded.

import { keep, kept } from '../shared/keep.js';

const MOST = 300;
const SAVE = 5000; // ms between times that they are kept

export class Positions {
  #saved = 0;

  constructor(key) {
    this.key = key;
    const { seq = 0, list = [] } = kept(key) ?? {};
    // An app that lost its count begins with the time; so counts always grow.
    Object.assign(this, { seq: Math.max(seq, Date.now()), list });
    addEventListener('pagehide', () => this.save());
  }

  /** Numbers a fix and keeps it. */
  add(fix) {
    const position = { seq: ++this.seq, ...fix };
    this.list.push(position);
    if (this.list.length > MOST) this.#thin();
    if (Date.now() - this.#saved > SAVE) this.save();
    return position;
  }

  /** Full: every second one of the older half goes, so that the way keeps its shape. */
  #thin() {
    const half = this.list.length >> 1;
    this.list = this.list.filter((_, i) => i >= half || i % 2 === 0);
  }

  /** Nothing up to seq has to be sent again. */
  acknowledge(seq) {
    if (seq > this.seq) return; // of an earlier life of this app, which was lost
    this.list = this.list.filter((p) => p.seq > seq);
  }

  save() {
    this.#saved = Date.now();
    keep(this.key, { seq: this.seq, list: this.list });
  }
}
