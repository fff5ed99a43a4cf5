// What the stream has told of the city so far: drivers, trips, counts and the
// newest events. Frames go in, the page reads; nothing here touches the page.

import { Motion } from '../shared/motion.js';

const LINGER = 6000; // ms that a finished trip stays on the map
const SETTLE = 4000; // ms after a subscription by which everything still there was told again
const KEPT_EVENTS = 60;
const KEPT_STATS = 450;

export const finalStates = new Set(['completed', 'cancelled', 'expired']);

/** The field that has the time of a trip's state. */
const timeFields = {
  scheduled: 'requested_at', searching: 'requested_at', assigned: 'assigned_at', arrived: 'arrived_at',
  riding: 'riding_at', completed: 'completed_at', cancelled: 'cancelled_at', expired: 'expired_at',
};

export class City {
  drivers = new Map(); // id → the driver's newest entry, with motion, cell and fixedAt
  trips = new Map(); // id → the trip, until it lingered
  events = []; // {id, version, state, swapped, at, driver}, newest first
  stats = null;
  history = []; // stats, oldest first
  clockSkew = 0; // ms that the server's clock is ahead of ours

  #generation = 0; // of the subscription; what an older one told and the newest does not is gone
  #settled = Infinity;
  #endings = new Map(); // trip id → when to take it off

  constructor({ now = () => Date.now(), still = () => false } = {}) {
    this.now = now;
    this.still = still;
  }

  /** Takes in one frame of the stream. */
  apply(frame) {
    switch (frame.type) {
      case 'subscribed': return this.#subscribed();
      case 'positions': return frame.drivers.forEach((d) => this.#position(d));
      case 'trip': return this.#trip(frame.trip, frame.reason);
      case 'stats': return this.#count(frame);
    }
  }

  /** The server's time now, in ms. */
  serverNow() {
    return this.now() + this.clockSkew;
  }

  /** Forgets what is over: call it every second or so. */
  sweep() {
    const now = this.now();
    for (const [id, at] of this.#endings) {
      if (at <= now) this.#forgetTrip(id);
    }
    if (now < this.#settled) return;
    this.#settled = Infinity;
    for (const [id, d] of this.drivers) if (d.generation < this.#generation) this.drivers.delete(id);
    for (const [id, t] of this.trips) if (t.generation < this.#generation) this.#forgetTrip(id);
  }

  /** The trip that the driver is on or has an offer for, if it is known. */
  tripOf(driver) {
    return driver.trip_id ? this.trips.get(driver.trip_id) : undefined;
  }

  #forgetTrip(id) {
    this.trips.delete(id);
    this.#endings.delete(id);
  }

  #subscribed() {
    this.#generation++;
    this.#settled = this.now() + SETTLE;
  }

  #position(d) {
    if (d.status === 'offline') {
      this.drivers.delete(d.id);
      return;
    }
    const now = this.now();
    const motion = this.drivers.get(d.id)?.motion;
    if (motion) motion.moveTo(d.lat, d.lon, d.heading, now, this.still());
    this.drivers.set(d.id, {
      ...d,
      motion: motion ?? new Motion(d.lat, d.lon, d.heading, now),
      fixedAt: now - d.age_s * 1000,
      generation: this.#generation,
    });
  }

  /** Takes in a stand of a trip; `swapped` is why it went to another driver last. */
  #trip(trip, reason) {
    const known = this.trips.get(trip.id);
    if (known && known.version > trip.version) return;
    const swapped = known && trip.swaps > known.swaps;
    const why = swapped ? reason : known?.swapped;
    this.trips.set(trip.id, { ...trip, swapped: why, generation: this.#generation });
    if (finalStates.has(trip.state)) this.#endings.set(trip.id, this.now() + LINGER);
    if (known?.version !== trip.version) this.#record(trip, swapped);
  }

  /** Puts the trip's newest change into the list, by its time. */
  #record(trip, swapped) {
    const { id, version, state } = trip;
    if (this.events.some((e) => e.id === id && e.version === version)) return;
    const at = trip[timeFields[state]] ?? trip.requested_at;
    const place = this.events.findIndex((e) => Date.parse(e.at) <= Date.parse(at));
    this.events.splice(place < 0 ? this.events.length : place, 0, { id, version, state, swapped, at, driver: trip.driver_id });
    this.events.length = Math.min(this.events.length, KEPT_EVENTS);
  }

  #count(stats) {
    this.clockSkew = Date.parse(stats.at) - this.now();
    this.stats = stats;
    this.history.push(stats);
    if (this.history.length > KEPT_STATS) this.history.shift();
  }
}
