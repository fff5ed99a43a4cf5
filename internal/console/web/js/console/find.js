// The box that finds a trip or a driver by id.

import { $ } from '../shared/dom.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Calls select with {kind, id} when somebody looked for an id. */
export function initFind(city, select) {
  $('#find').addEventListener('submit', (e) => {
    e.preventDefault();
    const id = $('#find-id').value.trim();
    if (!id) return;
    const isTrip = city.trips.has(id) || (!city.drivers.has(id) && UUID.test(id));
    select({ kind: isTrip ? 'trip' : 'driver', id });
  });
}
