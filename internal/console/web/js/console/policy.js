// The matching policy: what is in force, and a box that puts another into force
// for every dispatcher.

import { $, h, setText } from '../shared/dom.js';
import { clock, duration, plain, policyNames } from '../shared/format.js';

const LOOK = 5000; // ms between looks: another operator may have switched
const MARKS = 20; // switches that are remembered for the chart

/** What a field of the form is in the policy, and how much of its unit one is. */
const fields = {
  window_s: ['window_s', 1], cap_min: ['pickup_cap_s', 60], threshold_s: ['swap_threshold_s', 1], ahead_s: ['forward_s', 1],
};

export class Policy {
  /** What was put into force while the page watched, oldest first: {at, name}. */
  marks = [];

  #dialog = $('#policy');
  #form = $('#policy form');
  #told = null; // the newest answer of the server

  constructor(session) {
    this.session = session;
    $('#policy-open').addEventListener('click', () => this.#open());
    $('#policy-close').addEventListener('click', () => this.#dialog.close());
    $('#policy-reset').addEventListener('click', () => this.#put('DELETE'));
    this.#form.addEventListener('input', () => this.#dependents());
    this.#form.addEventListener('submit', (e) => {
      e.preventDefault();
      this.#put('PUT', this.#chosen());
    });
  }

  /** Looks now and again for what is in force. */
  start() {
    this.#look();
    setInterval(() => { if (!document.hidden) this.#look(); }, LOOK);
  }

  /** The policy in force, null while nobody knows. */
  get inForce() {
    return this.#told?.in_force ?? null;
  }

  async #look() {
    const told = await this.session.get('/v1/policy').catch(() => null); // the stream shows that the server is gone
    if (told) this.#learn(told);
  }

  #learn(told) {
    const old = this.#told;
    this.#told = told;
    const name = policyNames[told.in_force.policy];
    setText($('#policy-name'), name);
    setText($('#policy-terms'), terms(told.in_force));
    setText($('#policy-since'), since(told));
    $('#policy-open').hidden = false;
    if (JSON.stringify(old?.in_force) === JSON.stringify(told.in_force) && old.set_at === told.set_at) return;
    const at = told.set_at ? Date.parse(told.set_at) : old ? Date.now() : null;
    if (at) this.marks = [...this.marks, { at, name }].slice(-MARKS);
  }

  #open() {
    this.#fill(this.#told.in_force);
    setText($('#policy-error'), '');
    this.#dialog.showModal();
  }

  #fill(p) {
    const f = this.#form.elements;
    f.policy.value = p.policy;
    for (const [name, [setting, unit]] of Object.entries(fields)) f[name].value = plain(p[setting] / unit);
    f.swap.checked = p.swap;
    f.forward.checked = p.forward_s > 0;
    if (!f.forward.checked) f.ahead_s.value = plain(this.#told.configured.forward_s || 60);
    const most = String(p.max_swaps);
    if (![...f.max_swaps.options].some((o) => o.value === most)) f.max_swaps.append(h('option', { value: most }, most));
    f.max_swaps.value = most;
    this.#dependents();
  }

  /** What says more about a thing that is off is greyed out. */
  #dependents() {
    const f = this.#form.elements;
    for (const name of ['max_swaps', 'threshold_s']) f[name].disabled = !f.swap.checked;
    f.ahead_s.disabled = !f.forward.checked;
  }

  /** The policy in force with what the form changes. */
  #chosen() {
    const f = this.#form.elements;
    const p = { ...this.#told.in_force, policy: f.policy.value, swap: f.swap.checked, max_swaps: Number(f.max_swaps.value) };
    for (const [name, [setting, unit]] of Object.entries(fields)) p[setting] = Number(f[name].value) * unit;
    if (!f.forward.checked) p.forward_s = 0;
    return p;
  }

  async #put(method, body) {
    const buttons = [...this.#form.querySelectorAll('footer button')];
    for (const b of buttons) b.disabled = true;
    try {
      this.#learn(await this.session.send(method, '/v1/policy', body));
      this.#dialog.close();
    } catch (err) {
      setText($('#policy-error'), err.message);
    } finally {
      for (const b of buttons) b.disabled = false;
    }
  }
}

/** A policy in a line. */
function terms(p) {
  const swaps = p.max_swaps < 0 ? 'any number of swaps' : `${p.max_swaps} ${p.max_swaps === 1 ? 'swap' : 'swaps'} a trip`;
  return [
    `every ${plain(p.window_s)} s`, p.swap && p.max_swaps ? swaps : 'no swaps',
    p.forward_s ? `next trip ${duration(p.forward_s)} ahead` : 'no next trips',
  ].join(' · ');
}

function since({ set_by: by, set_at: at }) {
  if (!at) return 'As configured';
  const today = new Date(at).toDateString() === new Date().toDateString();
  return `Since ${today ? clock(at) : new Date(at).toLocaleString()}, by ${by}`;
}
