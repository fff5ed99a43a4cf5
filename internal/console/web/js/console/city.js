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
  events = []; // {id, version, state, swapped, at, driver, pickup, dropoff}, newest first
  stats = null;
  history = []; // stats, oldest first
  clockSkew = 0; // ms that the server's clock is ahead of ours
  cells = Object.assign(new Map(), { changes: 0 }); // geohash → {cell, available, busy, open}, where the view is so wide that there are no drivers
  /** Told of each driver whose entry changed, and of each who went: what draws them need not look at all of them. */
  onDriver = () => {};
  onGone = () => {};

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
      case 'cells': return frame.cells.forEach((c) => this.#cell(c));
    }
  }

  /** The server's time now, in ms. */
  serverNow() {
    return this.now() + this.clockSkew;
  }

  /** What the newest subscription tells of, "drivers" or "cells": the others are forgotten at once. */
  show(what) {
    if (what === 'cells') {
      for (const d of [...this.drivers.values()]) this.#forgetDriver(d);
      this.trips.clear();
      this.#endings.clear();
    } else {
      this.cells.clear();
      this.cells.changes++;
    }
  }

  /** How many drivers the cells tell of. */
  crowd() {
    let sum = 0;
    for (const { available, busy } of this.cells.values()) sum += available + busy;
    return sum;
  }

  /** Forgets what is over: call it every second or so. */
  sweep() {
    const now = this.now();
    for (const [id, at] of this.#endings) {
      if (at <= now) this.#forgetTrip(id);
    }
    if (now < this.#settled) return;
    this.#settled = Infinity;
    for (const d of this.drivers.values()) if (d.generation < this.#generation) this.#forgetDriver(d);
    for (const [id, c] of this.cells) if (c.generation < this.#generation && this.cells.delete(id)) this.cells.changes++;
    for (const [id, t] of this.trips) if (t.generation < this.#generation) this.#forgetTrip(id);
  }

  /** The trip that the driver is on or has an offer for, if it is known. */
  tripOf(driver) {
    return driver.trip_id ? this.trips.get(driver.trip_id) : undefined;
  }

  #forgetDriver(d) {
    this.drivers.delete(d.id);
    this.onGone(d);
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
    const known = this.drivers.get(d.id);
    if (d.status === 'offline') {
      if (known) this.#forgetDriver(known);
      return;
    }
    const now = this.now();
    const driver = known ?? d;
    if (known) {
      known.motion.moveTo(d.lat, d.lon, d.heading, now, this.still());
      known.trip_id = undefined; // left out where there is none
      Object.assign(known, d);
    } else {
      driver.motion = new Motion(d.lat, d.lon, d.heading, now);
      this.drivers.set(d.id, driver);
    }
    driver.fixedAt = now - d.age_s * 1000;
    driver.generation = this.#generation;
    this.onDriver(driver);
  }

  /** Only cells that changed are told, all at first. */
  #cell(c) {
    this.cells.changes++;
    if (c.available || c.busy || c.open) this.cells.set(c.cell, { ...c, generation: this.#generation });
    else this.cells.delete(c.cell);
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
    this.events.splice(place < 0 ? this.events.length : place, 0, { id, version, state, swapped, at, driver: trip.driver_id, pickup: trip.pickup, dropoff: trip.dropoff });
    this.events.length = Math.min(this.events.length, KEPT_EVENTS);
  }

  #count(stats) {
    this.clockSkew = Date.parse(stats.at) - this.now();
    this.stats = stats;
    this.history.push(stats);
    if (this.history.length > KEPT_STATS) this.history.shift();
  }
}
