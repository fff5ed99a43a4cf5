// What degrades, and what that means for riders and drivers.

import { html, useEffect } from '../shared/html.js';
import { clock } from '../shared/format.js';
import { useStore } from '../shared/store.js';
import { Icon } from './icons.js';
import { Moment } from './ui.js';
import { useAnswer } from './use.js';
import { partName } from './words.js';

const AGAIN = 10000; // ms

/** What is away and what that means, and whether what is shown is late; nothing while all is well. */
export function Health({ app }) {
  const { degraded } = useStore(app.health);
  const { data, reload } = useAnswer(app, app.has('/v1/health') ? '/v1/health' : null, AGAIN);
  useEffect(() => reload(), [String(degraded)]);
  const told = data?.parts.filter((p) => !p.ok) ?? [];
  const away = [...told, ...degraded.filter((code) => !told.some(({ name }) => name === code)).map((name) => ({ name }))];
  return html`<${Late} app=${app} />
    ${away.length > 0 && html`<div id="degraded" class="warning" role="status"><${Icon} name="warn" /><div>
      <p><b>Running without ${away.map((p) => partName(p.name)).join(', ')}</b></p>
      ${away.map((p) => p.affects && html`<p key=${p.name}>${p.affects}${p.since && html` <small>since <${Moment} at=${p.since} /></small>`}</p>`)}
    </div></div>`}`;
}

const late = {
  stale: ['What moves is late', 'the bus between the servers is away. Cars stand still here, and trips change some seconds late. Lists and what is opened are as true as ever.'],
  reconnecting: ['No connection to the server', 'what is shown is as it was then. The city goes on, and this page tries again by itself.'],
};

/** That the stream is late or gone, since when, and what that means. */
export function Late({ app }) {
  const { state, since } = useStore(app.connection);
  if (!late[state]) return null;
  const [what, meaning] = late[state];
  return html`<div class="warning late" role="status"><${Icon} name="warn" /><p><b>${what}</b> since ${clock(since)}: ${meaning}</p></div>`;
}
