// How streets, water and names look, whatever they come from: a part is {source,
// source-layer, filter} of the features. Colours are those of the theme. Labels
// are drawn from the system's fonts, nothing is loaded.

import { colour } from './theme.js';

export const FONT = ['system-ui', 'Segoe UI', 'Roboto', 'sans-serif'];

/** Widths in pixels by zoom, and the zoom from which a class of street is drawn. */
const streets = [
  { class: 'residential', from: 8, widths: [8, 0.3, 11, 0.5, 13, 1.2, 15, 4, 17, 12] },
  { class: 'secondary', from: 8, widths: [10, 0.4, 13, 2, 15, 6, 17, 16] },
  { class: 'primary', from: 0, widths: [9, 0.5, 13, 3, 15, 8, 17, 20] },
  { class: 'motorway', from: 0, widths: [9, 0.8, 13, 4, 15, 10, 17, 24] },
];

const width = (stops, extra = 0) => [
  'interpolate', ['exponential', 1.4], ['zoom'], ...stops.map((v, i) => (i % 2 ? v + Math.min(extra, v) : v)),
];
const isLine = ['match', ['geometry-type'], ['LineString', 'MultiLineString'], true, false];

export const background = () => ({ id: 'background', type: 'background', paint: { 'background-color': colour('map-ground') } });

export function fill(id, part, shade, more) {
  return { id, type: 'fill', ...part, filter: ['all', part.filter, ['!', isLine]], paint: { 'fill-color': colour(shade) }, ...more };
}

export function river(id, part, stops = [9, 2, 13, 8, 17, 40]) {
  return { ...line(id, part, 'map-water', width(stops)), filter: ['all', part.filter, isLine] };
}

function line(id, part, shade, px) {
  return {
    id, type: 'line', ...part, layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': colour(shade), 'line-width': px },
  };
}

/** All casings, then all streets, the small ones lowest; part(class) is theirs. */
export function streetLayers(id, part) {
  const all = (suffix, shade, extra) => streets.map(({ class: name, from, widths }) => {
    const drawn = line(`${id}${name}${suffix}`, part(name), shade(name), width(widths, extra));
    if (name === 'residential') drawn.paint['line-color'] = nearAndFar(shade(name));
    return { ...drawn, minzoom: from };
  });
  return [...all('-casing', () => 'map-casing', 2), ...all('', (name) => `map-${name}`, 0)];
}

/** Small streets are a hair wide from afar: they need more contrast there. */
function nearAndFar(shade) {
  return ['interpolate', ['linear'], ['zoom'], 12, colour('map-street-far'), 13.5, colour(shade)];
}

export function label(id, part, layout, shade) {
  return {
    id, type: 'symbol', ...part, layout: { 'text-field': ['get', 'name'], 'text-font': FONT, ...layout },
    paint: { 'text-color': shade, 'text-halo-color': colour('map-halo'), 'text-halo-width': 1.5 },
  };
}

export function streetNames(id, part) {
  const layout = { 'symbol-placement': 'line', 'text-size': 11, 'symbol-spacing': 600, 'text-padding': 12 };
  return { ...label(id, part, layout, colour('map-label-soft')), minzoom: 14 };
}

/** Names of small places. */
export function minorNames(id, part, shade = colour('map-label')) {
  return { ...label(id, part, { 'text-size': 12, 'text-max-width': 8, 'text-padding': 6 }, shade), minzoom: 12.3 };
}

/** Names of quarters and towns. */
export function districtNames(id, part, shade = colour('map-label')) {
  return label(id, part, {
    'text-size': ['interpolate', ['linear'], ['zoom'], 10, 10, 14, 15], 'text-letter-spacing': 0.09, 'text-transform': 'uppercase', 'text-max-width': 8, 'text-padding': 6,
  }, shade);
}

/** Gives the layers that are on the map the colours of the theme. */
export function recolour(map, layers) {
  for (const { id, paint } of layers) {
    if (!map.getLayer(id)) continue;
    for (const [property, value] of Object.entries(paint ?? {})) map.setPaintProperty(id, property, value);
  }
}
