// The ground under the marks: the city's own streets, or a graticule where there
// are none. Labels are drawn from the system's fonts, nothing is loaded.

import { colour } from './theme.js';

const FONT = ['system-ui', 'Segoe UI', 'Roboto', 'sans-serif'];

/** Widths in pixels by zoom, and the zoom from which a class of street is drawn. */
const streets = [
  { class: 'residential', from: 8, widths: [8, 0.3, 11, 0.5, 13, 1.2, 15, 4, 17, 12] },
  { class: 'secondary', from: 8, widths: [10, 0.4, 13, 2, 15, 6, 17, 16] },
  { class: 'primary', from: 0, widths: [9, 0.5, 13, 3, 15, 8, 17, 20] },
  { class: 'motorway', from: 0, widths: [9, 0.8, 13, 4, 15, 10, 17, 24] },
];

const kind = (name) => ['==', ['get', 'kind'], name];
const width = (stops, extra = 0) => [
  'interpolate', ['exponential', 1.4], ['zoom'], ...stops.map((v, i) => (i % 2 ? v + Math.min(extra, v) : v)),
];

/** The layers of the ground in the colours of the theme. */
export function groundLayers() {
  return [
    { id: 'background', type: 'background', paint: { 'background-color': colour('map-ground') } },
    fill('land', 'map-land'),
    fill('park', 'map-park'),
    fill('water', 'map-water'),
    { ...line('river', kind('water'), 'map-water'), filter: ['all', kind('water'), ['==', ['geometry-type'], 'LineString']] },
    { ...line('graticule', kind('graticule'), 'map-casing'), paint: { 'line-color': colour('map-casing'), 'line-width': 1 } },
    ...streets.map((s) => street(`${s.class}-casing`, s, 'map-casing', 2)),
    ...streets.map((s) => street(s.class, s, `map-${s.class}`, 0)),
    label('street-name', ['all', kind('street'), ['has', 'name']], {
      'symbol-placement': 'line', 'text-size': 11, 'symbol-spacing': 600, 'text-padding': 12,
    }, 14, colour('map-label-soft')),
    place('minor', ['!=', ['get', 'class'], 'district'], { 'text-size': 12 }, 12.3),
    place('district', ['any', ['==', ['get', 'class'], 'district'], ['!', ['has', 'class']]], {
      'text-size': ['interpolate', ['linear'], ['zoom'], 10, 10, 14, 15], 'text-letter-spacing': 0.09, 'text-transform': 'uppercase',
    }, 0),
  ];
}

function fill(name, shade) {
  return {
    id: name, type: 'fill', source: 'ground', paint: { 'fill-color': colour(shade) },
    filter: ['all', kind(name), ['!=', ['geometry-type'], 'LineString']],
  };
}

function line(id, filter, shade) {
  return {
    id, type: 'line', source: 'ground', filter, layout: { 'line-cap': 'round', 'line-join': 'round' },
    paint: { 'line-color': colour(shade), 'line-width': width([9, 2, 13, 8, 17, 40]) },
  };
}

function street(id, { class: name, from, widths }, shade, extra) {
  const filter = ['all', kind('street'), ['==', ['get', 'class'], name]];
  return {
    ...line(id, filter, shade), minzoom: from,
    paint: { 'line-color': name === 'residential' ? nearAndFar(shade) : colour(shade), 'line-width': width(widths, extra) },
  };
}

/** Small streets are a hair wide from afar: they need more contrast there. */
function nearAndFar(shade) {
  return ['interpolate', ['linear'], ['zoom'], 12, colour('map-street-far'), 13.5, colour(shade)];
}

function label(id, filter, layout, minzoom, shade) {
  return {
    id, type: 'symbol', source: 'ground', filter, minzoom,
    layout: { 'text-field': ['get', 'name'], 'text-font': FONT, ...layout },
    paint: { 'text-color': shade, 'text-halo-color': colour('map-halo'), 'text-halo-width': 1.5 },
  };
}

/** Names of places, in the colour of what they name. */
function place(name, filter, layout, minzoom) {
  const shade = ['match', ['get', 'class'], 'water', colour('map-label-water'), 'park', colour('map-label-park'), colour('map-label')];
  return label(`${name}-name`, ['all', kind('label'), filter], { 'text-max-width': 8, 'text-padding': 6, ...layout }, minzoom, shade);
}

/** A style that loads nothing: without "glyphs" labels are drawn locally. */
export function groundStyle(data) {
  return {
    version: 8,
    sources: { ground: { type: 'geojson', data, attribution: data.attribution, tolerance: 0.3 } },
    layers: groundLayers(),
  };
}

/** Gives the layers that are on the map the colours of the theme. */
export function recolour(map, layers) {
  for (const { id, paint } of layers) {
    for (const [property, value] of Object.entries(paint ?? {})) map.setPaintProperty(id, property, value);
  }
}

const STEPS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

/** Lines of equal latitude and longitude around the bounds [w,s,e,n]. */
export function graticule([w, s, e, n]) {
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

export { FONT };
