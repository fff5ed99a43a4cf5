// What degrades, and what that means for riders and drivers.

import { html } from '../shared/html.js';
import { useStore } from '../shared/store.js';
import { Icon } from './icons.js';
import { Moment } from './ui.js';
import { useAnswer } from './use.js';
import { partName } from './words.js';

const AGAIN = 10000; // ms

/** A mark while something is away; nothing while all is well. */
export function Health({ app }) {
  const { degraded } = useStore(app.health);
  const { data } = useAnswer(app, degraded.length && app.has('/v1/health') ? '/v1/health' : null, AGAIN);
  if (!degraded.length) return null;
  const told = data?.parts.filter((p) => !p.ok) ?? [];
  const named = (code) => told.find((p) => p.name === code) ?? { name: code };
  const list = told.length ? told : degraded.map(named);
  return html`<div id="degraded" role="status"><${Icon} name="warn" /><div>
    <p><b>Running without ${list.map((p) => partName(p.name)).join(', ')}</b></p>
    ${list.map((p) => p.affects && html`<p key=${p.name}>${p.affects}${p.since && html` <small>since <${Moment} at=${p.since} /></small>`}</p>`)}
  </div></div>`;
}
