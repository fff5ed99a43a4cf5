// What tests may read of the page, as window.cabstand.

/**
 * All of it is a copy; nothing can be changed through it.
 *
 *   drivers()   [{id, status, lat, lon}] as the stream told
 *   trips()     [{id, state, version, driver_id}] the same
 *   cells()     [{cell, available, busy, open}] the same, far out
 *   events()    [{id, version, state}] of the list, newest first
 *   shown(id)   {lat, lon} where a driver's mark is drawn now, or null
 *   pixel(id)   {x, y} the same on the page
 *   drawn()     how many marks the last frame had
 *   frames()    how many frames there were
 *   lines(id)   what is drawn of a trip in view: ["now:assigned", "plan:assigned", …]
 *   corners()   [{x, y}] on the page of the area that is being drawn
 *   state()     of the connection
 *   policy()    in force, as the page knows it, or null
 */
export function hook({ city, map, policy, connection, areas }) {
  return Object.freeze({
    drivers: () => [...city.drivers.values()].map(({ id, status, lat, lon }) => ({ id, status, lat, lon })),
    trips: () => [...city.trips.values()].map(({ id, state, version, driver_id }) => ({ id, state, version, driver_id })),
    cells: () => [...city.cells.values()].map(({ cell, available, busy, open }) => ({ cell, available, busy, open })),
    events: () => city.events.map(({ id, version, state }) => ({ id, version, state })),
    shown: (id) => city.drivers.get(id)?.motion.point(city.now()) ?? null,
    pixel: (id) => map.pixelOf(id),
    drawn: () => map.marks.drawn,
    frames: () => map.marks.frames,
    lines: (id) => map.drawnOf(id),
    corners: () => (areas.state.drawing?.corners ?? []).map((corner) => map.onPage(corner)),
    policy: () => structuredClone(policy.state.told?.in_force ?? null),
    state: () => connection.state.state,
  });
}
