// What goes on now: figures of the last minutes, who waits longest, drivers in
// view by status, and the newest events.

import { html, useEffect, useRef, useState } from '../shared/html.js';
import { clock, duration, policyNames, shortID, stateNames, statusNames } from '../shared/format.js';
import { useStore } from '../shared/store.js';
import { terms } from './policy.js';
import { streetOf } from './places.js';
import { href, selecting } from './route.js';
import { Sparkline } from './sparkline.js';
import { Section } from './ui.js';
import { useTick } from './use.js';
import { viewAddress } from './views.js';

const SPARK = 180; // of the newest stats are in the small lines
const SPOKEN = 30000; // ms between announcements to screen readers
const LONG = 60; // s of waiting that an operator should see
const statuses = ['available', 'offered', 'enroute', 'waiting', 'riding', 'silent'];

export function Live({ app }) {
  useTick(app);
  const { stats } = app.city;
  return html`<div id="live">
    <${Spoken} stats=${stats} />
    <div class="tiles">
      <${Tile} app=${app} name="open" label="Open requests" value=${stats?.open} />
      <${Tile} app=${app} name="active" label="Trips under way" value=${stats?.active} />
    </div>
    <${Window} stats=${stats} />
    <${Waiting} app=${app} city=${app.city} />
    <${Fleet} app=${app} stats=${stats} />
    <${PolicyLine} app=${app} />
    <${Events} app=${app} far=${app.city.cells.size > 0} city=${app.city} />
  </div>`;
}

function Tile({ app, name, label, value }) {
  return html`<div class=${`tile tile-${name}`}><h2>${label}</h2><b data-count=${name}>${value ?? '–'}</b>
    <${Sparkline} values=${app.city.history.slice(-SPARK).map((s) => s[name])} /></div>`;
}

function Window({ stats }) {
  const done = stats ? stats.completed + stats.assigned : 0;
  const lost = stats ? stats.cancelled + stats.expired : 0;
  const share = done + lost ? `${Math.round((stats.assigned / Math.max(1, stats.assigned + stats.expired)) * 100)} %` : '–';
  const wait = (q) => (q && (q.p50 || q.p95) ? html`${duration(q.p50)}<small> · 95 % ${duration(q.p95)}</small>` : '–');
  const counts = [['requests', 'Requests'], ['completed', 'Completed'], ['cancelled', 'Cancelled'], ['expired', 'Expired']];
  return html`<${Section} level="2" title=${stats ? `Last ${duration(stats.window_s)}` : 'Last minutes'} id="window">
    <dl class="counts">${counts.map(([name, label]) => html`<div key=${name}><dt>${label}</dt><dd data-count=${name}>${stats?.[name] ?? '–'}</dd></div>`)}
      <div><dt>Served</dt><dd data-count="served">${share}</dd></div></dl>
    <dl class="facts"><div><dt>Wait for a match</dt><dd data-wait="match">${wait(stats?.match_s)}</dd></div>
      <div><dt>Wait for the car</dt><dd data-wait="pickup">${wait(stats?.pickup_s)}</dd></div></dl>
  <//>`;
}

/** The requests that wait longest, so that somebody does something. */
function Waiting({ app, city }) {
  const open = [...city.trips.values()].filter((t) => t.state === 'searching')
    .map((t) => ({ ...t, wait: (city.serverNow() - Date.parse(t.requested_at)) / 1000 })).sort((a, b) => b.wait - a.wait).slice(0, 4);
  if (!open.length) return null;
  return html`<${Section} level="2" title="Waiting longest, in view" id="waiting"><ul class="rows">${open.map((t) => html`
    <li key=${t.id}><a href=${href(selecting('trip', t.id))}><i class="bead state-searching" /><b>${streetOf(app, t.pickup) || shortID(t.id)}</b><span class="soft">${t.rider_id}</span>
      <em class=${t.wait > LONG ? 'bad' : ''}>${duration(t.wait)}</em></a></li>`)}</ul><//>`;
}

function Fleet({ app, stats }) {
  const far = app.city.cells.size > 0;
  const byStatus = stats?.drivers ?? {};
  const total = statuses.reduce((sum, s) => sum + (byStatus[s] ?? 0), 0);
  // An offer is pending for seconds: it has a line in the legend only then.
  const listed = statuses.filter((s) => s !== 'offered' || byStatus[s]);
  return html`<${Section} level="2" title="Drivers in view" more=${html`<small id="online">${total} online</small>`}>
    <div class="share" aria-hidden="true">${statuses.map((s) => html`<span key=${s} class=${`status-${s}`} style=${{ flexGrow: byStatus[s] ?? 0 }} />`)}</div>
    <ul id="legend">${listed.map((s) => html`<li key=${s}><i class=${`mark status-${s}`} /><span>${statusNames[s]}</span><b>${byStatus[s] ?? 0}</b></li>`)}</ul>
    ${far && html`<p class="ramp"><span>requests</span><i aria-hidden="true" /><span>free drivers</span></p>
      <p class="note">In each cell: free drivers, or requests / free drivers. Zoom in to see each of them.</p>`}
  <//>`;
}

function PolicyLine({ app }) {
  const { told } = useStore(app.policy);
  if (!told) return null;
  return html`<${Section} level="2" title="Matching" id="policy-now" more=${html`<a href=${viewAddress('matching')}>Change</a>`}>
    <p><b id="policy-name">${policyNames[told.in_force.policy]}</b> <span id="policy-terms" class="soft">${terms(told.in_force)}</span></p><//>`;
}

function Events({ app, city, far }) {
  return html`<${Section} level="2" title="Newest events" id="newest">
    ${far && html`<p class="note">From so far out no trips are told.</p>`}
    ${city.events.length ? null : html`<p class="note">Nothing yet. Requests show up here as they come in.</p>`}
    <ul id="events" class="rows" tabindex="-1">${city.events.slice(0, 40).map((e) => html`
      <li key=${`${e.id}:${e.version}`}><a href=${href(selecting('trip', e.id))}><i class=${`bead state-${e.state}`} /><b>${e.swapped ? 'Driver changed' : stateNames[e.state] ?? e.state}</b>
        <span class="soft">${[streetOf(app, e.state === 'completed' ? e.dropoff : e.pickup) || shortID(e.id), e.driver].filter(Boolean).join(' · ')}</span><time datetime=${e.at}>${clock(e.at)}</time></a></li>`)}</ul><//>`;
}

/** A sentence for screen readers now and then. */
function Spoken({ stats }) {
  const last = useRef(-Infinity);
  const [text, tell] = useState('');
  useEffect(() => {
    if (!stats || performance.now() - last.current < SPOKEN) return;
    last.current = performance.now();
    tell(`${stats.open} requests are waiting, ${stats.active} trips are under way. In the last ${duration(stats.window_s)}: `
      + `${stats.requests} requests, ${stats.assigned} matched, ${stats.completed} completed, ${stats.cancelled + stats.expired} lost.`);
  }, [stats]);
  return html`<p id="spoken" class="unseen" aria-live="polite">${text}</p>`;
}
