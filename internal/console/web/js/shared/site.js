// What the pages need to know of the place before anybody signs in.

import { callOpen } from './api.js';
import { keep, kept } from './keep.js';

const KEY = 'cabstand.site';

/** The answer of /v1/site; where there is no connection, that of the last time. */
export async function loadSite() {
  try {
    const site = await callOpen('GET', '/v1/site');
    keep(KEY, site);
    return site;
  } catch (err) {
    const last = kept(KEY);
    if (last && err.status === undefined) return last;
    if (err.status === 404) return older();
    throw err;
  }
}

/** The same of a server that knows /v1/map alone. */
async function older() {
  const { name, center, bounds, demo } = await callOpen('GET', '/v1/map');
  return {
    name, center: [center.lon, center.lat], bounds, demo, sign_in: demo ? [] : ['password'],
    basemap: { kind: 'streets', url: '/v1/map/base' }, places: false, require_pin: false, classes: [],
  };
}

/** The city's own streets as GeoJSON, null where there are none. */
export async function loadStreets() {
  return callOpen('GET', '/v1/map/base').catch((err) => {
    if (err.status === 404) return null;
    throw err;
  });
}
