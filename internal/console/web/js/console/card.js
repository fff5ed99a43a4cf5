// The card of what is selected: all that is known of one trip or one driver.

import { Decisions } from './decisions.js';
import { $, h, setList, setText } from '../shared/dom.js';
import { clock, distance, duration, money, shortID, stateNames, statusNames } from '../shared/format.js';
import { metres } from '../shared/geometry.js';

const REFUSED = 'Not found: it may be over, or the id is of nothing here.';

export class Card {
  #root = $('#card');
  #selected = null; // {kind, id}
  #known = null; // the newest that was seen of it
  #note = '';

  constructor(city, session, onClose) {
    this.city = city;
    this.session = session;
    this.decisions = new Decisions(session);
    $('#card-close').addEventListener('click', onClose);
    this.#root.addEventListener('keydown', (e) => { if (e.key === 'Escape') onClose(); });
  }

  /** Shows the card of {kind, id}, or none. Resolves to what is known of it. */
  async show(selected) {
    this.#selected = selected;
    this.#known = null;
    this.#note = '';
    this.#root.hidden = !selected;
    if (!selected) return null;
    this.update();
    const path = `/v1/${selected.kind}s/${encodeURIComponent(selected.id)}`;
    let told = null;
    try {
      told = await this.session.get(path);
      if (this.#selected === selected && !told && !this.#known) this.#note = REFUSED;
    } catch (err) {
      this.#note = err.message;
    }
    if (this.#selected !== selected) return null;
    if (told) this.#learn(told);
    this.update();
    return this.#known;
  }

  /** Takes what the stream said since; call it a few times a second. */
  update() {
    if (!this.#selected) return;
    const { kind, id } = this.#selected;
    const live = (kind === 'trip' ? this.city.trips : this.city.drivers).get(id);
    if (live) this.#learn(live);
    if (kind === 'driver' && this.#known && !live) this.#known = { ...this.#known, status: 'offline', trip_id: '' };
    setText($('#card-kind'), kind === 'trip' ? 'Trip' : 'Driver');
    setText($('#card-id'), shortID(id));
    $('#card-id').title = id;
    if (kind === 'trip') this.#trip(this.#known ?? {});
    else this.#driver(this.#known ?? {});
    setText($('#card-note'), this.#known ? '' : this.#note);
    this.decisions.update(kind === 'trip' ? this.#known : null);
  }

  /** Where the selected is: the driver, or both ends of the trip and its driver. */
  places() {
    const { pickup, dropoff, driver_id: driverID, motion } = this.#known;
    const driver = motion ?? this.city.drivers.get(driverID)?.motion;
    return [...(driver ? [driver.point(this.city.now())] : []), ...(pickup ? [pickup, dropoff] : [])];
  }

  #learn(told) {
    if (told.version < this.#known?.version) return;
    this.#known = { ...this.#known, ...told };
  }

  #state(name, className) {
    const badge = $('#card-state');
    setText(badge, name ?? '');
    badge.className = `badge ${className}`;
  }

  #trip(t) {
    this.#state(stateNames[t.state], `state-${t.state}`);
    rows($('#card-steps'), t.state ? steps(t, this.city.serverNow()) : []);
    rows($('#card-facts'), t.state ? tripFacts(t, this.city) : []);
  }

  #driver(d) {
    this.#state(statusNames[d.status], `status-${d.status}`);
    rows($('#card-steps'), []);
    rows($('#card-facts'), d.id ? driverFacts(d, this.city) : []);
  }
}

/** What happened when: [label, time, how long after the step before, done]. */
function steps(t, now) {
  const end = { cancelled: ['Cancelled', t.cancelled_at], expired: ['Expired', t.expired_at] }[t.state];
  const way = [
    ['Requested', t.requested_at], ['Matched', t.assigned_at], ['Arrived', t.arrived_at], ['Picked up', t.riding_at],
    ['Completed', t.completed_at],
  ];
  const list = end ? [...way.filter(([, at]) => at), end] : way;
  let before = null;
  return list.map(([label, at]) => {
    const since = before && ((at ? Date.parse(at) : now) - before) / 1000;
    const text = at ? clock(at) : before ? 'waiting' : '';
    const row = { label, text, more: since === null ? '' : `${at ? '+' : ''}${duration(since)}`, done: Boolean(at) };
    before = at ? Date.parse(at) : null;
    return row;
  });
}

function tripFacts(t, city) {
  // That a next trip is at hand now has no event; where the driver is says it.
  const later = t.slot && t.state === 'assigned' && city.drivers.get(t.driver_id)?.trip_id !== t.id;
  return [
    {
      label: 'Driver', text: t.driver_id || 'none yet', more: later ? 'finishes another trip first' : '',
      href: t.driver_id && `#driver=${encodeURIComponent(t.driver_id)}`,
    },
    ...(t.swaps ? [{ label: 'Driver changed', text: t.swapped || (t.swaps === 1 ? 'once' : `${t.swaps} times`) }] : []),
    { label: 'Rider', text: t.rider_id },
    { label: 'Fare', text: money(t.fare) },
    { label: 'Straight line', text: distance(metres(t.pickup, t.dropoff)) },
    { label: 'Vehicle', text: `${t.class}, ${t.seats} ${t.seats === 1 ? 'seat' : 'seats'}` },
    { label: 'Version', text: t.epoch > 1 ? `${t.version}, at driver ${t.epoch}` : `${t.version}` },
    ...(t.reason ? [{ label: 'Reason', text: t.cancelled_by ? `${t.reason} (${t.cancelled_by})` : t.reason }] : []),
  ];
}

function driverFacts(d, city) {
  const live = d.motion !== undefined;
  return [
    { label: 'Name', text: d.name || '–' },
    { label: 'Trip', text: d.trip_id ? shortID(d.trip_id) : 'none', href: d.trip_id && `#trip=${encodeURIComponent(d.trip_id)}` },
    { label: 'Vehicle', text: d.seats ? `${d.class}, ${d.seats} seats` : d.class },
    ...(live ? [
      { label: 'Speed', text: d.speed < 0 ? 'unknown' : `${Math.round(d.speed * 3.6)} km/h` },
      { label: 'Seen', text: `${duration((city.now() - d.fixedAt) / 1000)} ago, ${d.accuracy < 0 ? 'accuracy unknown' : `± ${Math.round(d.accuracy)} m`}` },
    ] : []),
  ];
}

/** Makes a list show rows {label, text, href?, more?, done?}, touching only what changed. */
function rows(list, items) {
  const make = (item) => h('div', {}, h('dt', {}, item.label), h('dd', {}, h(item.href ? 'a' : 'span'), h('small')));
  const key = (item) => `${item.label}${item.href ? '+' : ''}`;
  setList(list, items, key, make, (row, item) => {
    const value = row.querySelector('dd').firstChild;
    setText(value, item.text);
    if (item.href) value.setAttribute('href', item.href);
    setText($('small', row), item.more ?? '');
    row.classList.toggle('todo', item.done === false);
  });
}
