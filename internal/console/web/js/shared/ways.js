// Ways by road, asked for once each.

import { metres } from './geometry.js';
import { decode } from './polyline.js';

const KEEP = 20;

export class Ways {
  #known = new Map();

  constructor(api) {
    this.api = api;
  }

  /** The way {points, metres, seconds} from one place to another; a straight one where nobody knows better. */
  async between(from, to) {
    const name = [from.lat, from.lon, to.lat, to.lon].map((v) => v.toFixed(5)).join();
    if (!this.#known.has(name)) {
      this.#known.set(name, this.#ask(from, to).catch(() => {
        this.#known.delete(name);
        return straight(from, to);
      }));
      if (this.#known.size > KEEP) this.#known.delete(this.#known.keys().next().value);
    }
    return this.#known.get(name);
  }

  async #ask(from, to) {
    const point = ({ lat, lon }) => ({ lat, lon });
    const { polyline, distance_m: length, duration_s: seconds } = await this.api.post('/v1/routes', { from: point(from), to: point(to) });
    const points = decode(polyline);
    return points.length > 1 ? { points, metres: length, seconds } : straight(from, to);
  }
}

const CITY = 8; // m/s, about 30 km/h

function straight(from, to) {
  const length = metres(from, to);
  return { points: [from, to], metres: length, seconds: length / CITY };
}
