// Names of places: from the server where it knows addresses, else from the names
// on the city's own map.

import { metres } from './geometry.js';
import { StreetNames } from './streetnames.js';

const MOST = 6;
const LEAST = 2; // letters

export class Places {
  constructor(api, site, streets) {
    Object.assign(this, { api, remote: site.places, names: streets ? named(streets) : [], streets: streets && new StreetNames(streets) });
  }

  /** Whether anything can be searched for. */
  get any() {
    return this.remote || this.names.length > 0;
  }

  /** Places {name, detail, lat, lon} that match the words, those near first. */
  async find(words, near) {
    const text = words.trim();
    if (text.length < LEAST) return [];
    if (!this.remote) return this.#own(text.toLowerCase(), near);
    const query = new URLSearchParams({ q: text, lat: near.lat, lon: near.lon });
    return (await this.api.get(`/v1/places?${query}`)).places.slice(0, MOST);
  }

  #own(text, near) {
    const rank = (n) => (n.name.toLowerCase().startsWith(text) ? 0 : 1e6) + metres(n, near);
    return this.names.filter((n) => n.name.toLowerCase().includes(text)).sort((a, b) => rank(a) - rank(b)).slice(0, MOST);
  }

  /** A name for the place, '' where there is none. */
  async nameOf(point) {
    if (this.remote) {
      const query = new URLSearchParams({ lat: point.lat, lon: point.lon });
      const found = await this.api.get(`/v1/places/reverse?${query}`).catch(() => null);
      if (found?.places?.length) return found.places[0].name;
    }
    return this.streets?.at(point) ?? '';
  }
}

const kinds = { street: 'Street', label: 'Place', park: 'Park', water: 'Water' };

/** Everything that has a name, once, at about its middle. */
function named({ features }) {
  const found = new Map();
  for (const { properties: { kind, name }, geometry } of features) {
    if (!name || found.has(name) || !kinds[kind]) continue;
    const flat = geometry.coordinates.flat(Infinity);
    const i = 2 * Math.floor(flat.length / 4);
    found.set(name, { name, detail: kinds[kind], lat: flat[i + 1], lon: flat[i] });
  }
  return [...found.values()];
}
