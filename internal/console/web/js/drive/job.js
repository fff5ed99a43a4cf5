// The trip at hand: to the pickup, waiting, with the rider on board.

import { metres } from '../shared/geometry.js';
import { distance, money } from '../shared/format.js';
import { html, useState } from '../shared/html.js';
import { Icon } from '../shared/icons.js';
import { Alert, Head, Sheet, useSeconds } from '../shared/sheet.js';
import { notes } from './home.js';
import { useName } from './offer.js';
import { PinEntry } from './pinentry.js';

const NEAR = 60; // metres from which the button to arrive is the natural one

const says = {
  assigned: { title: 'To the pickup', button: 'I have arrived', kind: 'arrive' },
  arrived: { title: 'At the pickup', button: 'Start the ride', kind: 'start' },
  riding: { title: 'To the destination', button: 'Complete the ride', kind: 'complete' },
};

export function Job({ shift, map, site, places, trip, next, state, left }) {
  const say = says[trip.state];
  const goal = trip.state === 'riding' ? trip.dropoff : trip.pickup;
  const name = useName(places, goal);
  const [asks, ask] = useState(false);
  const far = state.fix ? metres(state.fix, goal) : null;
  const { epoch } = trip; // a step that arrives after the trip was lost and won back is refused by it
  const step = () => shift.steps.add(say.kind, trip.id, { epoch });
  const wrong = state.wrongPin?.id === trip.id ? state.wrongPin : null;
  const pin = trip.state === 'arrived' && (trip.pin_required ?? site.require_pin);
  return html`<${Sheet} map=${map} label="Your ride">
    <${Head} title=${say.title} sub=${[name, left !== null && trip.state !== 'arrived' && distance(left)].filter(Boolean).join(' · ') || null}>
      ${trip.state === 'arrived' ? html`<${Waited} at=${trip.arrived_at} />` : html`<b class="fare">${money(trip.fare)}</b>`}
    <//>
    <${Alert} text=${notes[state.link] ?? state.problem} onClose=${notes[state.link] ? null : () => shift.set({ problem: '' })} />
    ${pin
      ? html`<${PinEntry} key=${`${trip.id}${wrong?.at}`} wrong=${Boolean(wrong)} onPin=${(digits) => shift.steps.add('start', trip.id, { pin: digits, epoch })} />`
      : html`<button type="button" class="main tall ${trip.state === 'assigned' && far > NEAR ? '' : 'good'}" onClick=${step}>${say.button}</button>`}
    ${state.steps.length > 0 && html`<p class="fine" role="status">${state.link === 'live' ? 'Sending…' : 'Kept, and sent when the connection is back.'}</p>`}
    ${next && html`<${Next} places=${places} trip=${next} from=${trip.dropoff} />`}
    <div class="pair">
      ${trip.state !== 'riding' && html`<${Give} asks=${asks} ask=${ask} onYes=${() => shift.steps.add('cancel', trip.id, { epoch })} />`}
      <button type="button" class="plain" onClick=${() => shift.setDuty(!state.duty)}>${state.duty ? 'Stop after this' : notes[state.link] ? 'Go online' : 'Stay online'}</button>
    </div>
  <//>`;
}

/** The ride after this one: what it pays, and how far its pickup is from where this one ends. */
function Next({ places, trip, from }) {
  const name = useName(places, trip.pickup);
  return html`<p class="next"><${Icon} name="next" /><span><b>Next ride: ${money(trip.fare)}</b>
    <span class="soft">${['Begins when this one is over', name, `${distance(metres(from, trip.pickup))} on`].filter(Boolean).join(' · ')}</span></span></p>`;
}

/** How long the rider has been waited for. */
function Waited({ at }) {
  const s = Math.max(0, Math.floor((useSeconds() - Date.parse(at ?? new Date())) / 1000));
  return html`<b class="since"><span class="unseen">Waited for </span>${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}</b>`;
}

/** Gives the trip back, at the second press. */
function Give({ asks, ask, onYes }) {
  if (!asks) return html`<button type="button" class="plain" onClick=${() => ask(true)}>Cannot come</button>`;
  return html`<div class="sure" role="group" aria-label="Give this ride back?">
    <p>Give this ride back? Another driver is sought.</p>
    <button type="button" class="danger" onClick=${() => (ask(false), onYes())}>Yes, give back</button>
    <button type="button" class="plain" onClick=${() => ask(false)}>Keep it</button>
  </div>`;
}
