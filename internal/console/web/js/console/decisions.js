// What was decided for a trip at each tick, and why: who could have served it, at
// what cost, and who was near and left out.

import { html, useEffect } from '../shared/html.js';
import { clock, distance, duration, policyNames } from '../shared/format.js';
import { DriverLink, Note, Section } from './ui.js';
import { useAnswer } from './use.js';
import { reasonName, rungs } from './words.js';

const AGAIN = 4000; // ms between looks while the trip waits
const SHOWN = 6; // rows of each kind

export function Decisions({ app, trip }) {
  const { data, error, loading, reload } = useAnswer(app, `/v1/trips/${encodeURIComponent(trip.id)}/decisions`, trip.state === 'searching' ? AGAIN : 0);
  useEffect(() => { if (data) reload(); }, [trip.version]);
  const list = [...(data?.decisions ?? [])].reverse();
  return html`<${Section} title="Who was considered" id="decisions" more=${data?.partial && html`<small>not every dispatcher answered</small>`}>
    <${Note} error=${error} loading=${loading && !data}>${data && !list.length ? 'No dispatcher remembers any: they keep those of recent trips.' : ''}<//>
    <div id="decisions">${list.map((d, i) => html`<${Decision} key=${`${d.at}${d.epoch}`} decision=${d} first=${i === 0} />`)}</div><//>`;
}

function Decision({ decision: d, first }) {
  return html`<details class="decision" open=${first}>
    <summary><b>${headline(d)}</b><time datetime=${d.at}>${clock(d.at)}</time></summary>
    <p class="soft">${[policyNames[d.policy] ?? d.policy, d.area && `area ${d.area}`, `times by ${rungs[d.rung] ?? d.rung}`, d.ticks > 1 && `the same ${d.ticks} times`].filter(Boolean).join(' · ')}</p>
    <${Considered} decision=${d} /><${LeftOut} excluded=${d.excluded} /><${Prices} decision=${d} />
  </details>`;
}

function headline(d) {
  if (d.refused) return `Refused: ${d.refused.replaceAll('_', ' ')}`;
  if (!d.chosen) return d.candidates.length ? 'Others went first' : 'Nobody could';
  if (!d.from) return `Offered to ${d.chosen}`;
  return d.saved_s > 0 ? `Driver changed, ${duration(d.saved_s)} saved` : 'Driver changed for the good of others';
}

function Considered({ decision: d }) {
  if (!d.candidates.length) return null;
  return html`<table><caption>Could have served it</caption>
    <thead><tr><th scope="col">Driver</th><th scope="col">Away</th><th scope="col">Pickup</th><th scope="col">Cost</th></tr></thead>
    <tbody>${d.candidates.slice(0, SHOWN).map((c) => html`<tr key=${c.driver_id} class=${c.driver_id === d.chosen ? 'chosen' : ''}>
      <th scope="row" title=${trust(c)}><${DriverLink} id=${c.driver_id} /></th><td>${distance(c.distance_m)}</td>
      <td title=${c.lead_s ? `${duration(c.lead_s)} of it is left of another ride` : undefined}>${duration(c.pickup_s)}${c.lead_s ? '*' : ''}</td><td>${duration(c.cost_s)}</td></tr>`)}
      <${Rest} count=${d.candidates.length - SHOWN} span="4" /></tbody></table>`;
}

function LeftOut({ excluded }) {
  if (!excluded.length) return null;
  return html`<table class="out"><caption>Near, and left out</caption>
    <thead class="unseen"><tr><th scope="col">Driver</th><th scope="col">Away</th><th scope="col">Why</th></tr></thead>
    <tbody>${excluded.slice(0, SHOWN).map((e) => html`<tr key=${e.driver_id}>
      <th scope="row" title=${trust(e)}><${DriverLink} id=${e.driver_id} /></th><td>${distance(e.distance_m)}</td><td>${reasonName(e.reason)}</td></tr>`)}
      <${Rest} count=${excluded.length - SHOWN} span="3" /></tbody></table>`;
}

function Rest({ count, span }) {
  return count > 0 ? html`<tr><td colspan=${span} class="soft">and ${count} more</td></tr>` : null;
}

/** How far the position was to be trusted. */
const trust = (p) => `seen ${duration(p.age_s)} before, ${p.accuracy_m < 0 ? 'accuracy unknown' : `± ${Math.round(p.accuracy_m)} m`}`;

/** What it was weighed at. */
function Prices({ decision: d }) {
  const facts = [
    ['Drivers priced', d.priced], ['Price of leaving it', d.price_s && duration(d.price_s)], ['Total of the tick', d.total_s && duration(d.total_s)],
    ['Total without this trip', d.policy === 'optimal' && d.worth_s ? duration(d.total_s - d.worth_s) : 0],
    ['Total without this driver', d.policy === 'optimal' && d.chosen_worth_s ? duration(d.total_s + d.chosen_worth_s) : 0],
  ].filter(([, value]) => value);
  return html`<dl class="facts">${facts.map(([label, value]) => html`<div key=${label}><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>`;
}
