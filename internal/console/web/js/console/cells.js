// Far out: cells shaded by supply against demand, instead of thousands of dots.

import { FONT } from '../shared/look.js';
import { colour } from '../shared/theme.js';

const BASE32 = '0123456789bcdefghjkmnpqrstuvwxyz';

/** The box [w, s, e, n] of a geohash. */
export function cellBox(hash) {
  const [lon, lat] = [[-180, 180], [-90, 90]];
  let even = true;
  for (const char of hash) {
    const bits = BASE32.indexOf(char);
    for (let mask = 16; mask; mask >>= 1) {
      const range = even ? lon : lat;
      const mid = (range[0] + range[1]) / 2;
      range[bits & mask ? 0 : 1] = mid;
      even = !even;
    }
  }
  return [lon[0], lat[0], lon[1], lat[1]];
}

/**
 * How well a cell is served, from -1 (requests and nobody free) to 1 (free
 * drivers and no request); 0 where they are even.
 */
export const balance = ({ available, open }) => (available + open === 0 ? 0 : (available - open) / (available + open));

export function cellFeatures(city) {
  const features = [];
  for (const c of city.cells.values()) {
    const [w, s, e, n] = cellBox(c.cell);
    const much = Math.min(1, Math.sqrt((c.available + c.busy + c.open) / 60));
    const properties = { balance: balance(c), much, label: c.open ? `${c.open} / ${c.available}` : String(c.available || '') };
    features.push({ type: 'Feature', properties, geometry: { type: 'Polygon', coordinates: [[[w, s], [e, s], [e, n], [w, n], [w, s]]] } });
  }
  return { type: 'FeatureCollection', features };
}

export function cellLayers() {
  const shade = ['interpolate', ['linear'], ['get', 'balance'], -1, colour('short'), 0, colour('even'), 1, colour('ample')];
  return [
    { id: 'cell-fill', type: 'fill', source: 'cells', paint: { 'fill-color': shade, 'fill-opacity': ['+', 0.14, ['*', 0.56, ['get', 'much']]] } },
    { id: 'cell-line', type: 'line', source: 'cells', paint: { 'line-color': colour('map-halo'), 'line-width': 1, 'line-opacity': 0.7 } },
    { id: 'cell-label', type: 'symbol', source: 'cells', minzoom: 9, layout: { 'text-field': ['get', 'label'], 'text-font': FONT, 'text-size': 12 },
      paint: { 'text-color': colour('ink'), 'text-halo-color': colour('map-halo'), 'text-halo-width': 1.6 } },
  ];
}
