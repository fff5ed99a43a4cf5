// The driver's page: which screen there is, and what the map shows beneath it.

import { html, useEffect } from '../shared/html.js';
import { Menu } from '../shared/menu.js';
import { Offline, Spoken } from '../shared/sheet.js';
import { useStore } from '../shared/store.js';
import { Home } from './home.js';
import { Icon } from '../shared/icons.js';
import { Job } from './job.js';
import { Offer } from './offer.js';
import { useScene } from './scene.js';

export function App({ shift, map, site, identity, places }) {
  const state = useStore(shift);
  const scene = useScene(shift, state);
  useEffect(() => map.show(scene), [scene]);
  const [trip, next] = shift.trips.ahead();
  return html`
    <${Menu} identity=${identity} site=${site}>
      ${site.demo && html`<button type="button" role="switch" aria-checked=${state.pilot} onClick=${() => shift.setPilot(!state.pilot)}>
        <${Icon} name="steer" />Drive by itself<span class="toggle" aria-hidden="true"></span></button>`}
    <//>
    <${Offline} link=${state.link}>${lost(state)}<//>
    ${state.offer && !state.offer.answered
      ? html`<${Offer} key=${state.offer.offer_id} ...${{ shift, map, places, offer: state.offer }} />`
      : trip ? html`<${Job} ...${{ shift, map, site, places, trip, next, state, left: scene.left }} />` : html`<${Home} ...${{ shift, map, state }} />`}
    <${Spoken} text=${spoken(state, trip)} />`;
}

function lost({ steps, fix }) {
  if (steps.length) return 'No connection. What you pressed is kept and sent when it is back.';
  return fix ? 'No connection. Your way is kept and sent when it is back.' : 'No connection. Trying again.';
}

const states = { assigned: 'Drive to the pickup.', arrived: 'You are at the pickup. The rider was told.', riding: 'Drive to the destination.' };

function spoken({ link, offer, duty, done }, trip) {
  if (link === 'lost') return 'The connection is lost.';
  if (offer && !offer.answered) return 'A ride is offered to you.';
  if (trip) return states[trip.state] ?? '';
  if (done) return 'The ride is completed.';
  return duty ? 'You are online.' : 'You are offline.';
}
