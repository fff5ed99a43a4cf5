// Trips on the map: where the driver is to go, where the rider wants to go, and
// how long a request has been waiting.

import { FONT } from '../shared/look.js';
import { finalStates } from './city.js';
import { brief } from '../shared/format.js';
import { arc } from '../shared/geometry.js';
import { colour } from '../shared/theme.js';
import { ahead } from './way.js';

const DASH = [1.2, 1.6];

const state = (...names) => ['in', ['get', 'state'], ['literal', names]];
const selected = ['==', ['get', 'selected'], true];
const byState = () => [
  'match', ['get', 'state'], 'searching', colour('request'), 'assigned', colour('enroute'), 'arrived', colour('waiting'),
  'riding', colour('riding'), 'completed', colour('available'), colour('silent'),
];

const aside = ['==', ['get', 'aside'], true];

/** One value for what is selected; for the rest one from afar, where there are many, and one from near. */
const standOut = (strong, far, near = far) => [
  'interpolate', ['linear'], ['zoom'], 11.5, ['case', selected, strong, far], 14, ['case', selected, strong, near],
];

/** How much a line is seen: hardly, while another trip is selected. */
const faint = (strong, far, near) => [
  'interpolate', ['linear'], ['zoom'], 11.5, ['case', selected, strong, aside, 0.06, far], 14, ['case', selected, strong, aside, 0.1, near],
];

/** The layers of trips in the colours of the theme. */
export function tripLayers() {
  const on = (leg) => ['==', ['get', 'leg'], leg];
  const open = (yes, no) => ['case', ['get', 'open'], yes, no];
  // Whoever rides is served: those lines stand back behind the ones to a pickup.
  const served = (yes, no) => ['case', state('riding'), yes, no];
  return [
    { id: 'trip-plan', type: 'line', source: 'trips', filter: on('plan'), layout: { 'line-cap': 'round' },
      paint: { 'line-color': byState(), 'line-width': standOut(3, 1, 1.4), 'line-opacity': faint(0.9, 0.1, 0.16), 'line-dasharray': DASH } },
    { id: 'trip-now', type: 'line', source: 'trips', filter: on('now'), layout: { 'line-cap': 'round' },
      paint: {
        'line-color': byState(), 'line-width': standOut(4, served(1, 1.9), served(1.4, 2.2)),
        'line-opacity': faint(1, served(0.1, 0.6), served(0.16, 0.6)),
      } },
    { id: 'trip-ends', type: 'circle', source: 'trips', filter: on('end'),
      paint: {
        'circle-radius': standOut(5.5, open(1.6, 2.4), 4.5),
        'circle-color': open(colour('map-mark-halo'), byState()),
        'circle-stroke-color': open(byState(), colour('map-mark-halo')),
        'circle-stroke-width': standOut(2, 1.2, 1.6),
        'circle-stroke-opacity': standOut(1, open(0.5, 1), 1),
        'circle-opacity': ['case', state('cancelled', 'expired'), 0.4, 1],
      } },
    { id: 'trip-wait', type: 'symbol', source: 'trips', filter: ['has', 'wait'], minzoom: 11,
      layout: {
        'text-field': ['get', 'wait'], 'text-font': FONT, 'text-size': 12, 'text-offset': [0, -1.6],
        'text-allow-overlap': true, 'text-ignore-placement': true,
      },
      paint: { 'text-color': colour('ink'), 'text-halo-color': colour('map-halo'), 'text-halo-width': 2 } },
  ];
}

/** All trips as GeoJSON, at this moment; road is the way of one of them along the streets. */
export function tripFeatures(city, chosen, road) {
  const now = city.now();
  const features = [];
  const some = city.trips.has(chosen) || city.drivers.has(chosen);
  for (const trip of city.trips.values()) {
    const isChosen = trip.id === chosen || (chosen !== undefined && trip.driver_id === chosen);
    const properties = { id: trip.id, state: trip.state, selected: isChosen, aside: some && !isChosen };
    const driver = city.drivers.get(trip.driver_id)?.motion.point(now);
    for (const [leg, geometry, more] of legs(trip, driver, city.serverNow(), road?.id === trip.id ? road : {})) {
      features.push({ type: 'Feature', geometry, properties: { ...properties, leg, ...more } });
    }
  }
  return { type: 'FeatureCollection', features };
}

/** The parts of one trip: [leg, geometry, further properties]. */
function legs(trip, driver, serverNow, road) {
  const pickup = ['end', point(trip.pickup), { open: false }];
  const dropoff = ['end', point(trip.dropoff), { open: true }];
  const plan = ['plan', road.plan ? way(road.plan) : line(trip.pickup, trip.dropoff)];
  const now = (to) => ['now', road.now?.length > 1 ? way(ahead(road.now, driver)) : line(driver, to)];
  switch (trip.state) {
    case 'searching': {
      const wait = brief((serverNow - Date.parse(trip.requested_at)) / 1000);
      return [plan, dropoff, ['wait', point(trip.pickup), { wait }]];
    }
    case 'riding':
      return driver ? [now(trip.dropoff), dropoff] : [plan, dropoff];
    case 'assigned':
    case 'arrived':
      return driver ? [now(trip.pickup), plan, pickup, dropoff] : [plan, pickup, dropoff];
  }
  return finalStates.has(trip.state) ? [['end', point(trip.state === 'completed' ? trip.dropoff : trip.pickup), { open: false }]] : [pickup, dropoff];
}

const point = ({ lon, lat }) => ({ type: 'Point', coordinates: [lon, lat] });
const way = (coordinates) => ({ type: 'LineString', coordinates });
const line = (a, b) => ({ type: 'LineString', coordinates: arc(a, b) });
