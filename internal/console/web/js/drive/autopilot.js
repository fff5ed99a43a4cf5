// A car that drives the demo's streets by itself: to where it is sent, along the
// way by road, at the pace of a city, and stands otherwise.

import { metres } from '../shared/geometry.js';
import { keep, kept } from '../shared/keep.js';

const PACE = 11; // m/s, about 40 km/h
const TICK = 1000; // ms
const PLACE = 'cabstand.drive.place';

export class Autopilot {
  #timer = 0;
  #way = []; // the corners ahead
  #goal = null;
  #heading = 0;
  #last = 0;

  constructor(ways, site, streets) {
    this.ways = ways;
    this.at = ownPickup() ?? kept(PLACE) ?? somewhere(site, streets);
  }

  start(onFix) {
    this.#last = Date.now();
    const tick = () => onFix(this.#drive(Date.now()));
    this.#timer = setInterval(tick, TICK);
    tick();
  }

  stop() {
    clearInterval(this.#timer);
    this.#timer = 0;
  }

  /** Drives to a place; without one, to where the visitor of this browser wants to be picked up, and stands. */
  async head(place) {
    const goal = place ?? ownPickup();
    if (goal?.lat === this.#goal?.lat && goal?.lon === this.#goal?.lon) return;
    this.#goal = goal;
    this.#way = [];
    if (!goal) return;
    const { points } = await this.ways.between(this.at, goal);
    if (this.#goal === goal) this.#way = [...points, goal];
  }

  /** The fix of this moment, as far on the way as the time since the last allows. */
  #drive(now) {
    let left = (Math.min(now - this.#last, 5 * TICK) / 1000) * PACE;
    const moved = this.#way.length > 0;
    this.#last = now;
    while (left > 0 && this.#way.length > 0) left = this.#towards(this.#way[0], left);
    keep(PLACE, this.at);
    return { ...this.at, t: now, speed: moved ? PACE : 0, heading: Math.round(this.#heading), accuracy: 5 };
  }

  /** One leg of it; gives back how many metres are left to go. */
  #towards(corner, left) {
    const gap = metres(this.at, corner);
    if (gap > 1) this.#heading = course(this.at, corner);
    if (gap <= left) {
      this.at = { lat: corner.lat, lon: corner.lon };
      this.#way.shift();
      return left - gap;
    }
    const share = left / gap;
    this.at = { lat: this.at.lat + (corner.lat - this.at.lat) * share, lon: this.at.lon + (corner.lon - this.at.lon) * share };
    return 0;
  }
}

/** Degrees clockwise from north. */
function course(a, b) {
  const east = (b.lon - a.lon) * Math.cos((a.lat * Math.PI) / 180);
  return ((Math.atan2(east, b.lat - a.lat) * 180) / Math.PI + 360) % 360;
}

/**
 * Where the visitor who drives here chose to be picked up in another window, null
 * for nowhere: the car that stands there is the one that is offered the ride.
 */
function ownPickup() {
  const { pickup } = kept(`cabstand.ride.${kept('cabstand.rider')?.sub}`) ?? {};
  return pickup ? { lat: pickup.lat, lon: pickup.lon } : null;
}

/** A corner in the middle third of the city, or any place there. */
function somewhere({ center: [lon, lat], bounds: [w, s, e, n] }, streets) {
  const corners = (streets?.features ?? []).filter((f) => f.properties.kind === 'street' && f.geometry.type === 'LineString').map((f) => f.geometry.coordinates[0])
    .filter(([x, y]) => Math.abs(x - lon) < (e - w) / 6 && Math.abs(y - lat) < (n - s) / 6);
  if (corners.length) [lon, lat] = corners[Math.floor(Math.random() * corners.length)];
  return { lat, lon };
}
