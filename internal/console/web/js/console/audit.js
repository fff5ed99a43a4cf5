// What operators did, newest first.

import { html } from '../shared/html.js';
import { shortID } from '../shared/format.js';
import { useStore } from '../shared/store.js';
import { href, route, selecting } from './route.js';
import { Moment, More, Note } from './ui.js';
import { usePages } from './use.js';
import { actionName } from './words.js';

export function Audit({ app }) {
  const { subject = '' } = useStore(route);
  const { items, error, loading, more, reload } = usePages(app, `/v1/audit${subject ? `?subject=${encodeURIComponent(subject)}` : ''}`, 'entries');
  return html`<p class="tools"><span class="soft">${subject ? html`About <b>${subject}</b> · <a href=${href({ subject: '' })}>show all</a>` : 'What operators did, newest first'}</span>
      <button type="button" class="second small" onClick=${reload}>Refresh</button></p>
    <${Note} error=${error} loading=${loading}>${items.length || loading ? '' : 'Nothing yet.'}<//>
    <ol class="lines" id="audit">${items.map((e, i) => html`<${Entry} key=${`${e.at}${e.action}${e.subject}${i}`} entry=${e} />`)}</ol><${More} more=${more} />`;
}

function Entry({ entry: e }) {
  const details = Object.entries(e.detail ?? {}).filter(([, v]) => v !== null && v !== '' && typeof v !== 'object');
  return html`<li><p><b>${e.by}</b> ${actionName(e.action).replace(/^./, (c) => c.toLowerCase())} <${Subject} subject=${e.subject} /></p>
    <small class="soft"><${Moment} at=${e.at} />${details.map(([k, v]) => ` · ${k.replaceAll('_', ' ')} ${v}`)}</small></li>`;
}

/** "trip:…" and "driver:…" lead to them. */
function Subject({ subject }) {
  const [kind, ...rest] = (subject ?? '').split(':');
  const id = rest.join(':');
  if (!id) return subject;
  return ['trip', 'driver', 'area'].includes(kind) ? html`<a href=${href(selecting(kind, id))} title=${id}>${kind} ${shortID(id)}</a>` : `${kind} ${id}`;
}
