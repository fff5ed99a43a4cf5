// What is where on the map.

import { mercatorX, mercatorY } from '../shared/geometry.js';
import { driverSize } from './marks.js';

const REACH = 8; // pixels beyond a mark's edge that still hit it, for fingers
const tripLayerIDs = ['trip-ends', 'trip-now', 'trip-plan'];

/** What is at a place on the screen: drivers before requests before other trips before areas. */
export function hit({ map, city }, at) {
  const { lng, lat } = map.unproject(at);
  const [x, y] = [mercatorX(lng), mercatorY(lat)];
  const reach = (driverSize(map.getZoom()) / 2 + REACH) / (512 * 2 ** map.getZoom());
  const now = city.now();
  const nearest = (kind, things, where) => {
    let best = null;
    let least = reach;
    for (const thing of things) {
      const p = where(thing);
      const d = Math.hypot(p.x - x, p.y - y);
      if (d < least) [best, least] = [{ kind, id: thing.id }, d];
    }
    return best;
  };
  const requests = [...city.trips.values()].filter((t) => t.state === 'searching');
  return nearest('driver', city.drivers.values(), (d) => d.motion.at(now))
    ?? nearest('trip', requests, ({ pickup }) => ({ x: mercatorX(pickup.lon), y: mercatorY(pickup.lat) }))
    ?? drawnAt(map, at, tripLayerIDs, 'trip') ?? drawnAt(map, at, ['area-label', 'area-line'], 'area');
}

function drawnAt(map, { x, y }, layers, kind) {
  const box = [[x - REACH, y - REACH], [x + REACH, y + REACH]];
  const [found] = map.queryRenderedFeatures(box, { layers });
  return found ? { kind, id: found.properties.id } : null;
}

/** Where a driver's mark is on the page. */
export function pixelOf({ map, city }, id) {
  const { lat, lon } = city.drivers.get(id).motion.point(city.now());
  const { x, y } = map.project([lon, lat]);
  const { left, top } = map.getContainer().getBoundingClientRect();
  return { x: x + left, y: y + top };
}

/** The parts of a trip that are drawn in view: "leg:state". */
export function drawnOf({ map }, id) {
  const found = map.queryRenderedFeatures({ layers: tripLayerIDs, filter: ['==', ['get', 'id'], id] });
  return found.map(({ properties: { leg, state } }) => `${leg}:${state}`);
}
