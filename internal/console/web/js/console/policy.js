// The matching policy: what is in force for the installation, and the form that
// changes it, for the installation or an area.

import { html, useState } from '../shared/html.js';
import { clock, duration, plain } from '../shared/format.js';
import { Store } from '../shared/store.js';

const LOOK = 5000; // ms between looks: another operator may have switched
const MARKS = 20; // switches that are remembered for the charts

/** The policy in force, as the server tells it. */
export class Policy extends Store {
  constructor(api) {
    super({ told: null, marks: [] });
    this.api = api;
  }

  /** Looks now and again for what is in force. */
  start() {
    this.look();
    setInterval(() => { if (!document.hidden) this.look(); }, LOOK);
  }

  async look() {
    const told = await this.api.get('/v1/policy').catch(() => null); // the stream shows that the server is gone
    if (told) this.#learn(told);
  }

  async change(policy) {
    this.#learn(await this.api.call('PUT', '/v1/policy', policy));
  }

  async reset() {
    this.#learn(await this.api.call('DELETE', '/v1/policy'));
  }

  #learn(told) {
    const old = this.state.told;
    if (JSON.stringify(old) === JSON.stringify(told)) return;
    const at = told.set_at ? Date.parse(told.set_at) : old ? Date.now() : null;
    this.set({ told, marks: at ? [...this.state.marks, { at, policy: told.in_force.policy }].slice(-MARKS) : this.state.marks });
  }
}

/** A policy in a line. */
export function terms(p) {
  const swaps = p.max_swaps < 0 ? 'any number of swaps' : `${p.max_swaps} ${p.max_swaps === 1 ? 'swap' : 'swaps'} a trip`;
  return [
    `every ${plain(p.window_s)} s`, p.swap && p.max_swaps ? swaps : 'no swaps',
    p.forward_s ? `next trip ${duration(p.forward_s)} ahead` : 'no next trips',
  ].join(' · ');
}

export function since({ set_by: by, set_at: at }) {
  if (!at) return 'As configured';
  const today = new Date(at).toDateString() === new Date().toDateString();
  return `Since ${today ? clock(at) : new Date(at).toLocaleString()}, by ${by}`;
}

const choices = [
  ['fifo', 'First come', 'The oldest request takes its nearest free driver.'], ['greedy', 'Greedy', 'The closest pair first.'],
  ['optimal', 'Optimal', 'All at once, at the least total time to the pickups.'],
];
const mostSwaps = [['1', '1'], ['2', '2'], ['3', '3'], ['-1', 'no limit']];

/** The fields of a policy, with p as what they start at. readPolicy reads them. */
export function PolicyFields({ policy: p }) {
  const [swap, doSwap] = useState(p.swap);
  const [forward, doForward] = useState(p.forward_s > 0);
  const most = String(p.max_swaps);
  const options = mostSwaps.some(([v]) => v === most) ? mostSwaps : [...mostSwaps, [most, most]];
  return html`
    <fieldset class="policies"><legend class="unseen">How riders and drivers are paired</legend>${choices.map(([value, name, what]) => html`
      <label key=${value} class="choice"><input type="radio" name="policy" value=${value} defaultChecked=${p.policy === value} required /><b>${name}</b><small>${what}</small></label>`)}</fieldset>
    <${Amount} id="window_s" label="Gather requests for" unit="s" value=${p.window_s} min="0.01" max="30" />
    <${Amount} id="cap_min" label="Longest way to a pickup" unit="min" value=${p.pickup_cap_s / 60} min="0.1" max="1440" />
    <${Amount} id="aging" label="Priority of each second waited" unit="s" value=${p.aging} min="0" max="1000" />
    <${Amount} id="fairness" label="Preference for idle drivers" unit="s" value=${p.fairness} min="0" max="1000" />
    <hr />
    <label class="toggle"><input type="checkbox" role="switch" name="swap" checked=${swap} onChange=${(e) => doSwap(e.target.checked)} /><span>Swaps<small>Until pickup, trips may change drivers where that saves time.</small></span></label>
    <div class="setting under"><label for="max_swaps">At most, a trip</label><span><select id="max_swaps" name="max_swaps" disabled=${!swap}>${options.map(([v, name]) => html`<option key=${v} value=${v} selected=${v === most}>${name}</option>`)}</select><i /></span></div>
    <${Amount} id="threshold_s" label="Each saves more than" unit="s" value=${p.swap_threshold_s} min="0" max="86400" disabled=${!swap} under />
    <label class="toggle"><input type="checkbox" role="switch" name="forward" checked=${forward} onChange=${(e) => doForward(e.target.checked)} /><span>Next trips<small>Who is about to finish is offered the next trip.</small></span></label>
    <${Amount} id="ahead_s" label="Within the last" unit="s" value=${p.forward_s || 60} min="1" max="600" disabled=${!forward} under />`;
}

function Amount({ id, label, unit, value, min, max, disabled, under }) {
  return html`<div class=${`setting ${under ? 'under' : ''}`}><label for=${id}>${label}</label>
    <span><input id=${id} name=${id} type="number" min=${min} max=${max} step="any" required defaultValue=${plain(value)} disabled=${disabled} /><i>${unit}</i></span></div>`;
}

/** The policy with what the form's elements change. */
export function readPolicy(form, p) {
  const f = form.elements;
  const number = (name) => Number(f[name].value);
  return {
    ...p, policy: f.policy.value, window_s: number('window_s'), pickup_cap_s: number('cap_min') * 60, aging: number('aging'), fairness: number('fairness'),
    swap: f.swap.checked, max_swaps: Number(f.max_swaps.value), swap_threshold_s: number('threshold_s'), forward_s: f.forward.checked ? number('ahead_s') : 0,
  };
}
