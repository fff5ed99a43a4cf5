// The way of the selected trip along the streets.

import { useEffect } from '../shared/html.js';
import { decode } from '../shared/polyline.js';
import { finalStates } from './city.js';

const AGAIN = 15000; // ms: by then the driver may have taken another street

/** Keeps map.road the way of the trip: where the driver goes now, and what is planned then. */
export function useWay(app, trip) {
  const { id, state, driver_id: driver, pickup, dropoff } = trip ?? {};
  const known = app.has('/v1/routes') && id && !finalStates.has(state);
  const placed = app.city.drivers.has(driver);
  useEffect(() => {
    if (!known) return undefined;
    let gone = false;
    const ask = async () => {
      const at = app.city.drivers.get(driver)?.motion.point(app.city.now());
      const now = at && (state === 'riding' ? leg(app, at, dropoff) : state === 'assigned' ? leg(app, at, pickup) : null);
      const road = { id, now: await now, plan: state === 'riding' ? null : await leg(app, pickup, dropoff) };
      if (!gone) app.map.road = road;
    };
    ask();
    const timer = setInterval(ask, AGAIN);
    return () => {
      gone = true;
      clearInterval(timer);
      app.map.road = null;
    };
  }, [known, id, state, driver, placed]);
}

/** The points [lon, lat] of the way; null where none is known, then a bent line will do. */
async function leg(app, from, to) {
  const round = ({ lat, lon }) => ({ lat: Number(lat.toFixed(6)), lon: Number(lon.toFixed(6)) });
  const answer = await app.api.call('POST', '/v1/routes', { from: round(from), to: round(to) }).catch(() => null);
  return answer && answer.rung !== 'straight' ? decode(answer.polyline).map(({ lat, lon }) => [lon, lat]) : null;
}

/** What of a way is still before who is there. */
export function ahead(way, { lat, lon }) {
  const squeeze = Math.cos((lat * Math.PI) / 180);
  const far = ([x, y]) => Math.hypot((x - lon) * squeeze, y - lat);
  let nearest = 0;
  for (let i = 1; i < way.length; i++) if (far(way[i]) < far(way[nearest])) nearest = i;
  return [[lon, lat], ...way.slice(nearest + 1)];
}
