// A WebSocket that comes back by itself.

import { Pause } from './pause.js';

const OPEN_WITHIN = 10000; // ms

export class Socket {
  #socket = null;
  #pause = new Pause();
  #wanted = false;
  #silence = 0;

  /**
   * path is the stream's. identity gives tokens. onFrame gets each frame, onState
   * "connecting", "live" or "lost". onClose gets the close code and gives back
   * false where there is no use in coming back. silent is after how many ms
   * without a frame the connection counts as dead; 0 for never.
   */
  constructor({ path, identity, onFrame, onState = () => {}, onClose = () => true, silent = 0 }) {
    Object.assign(this, { path, identity, onFrame, onState, onClose, silent });
    addEventListener('offline', () => this.#lose());
  }

  open() {
    if (this.#wanted) return;
    this.#wanted = true;
    this.onState('connecting');
    this.#connect();
  }

  close() {
    this.#wanted = false;
    this.#pause.stop();
    this.#drop();
  }

  /** Sends the frame, if there is a connection: gives back whether there was. */
  send(frame) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Something else could not reach the server: the browser may not have noticed. */
  suspect() {
    this.#lose();
  }

  async #connect() {
    try {
      const address = new URL(this.path, location.href);
      address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
      address.searchParams.set('access_token', await this.identity.token());
      if (this.#wanted && !this.#socket) this.#attach(new WebSocket(address));
    } catch {
      this.#again(); // no token could be had now
    }
  }

  #attach(socket) {
    this.#socket = socket;
    let heard = false;
    this.#watch(OPEN_WITHIN);
    socket.onopen = () => {
      this.onState('live');
      this.#watch(this.silent);
    };
    socket.onmessage = ({ data }) => {
      heard = true;
      this.#pause.reset();
      this.#watch(this.silent);
      this.onFrame(JSON.parse(data));
    };
    socket.onclose = ({ code, reason }) => this.#closed(socket, code, reason, heard);
  }

  async #closed(socket, code, reason, heard) {
    if (this.#socket !== socket) return;
    this.#drop();
    if (!this.#wanted) return;
    if (this.onClose(code, reason) === false) {
      this.#wanted = false;
      return;
    }
    this.onState('lost');
    // A browser does not say why an upgrade was refused; perhaps for the token.
    if (!heard && navigator.onLine) await this.identity.check().catch(() => {});
    this.#again();
  }

  #again() {
    if (!this.#wanted) return;
    this.onState('lost');
    this.#pause.then(() => this.#connect());
  }

  /** The connection is dead, whatever the browser still believes. */
  #lose() {
    if (!this.#wanted || !this.#socket) return;
    this.#drop();
    this.#again();
  }

  #watch(ms) {
    clearTimeout(this.#silence);
    if (ms) this.#silence = setTimeout(() => this.#lose(), ms);
  }

  #drop() {
    clearTimeout(this.#silence);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }
}
