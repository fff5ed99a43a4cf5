// «Why no ride»: the decisions of the last hour that passed a driver over.

import { html } from '../shared/html.js';
import { distance } from '../shared/format.js';
import { Moment, Note, Section, TripLink } from './ui.js';
import { useAnswer } from './use.js';
import { reasonName, whyPassedOver } from './words.js';

const SHOWN = 12;

export function WhyNoRide({ app, id }) {
  const known = app.has('/v1/drivers/{id}/passed_over');
  const { data, error, loading, reload } = useAnswer(app, known ? `/v1/drivers/${encodeURIComponent(id)}/passed_over` : null);
  if (!known) return null;
  const list = data?.decisions ?? [];
  return html`<${Section} title="Why no ride" id="why" more=${html`<button type="button" class="second small" onClick=${reload}>Look again</button>`}>
    <${Note} error=${error} loading=${loading}>${data && !list.length ? 'In the last hour no decision passed this driver over.' : ''}<//>
    ${list.length > 0 && html`<${Summary} list=${list} partial=${data.partial} />`}
    <ol class="lines" id="why">${list.slice(0, SHOWN).map((d) => html`<li key=${`${d.at}${d.trip_id}`}>
      <p>${whyPassedOver(d)}</p>
      <small class="soft"><${Moment} at=${d.at} /> · trip <${TripLink} id=${d.trip_id} /> · ${distance(d.metres)} away${d.ticks > 1 ? ` · ${d.ticks} times` : ''}</small></li>`)}</ol>
  <//>`;
}

/** How often which reason, the most frequent first. */
function Summary({ list, partial }) {
  const counts = new Map();
  for (const { reason } of list) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const most = [...counts].sort(([, a], [, b]) => b - a);
  return html`<ul class="tags">${most.map(([reason, n]) => html`<li key=${reason}><b>${n}</b> ${reasonName(reason)}</li>`)}</ul>
    ${partial && html`<p class="soft">Not every dispatcher answered: there may be more.</p>`}`;
}
