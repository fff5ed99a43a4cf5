// Between rides: on duty or not, and what today brought.

import { distance, money } from '../shared/format.js';
import { html } from '../shared/html.js';
import { Alert, Head, Sheet } from '../shared/sheet.js';

/** Why the connection was ended, and what to do. */
export const notes = {
  elsewhere: 'You are driving on another phone. Go online here to take over.',
  ended: 'An operator ended your session. Go online when you want to drive on.',
  unknown: 'You are not registered as a driver, or not active. Please ask your operator.',
};

export function Home({ shift, map, state }) {
  const { duty, link, gps, me, done, problem } = state;
  const { title, sub } = head(state);
  return html`<${Sheet} map=${map} label="Your shift">
    <${Head} title=${title} sub=${sub}>${duty && link === 'live' && !gps && html`<span class="radar" aria-hidden="true"></span>`}<//>
    <${Alert} text=${gps && duty ? gps : notes[link] ?? problem} onClose=${problem ? () => shift.set({ problem: '' }) : null} />
    ${done && html`<${Done} trip=${done} onClose=${() => shift.set({ done: null })} />`}
    <${Today} earned=${me?.earnings?.today} />
    ${duty
      ? html`<button type="button" class="plain tall" onClick=${() => shift.setDuty(false)}>Go offline</button>`
      : html`<button type="button" class="main good go" onClick=${() => shift.setDuty(true)}>Go online</button>`}
  <//>`;
}

function head({ duty, link, me, offer }) {
  if (offer?.answered) return { title: 'Taking the ride', sub: link === 'live' ? 'One moment…' : 'It is sent as soon as there is a connection.' };
  const name = me?.name ? `, ${me.name.split(' ')[0]}` : '';
  if (!duty) return { title: 'You are offline', sub: `Go online to be offered rides${name}.` };
  if (link === 'live') return { title: 'Looking for rides', sub: 'You are online.' };
  return { title: link === 'lost' ? 'Reconnecting' : 'Connecting', sub: 'One moment…' };
}

function Done({ trip, onClose }) {
  return html`<div class="done">
    <p><b>${money(trip.fare)}</b><span>Ride completed${trip.distance_m ? `, ${distance(trip.distance_m)}` : ''}</span></p>
    <button type="button" class="plain" onClick=${onClose}>OK</button>
  </div>`;
}

/** What the day brought so far. */
function Today({ earned }) {
  if (!earned) return null;
  const { trips, amount, currency, distance_m: metres } = earned;
  return html`<section class="today" aria-label="Today">
    <div><b>${money({ amount, currency })}</b><span class="soft">today</span></div>
    <div><b>${trips}</b><span class="soft">${trips === 1 ? 'ride' : 'rides'}</span></div>
    <div><b>${distance(metres ?? 0)}</b><span class="soft">with riders</span></div>
  </section>`;
}
