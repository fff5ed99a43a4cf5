// One trip: where it stands, who was considered, offers and answers, the way.

import { html, useEffect } from '../shared/html.js';
import { className, distance, duration, money, shortID } from '../shared/format.js';
import { metres } from '../shared/geometry.js';
import { assignTrip, cancelTrip, redispatchTrip } from './actions.js';
import { Decisions } from './decisions.js';
import { Timeline } from './timeline.js';
import { finalStates } from './city.js';
import { streetOf } from './places.js';
import { href } from './route.js';
import { Badge, DriverLink, Facts, Note } from './ui.js';
import { useAnswer, useTick } from './use.js';
import { blank } from './views.js';
import { useWay } from './way.js';

export function TripDrawer({ app, id, tools }) {
  useTick(app);
  const path = `/v1/trips/${encodeURIComponent(id)}`;
  const told = useAnswer(app, path);
  const live = app.city.trips.get(id);
  const t = !told.data || live?.version > told.data.version ? live ?? told.data : told.data;
  const trip = t && { ...told.data, ...t };
  useEffect(() => app.changes.watch(told.reload), [path]);
  useEffect(() => { if (told.data && live?.version > told.data.version) told.reload(); }, [live?.version]);
  useEffect(() => { if (told.data) app.fly({ kind: 'trip', id, trip: told.data }); }, [Boolean(told.data)]);
  useWay(app, trip);
  const over = trip && finalStates.has(trip.state);
  const track = useAnswer(app, trip?.state === 'completed' && trip.distance_m > 0 ? `${path}/track` : null);
  useEffect(() => {
    app.map.showTrack(track.data?.geometry ?? null);
    return () => app.map.showTrack(null);
  }, [track.data]);
  return html`
    <header class="head"><div><p class="soft">Trip</p><h2 title=${id}>${shortID(id)}</h2></div><${Badge} state=${trip?.state} /><span class="spring" />${tools}</header>
    ${!trip && html`<${Note} error=${told.error?.status === 404 ? { message: 'Not found: it may be over, or the id is of nothing here.' } : told.error} loading=${told.loading} />`}
    ${trip && html`<${Overview} app=${app} trip=${trip} />
      <${Timeline} app=${app} trip=${trip} />
      <${Decisions} app=${app} trip=${trip} />
      ${!over && html`<${Actions} app=${app} trip=${trip} />`}`}`;
}

function Overview({ app, trip: t }) {
  // That a next trip is at hand now has no event; where the driver is says it.
  const later = t.slot && t.state === 'assigned' && app.city.drivers.get(t.driver_id)?.trip_id !== t.id;
  const wait = t.state === 'searching' && (app.city.serverNow() - Date.parse(t.requested_at)) / 1000;
  return html`<${Facts} rows=${[
    wait && ['Waiting for', html`<b class="big">${duration(wait)}</b>`],
    ['Driver', t.driver_id ? html`<${DriverLink} id=${t.driver_id} />` : 'none yet', later ? 'finishes another trip first' : t.driver?.name],
    t.driver?.vehicle?.plate && ['Plate', html`<b class="plate">${t.driver.vehicle.plate}</b>`, [t.driver.vehicle.colour, t.driver.vehicle.make].filter(Boolean).join(' ')],
    t.swaps && ['Driver changed', t.swapped || (t.swaps === 1 ? 'once' : `${t.swaps} times`)],
    ['Rider', html`<a href=${href({ ...blank, view: 'trips', rider: t.rider_id, trip: t.id })}>${t.rider_id}</a>`],
    ['Fare', money(t.fare)],
    ['Way', t.distance_m ? distance(t.distance_m) : distance(metres(t.pickup, t.dropoff)), t.distance_m ? 'driven' : 'straight line'],
    ['Vehicle', `${className(t.class)}, ${t.seats} ${t.seats === 1 ? 'seat' : 'seats'}`],
    ['Pickup', ...place(app, t.pickup)],
    ['Drop-off', ...place(app, t.dropoff)],
    t.pin && ['PIN', html`<code>${t.pin}</code>`],
    t.rating && ['Rating', `${'★'.repeat(t.rating.stars)}${'☆'.repeat(5 - t.rating.stars)}`, t.rating.comment],
    t.reason && ['Reason', t.cancelled_by ? `${t.reason} (${t.cancelled_by})` : t.reason],
    ['Version', t.epoch > 1 ? `${t.version}, at driver ${t.epoch}` : t.version],
  ]} />`;
}

/** A place by its street, and where that is; without a street by that alone. */
function place(app, at) {
  const [street, point] = [streetOf(app, at), `${at.lat.toFixed(5)}, ${at.lon.toFixed(5)}`];
  return street ? [street, point] : [point];
}

function Actions({ app, trip: t }) {
  const before = t.state === 'assigned' || t.state === 'arrived';
  return html`<footer class="acts" aria-label="Actions">
    ${app.has('/v1/trips/{id}/assign') && t.state === 'searching' && html`<button type="button" class="primary" onClick=${() => assignTrip(app, t)}>Assign by hand</button>`}
    ${app.has('/v1/trips/{id}/redispatch') && before && html`<button type="button" class="second" onClick=${() => redispatchTrip(app, t)}>Redispatch</button>`}
    <span class="spring" /><button type="button" class="danger-soft" onClick=${() => cancelTrip(app, t)}>Cancel trip</button>
  </footer>`;
}

