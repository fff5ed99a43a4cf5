// Areas, the driven way of a trip, and the area that is being drawn.

import { FONT } from '../shared/look.js';
import { colour } from '../shared/theme.js';

export const nothing = { type: 'FeatureCollection', features: [] };

export function extraLayers() {
  const own = ['coalesce', ['get', 'color'], colour('link')];
  return [
    { id: 'area-fill', type: 'fill', source: 'areas', paint: { 'fill-color': own, 'fill-opacity': 0.09 } },
    { id: 'area-line', type: 'line', source: 'areas', paint: { 'line-color': own, 'line-width': 2, 'line-opacity': 0.75 } },
    { id: 'track-casing', type: 'line', source: 'track', layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': colour('map-halo'), 'line-width': 8 } },
    { id: 'track', type: 'line', source: 'track', layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': colour('available'), 'line-width': 4.5 } },
    { id: 'drawing-fill', type: 'fill', source: 'drawing', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': colour('link'), 'fill-opacity': 0.14 } },
    { id: 'drawing-line', type: 'line', source: 'drawing', filter: ['!=', ['geometry-type'], 'Point'], paint: { 'line-color': colour('link'), 'line-width': 2.5, 'line-dasharray': [2, 1.4] } },
    { id: 'drawing-corner', type: 'circle', source: 'drawing', filter: ['==', ['geometry-type'], 'Point'],
      paint: {
        'circle-radius': ['match', ['get', 'is'], 'middle', 4, 6], 'circle-color': ['match', ['get', 'is'], 'chosen', colour('accent'), colour('map-halo')],
        'circle-stroke-color': colour('link'), 'circle-stroke-width': ['match', ['get', 'is'], 'middle', 1.5, 3],
      } },
    { id: 'area-label', type: 'symbol', source: 'areas', layout: { 'text-field': ['get', 'name'], 'text-font': FONT, 'text-size': 13 },
      paint: { 'text-color': colour('ink'), 'text-halo-color': colour('map-halo'), 'text-halo-width': 2 } },
  ];
}

export function areaFeatures(areas) {
  const features = areas.map(({ id, name, color, area }) => ({ type: 'Feature', properties: { id, name, ...(color ? { color } : {}) }, geometry: area }));
  return { type: 'FeatureCollection', features };
}

export function drawingFeatures(corners, chosen = -1, middles = []) {
  const feature = (type, coordinates, is) => ({ type: 'Feature', properties: { is }, geometry: { type, coordinates } });
  const outline = corners.length >= 3 ? [feature('Polygon', [[...corners, corners[0]]])] : corners.length === 2 ? [feature('LineString', corners)] : [];
  const points = corners.map((c, i) => feature('Point', c, i === chosen ? 'chosen' : 'corner'));
  return { type: 'FeatureCollection', features: [...outline, ...middles.map((m) => feature('Point', m, 'middle')), ...points] };
}
