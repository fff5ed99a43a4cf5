// The names of a city's streets, by place.

import { nearestOn } from './geometry.js';

const AT = 90; // metres to a street that names a place
const CELL = 0.002; // degrees, about 200 m: more than AT but near the poles
const METRES = 111195; // of a degree of latitude

export class StreetNames {
  #cells = new Map(); // of pieces {name, a, b}, ends as [lon, lat]

  /** streets is the city's own map as GeoJSON. */
  constructor({ features }) {
    for (const { properties: { kind, name }, geometry: { type, coordinates } } of features) {
      if (kind !== 'street' || !name) continue;
      for (const line of type === 'MultiLineString' ? coordinates : [coordinates]) this.#add(name, line);
    }
  }

  /** A straight block may be long: it is cut, so that each piece is in few cells. */
  #add(name, line) {
    for (let i = 1; i < line.length; i++) {
      const [[x, y], [u, v]] = [line[i - 1], line[i]];
      const n = Math.max(1, Math.ceil(Math.max(Math.abs(u - x), Math.abs(v - y)) / CELL));
      const at = (k) => [x + ((u - x) * k) / n, y + ((v - y) * k) / n];
      for (let k = 0; k < n; k++) this.#keep({ name, a: at(k), b: at(k + 1) });
    }
  }

  #keep(piece) {
    for (const key of cellsOf(piece.a, piece.b, 0, 0)) {
      if (!this.#cells.has(key)) this.#cells.set(key, []);
      this.#cells.get(key).push(piece);
    }
  }

  /** The name of the nearest street, '' where none is near. */
  at({ lat, lon }) {
    const squeeze = Math.cos((lat * Math.PI) / 180);
    const [dx, dy] = [AT / METRES / squeeze, AT / METRES];
    let [best, least] = ['', AT];
    for (const key of cellsOf([lon, lat], [lon, lat], dx, dy)) {
      for (const { name, a, b } of this.#cells.get(key) ?? []) {
        const [, degrees] = nearestOn((a[0] - lon) * squeeze, a[1] - lat, (b[0] - lon) * squeeze, b[1] - lat);
        if (METRES * degrees < least) [best, least] = [name, METRES * degrees];
      }
    }
    return best;
  }
}

/** The cells of the box around both points, so much wider on each side. */
function* cellsOf([x, y], [u, v], dx, dy) {
  const cell = (degrees) => Math.floor(degrees / CELL);
  for (let i = cell(Math.min(x, u) - dx); i <= cell(Math.max(x, u) + dx); i++) {
    for (let j = cell(Math.min(y, v) - dy); j <= cell(Math.max(y, v) + dy); j++) yield `${i},${j}`;
  }
}
