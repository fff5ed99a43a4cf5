// The city's own streets as the ground, or a graticule where there are none.

import { districtNames, fill, minorNames, river, streetLayers, streetNames } from './look.js';
import { colour } from './theme.js';

const kind = (name) => ['==', ['get', 'kind'], name];
const isDistrict = ['any', ['==', ['get', 'class'], 'district'], ['!', ['has', 'class']]];

/** The source of the layers: streets is GeoJSON, or null. */
export function streetsSource(streets, bounds) {
  const data = streets ?? graticule(bounds);
  return { type: 'geojson', data, attribution: data.attribution, tolerance: 0.3 };
}

/** The layers on the background, of a source "streets". */
export function cityLayers() {
  const part = (filter) => ({ source: 'streets', filter });
  const shade = ['match', ['get', 'class'], 'water', colour('map-label-water'), 'park', colour('map-label-park'), colour('map-label')];
  return [
    fill('land', part(kind('land')), 'map-land'),
    fill('park', part(kind('park')), 'map-park'),
    fill('water', part(kind('water')), 'map-water'),
    river('river', part(kind('water'))),
    { id: 'graticule', type: 'line', ...part(kind('graticule')), paint: { 'line-color': colour('map-casing'), 'line-width': 1 } },
    ...streetLayers('', (name) => part(['all', kind('street'), ['==', ['get', 'class'], name]])),
    streetNames('street-name', part(['all', kind('street'), ['has', 'name']])),
    minorNames('minor-name', part(['all', kind('label'), ['!', isDistrict]]), shade),
    districtNames('district-name', part(['all', kind('label'), isDistrict]), shade),
  ];
}

const STEPS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

/** Lines of equal latitude and longitude around the bounds [w,s,e,n]. */
function graticule([w, s, e, n]) {
  const size = Math.max(e - w, n - s, 0.01);
  const step = STEPS.find((d) => size / d <= 15) ?? 10;
  const [west, east] = [w - 2 * size, e + 2 * size];
  const [south, north] = [Math.max(-85, s - 2 * size), Math.min(85, n + 2 * size)];
  const lines = [];
  for (let x = Math.ceil(west / step) * step; x <= east; x += step) lines.push([[x, south], [x, north]]);
  for (let y = Math.ceil(south / step) * step; y <= north; y += step) lines.push([[west, y], [east, y]]);
  return {
    type: 'FeatureCollection',
    features: [{ type: 'Feature', properties: { kind: 'graticule' }, geometry: { type: 'MultiLineString', coordinates: lines } }],
  };
}
