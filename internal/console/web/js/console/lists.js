// The lists of trips and of registered drivers.

import { html, useState } from '../shared/html.js';
import { className, duration, money, shortID, stateNames } from '../shared/format.js';
import { useStore } from '../shared/store.js';
import { registerDriver } from './register.js';
import { Icon } from './icons.js';
import { routeName } from './places.js';
import { adjust, href, route, selecting } from './route.js';
import { Badge, Chips, Moment, More, Note } from './ui.js';
import { usePages, useTick } from './use.js';

const states = [['', 'All'], ...['searching', 'assigned', 'arrived', 'riding', 'completed', 'cancelled', 'expired', 'scheduled'].map((s) => [s, stateNames[s]])];

export function Trips({ app }) {
  useTick(app);
  const { state = '', rider = '', q = '' } = useStore(route);
  const filter = [state && `state=${state}`, rider && `rider_id=${encodeURIComponent(rider)}`, q && `driver_id=${encodeURIComponent(q)}`].filter(Boolean).join('&');
  const { items, error, loading, more, reload } = usePages(app, `/v1/trips${filter ? `?${filter}` : ''}`, 'trips');
  const rows = items.map((t) => newest(app.city, t));
  return html`
    <${Chips} label="Trips by state" options=${states} value=${state} to=${(s) => href({ state: s, ...selecting() })} />
    ${(rider || q) && html`<p class="filter">${rider ? html`Rider <b>${rider}</b>` : html`Driver <b>${q}</b>`} <a href=${href({ rider: '', q: '' })}>Show all</a></p>`}
    <p class="tools"><span class="soft">Newest requests first</span><button type="button" class="second small" onClick=${reload}>Refresh</button></p>
    <ul class="rows tall" id="trips">${rows.map((t) => html`<${TripRow} key=${t.id} app=${app} trip=${t} />`)}</ul>
    <${Note} error=${error} loading=${loading}>${items.length ? '' : 'No trips.'}<//>
    <${More} more=${more} />`;
}

/** What the stream told of a trip since the list was fetched. */
export function newest(city, t) {
  const live = city.trips.get(t.id);
  return live && live.version > t.version ? { ...t, ...live } : t;
}

export function TripRow({ app, trip: t }) {
  const end = t.completed_at ?? t.cancelled_at ?? t.expired_at;
  const wait = t.assigned_at ? (Date.parse(t.assigned_at) - Date.parse(t.requested_at)) / 1000 : null;
  return html`<li><a href=${href(selecting('trip', t.id))}>
    <span class="grow"><b>${routeName(app, t)}</b>
      <small><${Moment} at=${t.requested_at} />${wait === null ? '' : `, matched in ${duration(wait)}`}${end ? html`, over <${Moment} at=${end} />` : ''}</small>
      <small title=${t.id}>${shortID(t.id)}${t.driver_id ? ` · ${t.driver_id}` : ''}</small></span>
    <span class="end"><${Badge} state=${t.state} /><small>${money(t.fare)}</small></span></a></li>`;
}

export function Drivers({ app }) {
  useTick(app);
  const { q = '' } = useStore(route);
  const [word, type] = useState(q);
  const { items, error, loading, more, reload } = usePages(app, '/v1/drivers', 'drivers');
  const found = items.filter((d) => `${d.id} ${d.name}`.toLowerCase().includes(word.toLowerCase()));
  return html`
    <div class="tools"><input type="search" aria-label="Filter drivers by name or id" placeholder="Filter by name or id" value=${word}
        onInput=${(e) => { type(e.target.value); adjust({ q: e.target.value }); }} />
      <button type="button" class="primary" onClick=${() => registerDriver(app, reload)}><${Icon} name="plus" />Register</button></div>
    <ul class="rows tall" id="drivers">${found.map((d) => html`<${DriverRow} key=${d.id} driver=${d} live=${app.city.drivers.get(d.id)} />`)}</ul>
    <${Note} error=${error} loading=${loading}>${found.length ? '' : items.length ? 'None of these.' : 'Nobody is registered yet.'}<//>
    <${More} more=${more} />`;
}

function DriverRow({ driver: d, live }) {
  return html`<li><a href=${href(selecting('driver', d.id))}>
    <span class="grow"><b>${d.name || d.id}</b> ${d.name && html`<span class="soft">${d.id}</span>`}
      <small>${className(d.class)}, ${d.seats} seats${d.vehicle?.plate ? ` · ${d.vehicle.plate}` : ''}</small></span>
    <span class="end">${d.active === false ? html`<b class="badge status-silent"><i aria-hidden="true" />Not active</b>` : live ? html`<${Badge} status=${live.status} />` : ''}</span></a></li>`;
}

