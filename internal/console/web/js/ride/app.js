// The rider's page: which screen there is, and what the map shows beneath it.

import { html, useEffect } from '../shared/html.js';
import { Menu } from '../shared/menu.js';
import { Offline, Spoken } from '../shared/sheet.js';
import { useStore } from '../shared/store.js';
import { Choose } from './choose.js';
import { Receipt } from './receipt.js';
import { useScene } from './scene.js';
import { finished, told } from './trip.js';
import { Under } from './under.js';
import { Where } from './where.js';

export function App({ ride, map, site, identity }) {
  const state = useStore(ride);
  const scene = useScene(ride, state);
  useEffect(() => map.show(scene), [scene]);
  return html`
    <${Menu} identity=${identity} site=${site} />
    <${Offline} link=${state.link}>No connection. ${state.trip || state.wish ? 'Your ride goes on; this page catches up by itself.' : 'Waiting for it to come back.'}<//>
    <${Screen} ...${{ ride, map, site, state }} />
    <${Spoken} text=${spoken(state)} />`;
}

function Screen({ ride, map, site, state }) {
  const { trip, tripID, wish, step } = state;
  if (trip && trip.state === 'completed') return html`<${Receipt} ...${{ ride, map, trip }} />`;
  if (trip || tripID || wish) return html`<${Under} ...${{ ride, map, site, state }} />`;
  if (step === 'choose') return html`<${Choose} ...${{ ride, map, state }} />`;
  return html`<${Where} key=${step} ...${{ ride, map, step, state }} />`;
}

function spoken({ trip, wish, link, car }) {
  if (link === 'lost') return 'The connection is lost.';
  if (wish) return 'Asking for your ride.';
  if (!trip) return '';
  const { title, sub } = told(trip, finished(trip) ? null : car && { ...car, eta_s: Math.ceil(car.eta_s / 60) * 60 });
  return `${title}. ${sub}`;
}
