// What became of a trip: its events, and the offers with their answers.

import { html, useEffect } from '../shared/html.js';
import { duration, stateNames } from '../shared/format.js';
import { finalStates } from './city.js';
import { DriverLink, Moment, Note, Section } from './ui.js';
import { useAnswer } from './use.js';

const events = {
  requested: 'Requested', scheduled: 'Booked', searching: 'Search began', assigned: 'Matched', arrived: 'Driver arrived', riding: 'Picked up', completed: 'Completed',
  cancelled: 'Cancelled', expired: 'Expired', redispatched: 'Driver taken off', exchanged: 'Driver changed', released: 'Driver gave it back',
};
const answers = { pending: 'Offer out', accepted: 'Offered, accepted', declined: 'Offered, declined', expired: 'Offered, ran out', revoked: 'Offered, withdrawn' };
const roles = { rider: 'the rider', driver: 'the driver', operator: 'an operator', system: 'the engine' };

export function Timeline({ app, trip }) {
  const known = app.has('/v1/trips/{id}/timeline');
  const told = useAnswer(app, known ? `/v1/trips/${encodeURIComponent(trip.id)}/timeline` : null, finalStates.has(trip.state) ? 0 : 4000);
  useEffect(() => { if (known) told.reload(); }, [trip.version]);
  const entries = told.data ? told.data.entries.map(fromEntry) : fromTimes(trip);
  const ahead = finalStates.has(trip.state) ? [] : stepsAhead(trip.state);
  return html`<${Section} title="Timeline">
    <${Note} error=${told.error} />
    <ol class="timeline" id="timeline">${entries.map((e, i) => html`<${Entry} key=${`${e.at} ${e.what} ${e.driver}`} entry=${e} before=${entries[i - 1]} />`)}
      ${ahead.map((what) => html`<li key=${what} class="todo"><b>${what}</b></li>`)}</ol><//>`;
}

function Entry({ entry: e, before }) {
  const gap = before ? (Date.parse(e.at) - Date.parse(before.at)) / 1000 : 0;
  return html`<li class=${`${e.offer ? 'offer' : ''} ${e.look}`}><b>${e.what}</b>
    <span class="when"><${Moment} at=${e.at} />${gap >= 1 ? html` <small>+${duration(gap)}</small>` : ''}</span>
    ${(e.driver || e.note) && html`<p>${e.driver && html`<${DriverLink} id=${e.driver} />`}${e.driver && e.note ? ' · ' : ''}${e.note}</p>`}</li>`;
}

function fromEntry(e) {
  if (e.kind === 'offer') {
    const took = e.closed_at ? ` after ${duration((Date.parse(e.closed_at) - Date.parse(e.offered_at ?? e.at)) / 1000)}` : '';
    const phone = e.received_at ? '' : 'the phone has not shown it';
    return { at: e.at, what: `${answers[e.status] ?? e.status}${took}`, offer: true, look: `offer-${e.status}`, driver: e.driver_id, note: [e.reason, e.by ? `by hand, by ${e.by}` : '', phone].filter(Boolean).join(' · ') };
  }
  const by = e.actor && e.actor.role !== 'system' ? `by ${roles[e.actor.role] ?? e.actor.role}${e.actor.id ? ` ${e.actor.id}` : ''}` : '';
  return { at: e.at, what: events[e.type] ?? e.type.replaceAll('_', ' '), look: `state-${e.type}`, driver: e.driver_id, note: [e.former_driver_id && `before: ${e.former_driver_id}`, e.reason, by].filter(Boolean).join(' · ') };
}

/** Where the server has no timeline, the times of the trip are one. */
function fromTimes(t) {
  const times = [
    ['requested', t.requested_at], ['assigned', t.assigned_at], ['arrived', t.arrived_at], ['riding', t.riding_at],
    ['completed', t.completed_at], ['cancelled', t.cancelled_at], ['expired', t.expired_at],
  ];
  return times.filter(([, at]) => at).map(([type, at]) => ({ at, what: events[type], look: `state-${type}`, driver: type === 'assigned' ? t.driver_id : '', note: '' }));
}

/** The steps that a trip has before it. */
function stepsAhead(state) {
  const all = ['searching', 'assigned', 'arrived', 'riding', 'completed'];
  return all.slice(all.indexOf(state) + 1).map((s) => events[s] ?? stateNames[s]);
}
