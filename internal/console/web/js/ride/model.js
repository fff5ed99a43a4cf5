// What the rider's page knows: where the ride goes, what it would cost, and the
// trip itself. All of it survives a reload.

import { passing, Unreachable } from '../shared/api.js';
import { keep, kept } from '../shared/keep.js';
import { Pause } from '../shared/pause.js';
import { Store } from '../shared/store.js';
import { Follow } from './follow.js';
import { finished } from './trip.js';

const QUOTES = 45000; // ms that quotes are shown before they are asked for again; they hold for 180 s

export class Ride extends Store {
  #pause = new Pause();
  #quoting = 0;

  /** Fields that are kept: pickup, dropoff, step, chosen, wish, tripID. */
  constructor({ api, identity, places, ways }) {
    const key = `cabstand.ride.${identity.sub}`;
    super({ step: 'pickup', link: 'connecting', quotes: null, trip: null, car: null, problem: '', ...kept(key) });
    Object.assign(this, { api, places, ways, key });
    this.follow = new Follow(this, identity);
  }

  /** Goes on where the page was left. */
  start() {
    this.follow.open();
    if (this.state.wish) this.#ask();
    else if (this.state.tripID) this.refresh();
    else if (this.state.step === 'choose') this.quote();
  }

  end() {
    this.follow.close();
    this.#pause.stop();
    clearTimeout(this.#quoting);
  }

  set(fields) {
    super.set(fields);
    const { step, pickup, dropoff, chosen, wish, tripID } = this.state;
    keep(this.key, { step, pickup, dropoff, chosen, wish, tripID });
  }

  setPickup(place) {
    this.set({ pickup: place, step: this.state.dropoff ? 'choose' : 'dropoff', problem: '' });
    if (this.state.step === 'choose') this.quote();
  }

  setDropoff(place) {
    this.set({ dropoff: place, step: 'choose', quotes: null, problem: '' });
    this.quote();
  }

  /** Back to the choice of a place. */
  change(step) {
    clearTimeout(this.#quoting);
    this.set({ step, quotes: null, problem: '' });
  }

  /** Asks what the ride costs, and again as long as somebody looks at that. */
  async quote() {
    clearTimeout(this.#quoting);
    const { pickup, dropoff } = this.state;
    const still = () => this.state.step === 'choose' && this.state.pickup === pickup && this.state.dropoff === dropoff && !this.state.wish;
    let next = QUOTES;
    try {
      const { quotes } = await this.api.post('/v1/quotes', { pickup: point(pickup), dropoff: point(dropoff) });
      if (still()) this.set({ quotes, problem: '' });
    } catch (err) {
      if (still()) this.set({ problem: err.message });
      if (!passing(err)) return;
      next = 3000;
    }
    if (still()) this.#quoting = setTimeout(() => this.quote(), next);
  }

  /**
   * Asks for the trip. The key is kept before anything is sent: however often
   * this is repeated, over reloads too, it makes one trip.
   */
  request({ class: name, quote_id: quote }) {
    const { pickup, dropoff } = this.state;
    const key = Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');
    const body = { pickup: point(pickup), dropoff: point(dropoff), class: name, quote_id: quote };
    this.set({ chosen: name, wish: { key, body }, problem: '' });
    return this.#ask();
  }

  async #ask() {
    const { wish } = this.state;
    try {
      const trip = await this.api.post('/v1/trips', wish.body, { 'Idempotency-Key': wish.key });
      this.#pause.reset();
      this.set({ wish: null });
      this.adopt(trip);
    } catch (err) {
      if (passing(err)) {
        this.set({ problem: err.message });
        this.#pause.then(() => this.state.wish === wish && this.#ask(), err.retryAfter * 1000);
        return;
      }
      this.set({ wish: null, quotes: null, problem: err.code === 'quote_expired' ? 'The price was too old. Here is the new one.' : err.message });
      this.quote();
    }
  }

  /** News of a trip: of this page's, or of one that was asked for elsewhere. */
  adopt(trip) {
    const { trip: mine, tripID } = this.state;
    if (tripID && trip.id !== tripID && !(mine && finished(mine))) return; // one ride at a time on this page
    if (mine?.id === trip.id && mine.version > trip.version) return;
    if (finished(trip) && trip.id !== tripID && mine?.id !== trip.id) return;
    const same = mine?.id === trip.id && mine.driver_id === trip.driver_id;
    const known = same ? mine : {}; // what frames do not tell: the PIN, the driver's name
    this.set({ trip: { ...known, ...trip }, tripID: trip.id, car: same ? this.state.car : null, problem: '' });
    if (!same || mine.version !== trip.version) this.refresh();
  }

  /** Reads the trip itself: it has more than the frames tell. */
  async refresh() {
    const { tripID } = this.state;
    try {
      const trip = await this.api.get(`/v1/trips/${tripID}`);
      if (this.state.tripID !== tripID || this.state.trip?.version > trip.version) return;
      this.set({ trip, ...this.#places(trip) });
    } catch (err) {
      if (err.status === 404 && this.state.tripID === tripID) this.again();
      if (err instanceof Unreachable) this.follow.socket.suspect();
      else if (passing(err)) this.#pause.then(() => this.state.tripID === tripID && this.refresh());
    }
  }

  /** Where the trip goes, with the names that the page knew if they are the same. */
  #places(trip) {
    const same = (a, b) => a && Math.abs(a.lat - b.lat) + Math.abs(a.lon - b.lon) < 1e-5;
    const { pickup, dropoff } = this.state;
    return { pickup: same(pickup, trip.pickup) ? pickup : trip.pickup, dropoff: same(dropoff, trip.dropoff) ? dropoff : trip.dropoff };
  }

  async cancel() {
    const { trip } = this.state;
    try {
      this.adopt(await this.api.post(`/v1/trips/${trip.id}/cancel`, {}));
    } catch (err) {
      this.set({ problem: err.code === 'wrong_state' ? 'Too late: the ride has begun, or it is over.' : err.message });
      this.refresh();
    }
  }

  /** The trip is over and seen: to the next one, to the same places if wanted. */
  again({ same = false } = {}) {
    const { pickup, dropoff } = this.state;
    this.set({ trip: null, tripID: null, car: null, quotes: null, problem: '', step: same ? 'choose' : 'pickup', ...(same ? { pickup, dropoff } : { pickup: null, dropoff: null }) });
    if (same) this.quote();
  }
}

const point = ({ lat, lon }) => ({ lat, lon });
