// Where the things of the city are, and what those places are called.

import { shortID } from '../shared/format.js';

/** The points {lat, lon} that show it: both ends of a trip and its driver, a driver, an area's corners. */
export function placesOf(city, kind, id, { trip, at, area } = {}) {
  if (kind === 'trip') {
    const t = city.trips.get(id) ?? trip;
    const driver = t && city.drivers.get(t.driver_id)?.motion.point(city.now());
    return t ? [...(driver ? [driver] : []), t.pickup, t.dropoff] : [];
  }
  if (kind === 'driver') {
    const point = city.drivers.get(id)?.motion.point(city.now()) ?? at;
    return point ? [point] : [];
  }
  const ring = area?.area.coordinates.flat(area.area.type === 'Polygon' ? 1 : 2) ?? [];
  return ring.map(([lon, lat]) => ({ lat, lon }));
}

/** The street that a place is on, '' where nobody knows. */
export const streetOf = (app, place) => (place && app.names?.at(place)) || '';

/** From where to where a trip goes, by its streets; by its id where they have no names. */
export function routeName(app, { id, pickup, dropoff }) {
  const [from, to] = [streetOf(app, pickup), streetOf(app, dropoff)];
  return from || to ? `${from || 'off the streets'} → ${to || 'off the streets'}` : shortID(id);
}
