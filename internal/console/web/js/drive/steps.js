// What the driver pressed, on its way to the server: each is sent until it is
// answered, one after the other, over lost connections, reloads and the same
// driver's next sign-in. The server takes a repetition for what it is.

import { passing, Unreachable } from '../shared/api.js';
import { SignedOut } from '../shared/identity.js';
import { keep, kept } from '../shared/keep.js';
import { Pause } from '../shared/pause.js';

const paths = {
  accept: (id) => `/v1/offers/${id}/accept`, decline: (id) => `/v1/offers/${id}/decline`,
  arrive: (id) => `/v1/trips/${id}/arrive`, start: (id) => `/v1/trips/${id}/start`,
  complete: (id) => `/v1/trips/${id}/complete`, cancel: (id) => `/v1/trips/${id}/cancel`,
};

const outcomes = { arrive: 'arrived', start: 'riding', complete: 'completed' };

export class Steps {
  #pause = new Pause();
  #sending = false;

  /** onAnswer gets (step, trip or undefined), onRefused (step, problem); onChange and onLost nothing. */
  constructor({ api, key, onAnswer, onRefused, onChange, onLost }) {
    Object.assign(this, { api, key, onAnswer, onRefused, onChange, onLost, list: kept(key) ?? [] });
  }

  /** Adds a step, unless it is there already. */
  add(kind, id, body) {
    if (this.list.some((s) => s.kind === kind && s.id === id)) return;
    this.#become([...this.list, { kind, id, body }]);
    this.send();
  }

  #become(list) {
    this.list = list;
    keep(this.key, list.length ? list : null);
    this.onChange();
  }

  /** Sends what waits, now. */
  async send() {
    if (this.#sending || this.list.length === 0) return;
    this.#sending = true;
    this.#pause.stop();
    const [step] = this.list;
    try {
      const trip = await this.api.post(paths[step.kind](step.id), step.body ?? {});
      this.#pause.reset();
      this.#done((s) => s !== step);
      this.onAnswer(step, trip);
    } catch (err) {
      if (err instanceof SignedOut) return; // no answer to the step: it is sent when the driver is in again
      if (err instanceof Unreachable) this.onLost();
      if (passing(err)) return this.#pause.then(() => this.send(), (err.retryAfter ?? 0) * 1000);
      this.#done((s) => s.id !== step.id); // what was to follow it has no ground either
      this.onRefused(step, err);
    } finally {
      this.#sending = false;
    }
    return this.send();
  }

  #done(stays) {
    this.#become(this.list.filter(stays));
  }

  stop() {
    this.#pause.stop();
  }

  /** The trip as it will be when all steps have arrived. */
  ahead(trip) {
    const waiting = this.list.filter((s) => s.id === trip.id && outcomes[s.kind] && !s.body?.pin); // a PIN may be wrong
    return waiting.length ? { ...trip, state: outcomes[waiting.at(-1).kind], waiting: true } : trip;
  }
}
