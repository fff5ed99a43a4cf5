// What tests may read of the page, as window.cabstand.

import { $ } from '../shared/dom.js';

/**
 * All of it is a copy; nothing can be changed through it.
 *
 *   drivers()   [{id, status, lat, lon}] as the stream told
 *   trips()     [{id, state, version, driver_id}] the same
 *   events()    [{id, version, state}] of the list, newest first
 *   shown(id)   {lat, lon} where a driver's mark is drawn now, or null
 *   pixel(id)   {x, y} the same on the page
 *   drawn()     how many marks the last frame had
 *   lines(id)   what is drawn of a trip in view: ["now:assigned", "plan:assigned", …]
 *   state()     of the connection
 *   policy()    in force, as the page knows it, and the marks of switches in its chart: {inForce, marks}
 */
export function hook(city, map, policy) {
  return Object.freeze({
    drivers: () => [...city.drivers.values()].map(({ id, status, lat, lon }) => ({ id, status, lat, lon })),
    trips: () => [...city.trips.values()].map(({ id, state, version, driver_id }) => ({ id, state, version, driver_id })),
    events: () => city.events.map(({ id, version, state }) => ({ id, version, state })),
    shown: (id) => city.drivers.get(id)?.motion.point(city.now()) ?? null,
    pixel: (id) => map.pixelOf(id),
    drawn: () => map.marks.drawn,
    lines: (id) => map.drawnOf(id),
    policy: () => structuredClone({ inForce: policy.inForce, marks: policy.marks }),
    state: () => $('#connection').dataset.state,
  });
}
