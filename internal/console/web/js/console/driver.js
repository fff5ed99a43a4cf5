// One driver: state and position, sessions, refusals of the filter, trips, and
// why there was no ride.

import { html, useEffect } from '../shared/html.js';
import { className, duration, shortID } from '../shared/format.js';
import { changeDriver, endSession } from './actions.js';
import { Devices } from './devices.js';
import { say } from './dialog.js';
import { Icon } from './icons.js';
import { TripRow, newest } from './lists.js';
import { editDriver } from './register.js';
import { href, selecting } from './route.js';
import { Badge, Facts, Moment, Note, Section, TripLink } from './ui.js';
import { useAnswer, useTick } from './use.js';
import { blank } from './views.js';
import { WhyNoRide } from './why.js';
import { refusals } from './words.js';

const AGAIN = 5000; // ms between looks while the drawer is open

export function DriverDrawer({ app, id, tools }) {
  useTick(app);
  const { data, error, loading, reload } = useAnswer(app, `/v1/drivers/${encodeURIComponent(id)}`, AGAIN);
  useEffect(() => app.changes.watch(reload), [id]);
  useEffect(() => { if (data) app.fly({ kind: 'driver', id, at: data.location }); }, [Boolean(data)]);
  const live = app.city.drivers.get(id);
  return html`
    <header class="head"><div><p class="soft">Driver</p><h2 title=${id}>${data?.name || shortID(id)}</h2></div>
      <${Badge} status=${live?.status ?? data?.status} /><span class="spring" />${tools}</header>
    ${!data && html`<${Note} error=${error?.status === 404 ? { message: 'Nobody is registered under this id.' } : error} loading=${loading} />`}
    ${data && html`<${Overview} app=${app} driver=${data} live=${live} />
      <${WhyNoRide} app=${app} id=${id} />
      <${Sessions} app=${app} driver=${data} />
      <${Filters} filters=${data.filters} last=${data.last_refusal} />
      <${Trips} app=${app} id=${id} />
      <${Devices} app=${app} driver=${data} />
      <${Actions} app=${app} driver=${data} />`}`;
}

function Overview({ app, driver: d, live }) {
  const place = live ? { ...live, age_s: (app.city.now() - live.fixedAt) / 1000 } : d.location;
  const vehicle = d.vehicle && [d.vehicle.colour, d.vehicle.make].filter(Boolean).join(' ');
  return html`<${Facts} rows=${[
    ['Id', html`<code>${d.id}</code>`],
    d.active === false && ['Registry', html`<b class="bad">not active: no sessions, no offers</b>`],
    ['Vehicle', `${className(d.class)}, ${d.seats} ${d.seats === 1 ? 'seat' : 'seats'}`, vehicle],
    d.vehicle?.plate && ['Plate', html`<b class="plate">${d.vehicle.plate}</b>`],
    ['Trips at hand', d.trip_ids.length ? d.trip_ids.map((t) => html`<${TripLink} key=${t} id=${t} /> `) : 'none'],
    place && ['Seen', html`<span id="seen">${duration(place.age_s)} ago</span>`, place.accuracy < 0 ? 'accuracy unknown' : `± ${Math.round(place.accuracy)} m`],
    place && ['Speed', place.speed < 0 ? 'unknown' : `${Math.round(place.speed * 3.6)} km/h`, place.heading < 0 ? '' : compass(place.heading)],
    place && ['Position', `${place.lat.toFixed(5)}, ${place.lon.toFixed(5)}`],
    d.partial && ['Note', 'the shared store of positions is away: this is what one server knows'],
  ]} />`;
}

const winds = ['north', 'north-east', 'east', 'south-east', 'south', 'south-west', 'west', 'north-west'];
const compass = (heading) => winds[Math.round(heading / 45) % 8];

function Sessions({ app, driver: d }) {
  if (!d.sessions) return null;
  return html`<${Section} title="Sessions">
    ${d.sessions.length ? html`<ul class="lines">${d.sessions.map((s) => html`<li key=${s.session}>
        <b>${s.kind === 'app' ? 'Tracking app' : 'Driver’s app'}</b> <span class="soft">since <${Moment} at=${s.since} />${s.tracker ? ` at ${s.tracker}` : ''}${s.remote ? `, from ${s.remote}` : ''}${s.device ? `, device ${s.device}` : ''}</span></li>`)}</ul>
      ${app.has('/v1/drivers/{id}/session') && html`<p><button type="button" class="second small" onClick=${() => endSession(app, d)}>End the session…</button></p>`}`
      : html`<p class="note">No app is connected.</p>`}<//>`;
}

function Filters({ filters, last }) {
  if (!filters) return null;
  const rows = Object.entries(filters).filter(([, n]) => n > 0).sort(([, a], [, b]) => b - a);
  return html`<${Section} title="Positions refused" more=${html`<small>this session</small>`}>
    ${rows.length ? html`<${Facts} rows=${rows.map(([code, n]) => [refusals[code] ?? code, n])} />` : html`<p class="note">None.</p>`}
    ${last && html`<p class="soft">The last: ${refusals[last.code ?? last.reason] ?? last.code ?? last.reason}, <${Moment} at=${last.at} /></p>`}<//>`;
}

function Trips({ app, id }) {
  const known = app.filters('/v1/trips', 'driver_id');
  const { data, error } = useAnswer(app, known ? `/v1/trips?driver_id=${encodeURIComponent(id)}&limit=5` : null, AGAIN);
  if (!known) return null;
  const rows = (data?.trips ?? []).map((t) => newest(app.city, t));
  return html`<${Section} title="Trips" more=${html`<a href=${href({ ...blank, view: 'trips', q: id, ...selecting('driver', id) })}>All</a>`}>
    <${Note} error=${error}>${data && !data.trips.length ? 'None yet.' : ''}<//>
    <ul class="rows tall">${rows.map((t) => html`<${TripRow} key=${t.id} app=${app} trip=${t} />`)}</ul><//>`;
}

function Actions({ app, driver: d }) {
  if (!app.has('PATCH /v1/drivers/{id}')) return null;
  const active = d.active !== false;
  const toggle = () => changeDriver(app, d.id, { active: !active }, active ? `${d.name || d.id} gets no sessions and no offers.` : `${d.name || d.id} is active again.`)
    .catch((err) => say(err.message, true));
  return html`<footer class="acts"><button type="button" class="second" onClick=${() => editDriver(app, d)}><${Icon} name="edit" />Change</button>
    <span class="spring" /><button type="button" class=${active ? 'danger-soft' : 'primary'} onClick=${toggle}>${active ? 'Set not active' : 'Set active'}</button></footer>`;
}
