// What a link tells of a ride, as it changes.

import { passing } from '../shared/api.js';
import { Pause } from '../shared/pause.js';
import { Store } from '../shared/store.js';

const over = ['completed', 'cancelled', 'expired'];

export class Shared extends Store {
  #pause = new Pause();
  #events = null;

  constructor(token) {
    super({ ride: null, gone: false, link: 'connecting' });
    this.path = `/v1/shared/${encodeURIComponent(token)}`;
    addEventListener('offline', () => this.#lost());
  }

  /** Looks, and listens until the link ends. */
  async start(call) {
    this.call = call;
    try {
      this.#take(await call('GET', this.path));
      this.#pause.reset();
      if (!over.includes(this.state.ride.state)) this.#listen();
    } catch (err) {
      if (passing(err)) this.#again(err.retryAfter * 1000 || 0);
      else this.set({ gone: true, link: 'live' });
    }
  }

  #take(ride) {
    this.set({ ride, link: 'live' });
    if (over.includes(ride.state)) this.#events?.close();
  }

  #listen() {
    this.#events = new EventSource(`${this.path}/events`);
    this.#events.addEventListener('shared', ({ data }) => this.#take(JSON.parse(data)));
    this.#events.onerror = () => this.#lost();
  }

  /** A look tells why: the ride is over, the link ended, or there is no connection. */
  #lost() {
    this.#events?.close();
    if (!over.includes(this.state.ride?.state)) this.#again(0);
  }

  #again(least) {
    this.set({ link: 'lost' });
    this.#pause.then(() => this.start(this.call), least);
  }
}
