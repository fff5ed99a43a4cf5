// What was decided for a trip, and why: who could have served it, at what cost,
// and who was near and left out.

import { $, h, setText } from '../shared/dom.js';
import { clock, distance, duration, policyNames } from '../shared/format.js';

const AGAIN = 4000; // ms between looks while the trip waits
const SHOWN = 6; // rows of each kind
const reasons = {
  position_too_old: 'position too old', not_available: 'not available', claimed: 'on another trip', unreachable: 'phone unreachable',
  other_class: 'other class', too_few_seats: 'too few seats', declined: 'declined this trip', unanswered: 'let its offer run out',
  too_far: 'too far',
};
const rungs = { straight: 'straight line', road: 'road graph', osrm: 'OSRM', valhalla: 'Valhalla' };

export class Decisions {
  #box = $('#card-decisions');
  #trip = null;
  #version = 0;
  #askedAt = 0;
  #drawn = '';

  constructor(session) {
    this.session = session;
    this.#box.addEventListener('toggle', () => { this.#version = 0; });
  }

  /** Shows those of the trip; null for none. Call it a few times a second. */
  update(trip) {
    this.#box.hidden = !trip?.id;
    if (trip?.id !== this.#trip?.id) this.#clear();
    this.#trip = trip;
    const due = trip?.state === 'searching' && performance.now() - this.#askedAt > AGAIN;
    if (!trip?.id || !this.#box.open || (trip.version === this.#version && !due)) return;
    this.#version = trip.version;
    this.#askedAt = performance.now();
    this.#ask(trip);
  }

  #clear() {
    this.#version = 0;
    this.#drawn = '';
    setText($('#decisions-note'), '');
    $('#decisions').replaceChildren();
  }

  async #ask({ id }) {
    let note = 'No dispatcher remembers any: they keep those of recent trips.';
    let list = [];
    try {
      list = (await this.session.get(`/v1/trips/${encodeURIComponent(id)}/decisions`))?.decisions ?? [];
    } catch (err) {
      note = err.message;
    }
    if (this.#trip?.id !== id) return;
    setText($('#decisions-note'), list.length ? '' : note);
    this.#draw(list.reverse());
  }

  /** Draws the newest first and open; those that were opened stay so. */
  #draw(list) {
    const told = JSON.stringify(list);
    if (told === this.#drawn) return;
    this.#drawn = told;
    const open = new Set([...$('#decisions').querySelectorAll('[open]')].map((d) => d.dataset.at));
    const entries = list.map((d, i) => entry(d, i === 0 || open.has(d.at)));
    $('#decisions').replaceChildren(...entries);
  }
}

function entry(d, open) {
  const box = h('details', { class: 'decision', 'data-at': d.at, ...(open ? { open: '' } : {}) },
    h('summary', {}, h('b', {}, headline(d)), h('time', { datetime: d.at }, clock(d.at))),
    h('p', { class: 'soft' }, `${policyNames[d.policy] ?? d.policy} · times by ${rungs[d.rung] ?? d.rung}${d.ticks > 1 ? ` · the same ${d.ticks} times` : ''}`),
    table(d), prices(d));
  return box;
}

function headline(d) {
  if (d.refused) return `Refused: ${d.refused.replaceAll('_', ' ')}`;
  if (!d.chosen) return d.candidates.length ? 'Others went first' : 'Nobody could';
  if (!d.from) return `Offered to ${d.chosen}`;
  return d.saved_s > 0 ? `Driver changed, ${duration(d.saved_s)} saved` : 'Driver changed for the good of others';
}

function table(d) {
  const head = h('thead', {}, h('tr', {}, ...['Driver', 'Away', 'Pickup', 'Cost'].map((name) => h('th', { scope: 'col' }, name))));
  const rows = d.candidates.map((c) => h('tr', c.driver_id === d.chosen ? { class: 'chosen' } : {},
    h('th', { scope: 'row', title: trust(c) }, link(c.driver_id)), h('td', {}, distance(c.distance_m)),
    h('td', c.lead_s ? { title: `${duration(c.lead_s)} of it is left of another ride` } : {}, duration(c.pickup_s) + (c.lead_s ? '*' : '')),
    h('td', {}, duration(c.cost_s))));
  const out = d.excluded.map((e) => h('tr', { class: 'out' },
    h('th', { scope: 'row', title: trust(e) }, link(e.driver_id)), h('td', {}, distance(e.distance_m)), h('td', { colspan: '2' }, reasons[e.reason] ?? e.reason)));
  return h('table', {}, head, h('tbody', {}, ...some(rows)), h('tbody', {}, ...some(out)));
}

function some(rows) {
  const more = rows.length - SHOWN;
  if (more <= 1) return rows;
  return [...rows.slice(0, SHOWN), h('tr', { class: 'out' }, h('td', { colspan: '4' }, `and ${more} more`))];
}

const link = (id) => h('a', { href: `#driver=${encodeURIComponent(id)}` }, id);

/** How far the position was to be trusted. */
const trust = (p) => `seen ${duration(p.age_s)} before, ${p.accuracy_m < 0 ? 'accuracy unknown' : `± ${Math.round(p.accuracy_m)} m`}`;

/** What it was weighed at. */
function prices(d) {
  const facts = [
    ['Price of leaving it', d.price_s], ['Total of the tick', d.total_s],
    ['Total without this trip', d.policy === 'optimal' && d.worth_s ? d.total_s - d.worth_s : 0],
    ['Total without this driver', d.policy === 'optimal' && d.chosen_worth_s ? d.total_s + d.chosen_worth_s : 0],
  ].filter(([, seconds]) => seconds);
  const note = `${d.priced} drivers priced`;
  return h('dl', {}, h('div', {}, h('dt', {}, 'Looked at'), h('dd', {}, note)),
    ...facts.map(([label, seconds]) => h('div', {}, h('dt', {}, label), h('dd', {}, duration(seconds)))));
}
