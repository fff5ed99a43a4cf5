// How the service does over the last hour or day.

import { html, useMemo } from '../shared/html.js';
import { duration, policyNames } from '../shared/format.js';
import { useStore } from '../shared/store.js';
import { Chart } from './chart.js';
import { Icon } from './icons.js';
import { href, route } from './route.js';
import { Chips, Moment, Note } from './ui.js';
import { useAnswer } from './use.js';
import { partName, rungs } from './words.js';

const AGAIN = { '1h': 15000, '24h': 60000 }; // ms
const percent = (v) => `${Math.round(v)} %`;
const seconds = (v) => duration(v);
const millis = (v) => (v < 10 ? `${v.toFixed(1)} ms` : `${Math.round(v)} ms`);
const shades = ['available', 'offered', 'enroute', 'waiting', 'request', 'silent'];

/** The charts: [title, format, names and shades of series, more]. */
const charts = [
  ['Requests and what became of them', String, [['requests', 'Requests', 'enroute', { bars: true }], ['served', 'Served', 'available'], ['expired', 'Expired', 'request'], ['cancelled', 'Cancelled', 'silent']]],
  ['Served share', percent, [['share', 'Served', 'available', { fill: true }]], { top: 104 }],
  ['From the request to a driver’s yes', seconds, [['wait_p50_s', 'Half within', 'enroute', { fill: true }], ['wait_p95_s', '95 % within', 'waiting']]],
  ['Offers', String, [['offers_accepted', 'Accepted', 'available'], ['offers_declined', 'Declined', 'offered'], ['offers_expired', 'Timed out', 'request']]],
  ['Drivers and open requests', String, [['drivers_online', 'Drivers online', 'enroute', { fill: true }], ['open', 'Open requests', 'request']]],
  ['Age of positions, 99 % within', seconds, [['position_age_p99_s', 'Age', 'waiting', { fill: true }]]],
  ['Time of a tick', millis, [['tick_p50_ms', 'Half within', 'enroute', { fill: true }], ['tick_p99_ms', '99 % within', 'request']]],
  ['Ticks', String, [['ticks', 'Ticks', 'enroute', { bars: true }]]],
];

export function Numbers({ app }) {
  const { window = '1h', as = '' } = useStore(route);
  const { data, error, loading } = useAnswer(app, `/v1/numbers?window=${window}`, AGAIN[window]);
  const { marks } = useStore(app.policy);
  const shown = useMemo(() => (data ? prepared(data) : []), [data]);
  const named = marks.map(({ at, policy }) => ({ at, name: policyNames[policy] }));
  return html`<div class="numbers-bar">
      <${Chips} label="Over which time" options=${[['', 'Last hour'], ['24h', 'Last day']]} value=${window === '24h' ? '24h' : ''} to=${(w) => href({ window: w })} />
      <${Chips} label="Shown as" options=${[['', 'Charts'], ['table', 'Table']]} value=${as} to=${(a) => href({ as: a })} />
      ${data?.partial && html`<p class="note">Not every dispatcher answered: some is missing.</p>`}</div>
    <${Note} error=${error} loading=${loading && !data} />
    ${data && html`<${Totals} data=${data} />`}
    <${Parts} app=${app} />
    ${as === 'table' && data ? html`<${Table} data=${data} charts=${shown} />`
      : html`<div class="charts">${shown.map((c) => html`<${Chart} key=${c.title} ...${c} at=${data.at} marks=${named} />`)}</div>`}`;
}

/** The charts with their values; those of which nothing is known are left out. */
function prepared({ series }) {
  const all = { ...series, share: shareOf(series) };
  const list = charts.map(([title, format, lines, more]) => ({
    title, format, ...more, series: lines.filter(([key]) => all[key]).map(([key, name, shade, look]) => ({ name, shade, values: all[key], ...look })),
  }));
  const ladder = Object.entries(series.rung ?? {});
  if (ladder.length) list.push({ title: 'Where travel times came from', format: percent, top: 104, series: ladderShares(ladder) });
  return list.filter((c) => c.series.length);
}

const shareOf = ({ served, expired }) => served?.map((s, i) => {
  const ended = (s ?? 0) + (expired[i] ?? 0);
  return ended ? (100 * (s ?? 0)) / ended : null;
});

function ladderShares(ladder) {
  const total = ladder[0][1].map((_, i) => ladder.reduce((sum, [, v]) => sum + (v[i] ?? 0), 0));
  return ladder.map(([rung, v], n) => ({ name: rungs[rung] ?? rung, shade: shades[n % shades.length], values: v.map((x, i) => (total[i] ? (100 * (x ?? 0)) / total[i] : null)) }));
}

function Totals({ data: { totals: t = {} } }) {
  const ended = (t.served ?? 0) + (t.expired ?? 0);
  const tiles = [
    ['Requests', t.requests], ['Served', ended ? percent((100 * t.served) / ended) : null], ['Match, half within', t.wait_p50_s && seconds(t.wait_p50_s)],
    ['Match, 95 % within', t.wait_p95_s && seconds(t.wait_p95_s)], ['Offers accepted', share(t.offers_accepted, t.offers_declined, t.offers_expired)], ['Cancelled', t.cancelled],
  ].filter(([, value]) => value !== undefined && value !== null);
  return html`<dl class="totals">${tiles.map(([label, value]) => html`<div key=${label}><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>`;
}

const share = (yes = 0, ...no) => (yes + no.reduce((a, b) => a + (b ?? 0), 0) ? percent((100 * yes) / (yes + no.reduce((a, b) => a + (b ?? 0), 0))) : null);

/** The parts of the installation, and what is affected where one is away. */
function Parts({ app }) {
  const { data } = useAnswer(app, app.has('/v1/health') ? '/v1/health' : null, 10000);
  if (!data) return null;
  return html`<ul class="parts" aria-label="Parts of the installation">${data.parts.map((p) => html`<li key=${p.name} class=${p.ok ? 'ok' : 'away'}>
    <${Icon} name=${p.ok ? 'check' : 'warn'} /><span><b>${partName(p.name)}</b>${p.ok ? html`<span class="unseen"> is well</span>` : html` is away${p.since && html` since <${Moment} at=${p.since} />`}<small>${p.affects}</small>`}</span></li>`)}</ul>`;
}

function Table({ data, charts: list }) {
  const columns = list.flatMap((c) => c.series.map((s) => ({ ...s, format: c.format, group: c.title })));
  return html`<div class="table" tabindex="0" role="region" aria-label="Numbers"><table><thead>
      <tr><td />${list.map((c) => html`<th key=${c.title} scope="colgroup" colspan=${c.series.length}>${c.title}</th>`)}</tr>
      <tr><th scope="col">Time</th>${columns.map((c) => html`<th key=${c.group + c.name} scope="col">${c.name}</th>`)}</tr></thead>
    <tbody>${data.at.map((t, i) => html`<tr key=${t}><th scope="row">${new Date(t * 1000).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })}</th>
      ${columns.map((c) => html`<td key=${c.group + c.name}>${c.values[i] === null || c.values[i] === undefined ? '' : c.format(c.values[i])}</td>`)}</tr>`).reverse()}</tbody></table></div>`;
}
