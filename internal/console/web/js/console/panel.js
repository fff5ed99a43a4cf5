// The panel: counts of the last minutes, waits, drivers by status, and the
// newest events.

import { WaitChart } from './chart.js';
import { $, h, setList, setText } from '../shared/dom.js';
import { clock, duration, shortID, stateNames, statusNames } from '../shared/format.js';
import { Sparkline } from './sparkline.js';

const SPARK = 180; // of the newest stats are in the small lines
const SPOKEN = 30000; // ms between announcements to screen readers
const statuses = ['available', 'offered', 'enroute', 'waiting', 'riding', 'silent'];
const counts = ['requests', 'assigned', 'completed', 'cancelled', 'expired', 'open', 'active'];

export class Panel {
  #root = $('#panel');
  #drawn = null; // the stats that are shown
  #spoken = -Infinity;
  #sparks = { open: new Sparkline($('#spark-open')), active: new Sparkline($('#spark-active')) };

  #chart = new WaitChart($('#waits-chart'));

  constructor(city, policy) {
    this.city = city;
    this.policy = policy;
    const toggle = $('#panel-toggle');
    toggle.addEventListener('click', () => {
      const open = this.#root.classList.toggle('open');
      toggle.setAttribute('aria-expanded', String(open));
    });
    this.#drivers({});
  }

  /** Shows what is new; call it a few times a second. */
  update() {
    const { stats } = this.city;
    this.#events();
    if (!stats || stats === this.#drawn) return;
    this.#drawn = stats;
    for (const name of counts) setText($(`[data-count="${name}"]`, this.#root), stats[name]);
    setText($('#window'), `Last ${duration(stats.window_s)}`);
    for (const [name, q] of [['match', stats.match_s], ['pickup', stats.pickup_s]]) this.#wait(name, q);
    for (const name of ['open', 'active']) this.#sparks[name].draw(this.city.history.slice(-SPARK).map((s) => s[name]));
    this.#chart.draw(this.city.history, this.policy.marks);
    this.#drivers(stats.drivers ?? {});
    this.#warn(stats.degraded ?? []);
    this.#speak(stats);
  }

  #wait(name, { p50, p95 }) {
    const none = p50 === 0 && p95 === 0;
    setText($(`[data-wait="${name}-p50"]`, this.#root), none ? '–' : duration(p50));
    setText($(`[data-wait="${name}-p95"]`, this.#root), none ? '–' : duration(p95));
  }

  #drivers(byStatus) {
    const total = statuses.reduce((sum, s) => sum + (byStatus[s] ?? 0), 0);
    setText($('#online'), `${total} online`);
    // An offer is pending for seconds: it has a line in the legend only then.
    const listed = statuses.filter((s) => s !== 'offered' || byStatus[s]);
    setList($('#legend'), listed, String, legendEntry, (entry, s) => setText($('b', entry), byStatus[s] ?? 0));
    setList($('#share'), statuses, String, (s) => h('span', { class: `fill-${s}` }), (bar, s) => {
      bar.style.flexGrow = byStatus[s] ?? 0;
    });
  }

  #events() {
    const { events } = this.city;
    $('#no-events').hidden = events.length > 0;
    setList($('#events'), events, (e) => `${e.id}:${e.version}`, eventEntry);
  }

  #warn(degraded) {
    const names = { redis: 'Redis', nats: 'the bus (NATS)', store: 'the store', eta: 'the travel time engine' };
    const warning = $('#degraded');
    warning.hidden = degraded.length === 0;
    setText(warning, `Running without ${degraded.map((part) => names[part] ?? part).join(', ')}.`);
  }

  #speak(stats) {
    if (performance.now() - this.#spoken < SPOKEN) return;
    this.#spoken = performance.now();
    setText($('#spoken'), `${stats.open} requests are waiting, ${stats.active} trips are under way. In the last `
      + `${duration(stats.window_s)}: ${stats.requests} requests, ${stats.assigned} matched, ${stats.completed} completed, `
      + `${stats.cancelled + stats.expired} lost.`);
  }
}

function legendEntry(status) {
  return h('li', {}, h('i', { class: `mark mark-${status}` }), h('span', {}, statusNames[status]), h('b', {}, '0'));
}

function eventEntry({ id, state, swapped, at, driver }) {
  const what = driver ? `${shortID(id)} · ${driver}` : shortID(id);
  return h('li', { class: `event event-${state}` },
    h('a', { href: `#trip=${encodeURIComponent(id)}` },
      h('i', { class: 'bead' }), h('span', { class: 'what' }, h('b', {}, swapped ? 'Driver changed' : stateNames[state] ?? state), h('small', {}, what)),
      h('time', { datetime: at }, clock(at))));
}
