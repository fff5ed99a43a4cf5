// A ride from the request to the destination.

import { money } from '../shared/format.js';
import { html, useState } from '../shared/html.js';
import { Icon } from '../shared/icons.js';
import { Alert, Head, Sheet, useSeconds } from '../shared/sheet.js';
import { Face } from '../shared/face.js';
import { ShareButton } from './sharing.js';
import { finished, told } from './trip.js';

const before = ['scheduled', 'searching', 'assigned', 'arrived'];

export function Under({ ride, map, site, state }) {
  const { trip, wish, car, problem, pickup, dropoff } = state;
  if (wish) return html`<${Asking} ...${{ map, problem }} />`;
  if (!trip) return html`<${Sheet} map=${map} label="Your ride"><${Head} title="Your ride" sub="One moment…" /><p class="waiting" aria-hidden="true"></p><//>`;
  if (finished(trip)) return html`<${Ended} ...${{ ride, map, trip }} />`;
  const { title, sub } = told(trip, car);
  return html`<${Sheet} map=${map} label="Your ride">
    <${Head} title=${title} sub=${sub}>
      ${trip.state === 'searching' && html`<${Since} at=${trip.requested_at} />`}
    <//>
    <${Progress} state=${trip.state} />
    <${Alert} text=${problem} onClose=${() => ride.set({ problem: '' })} />
    ${trip.driver_id && html`<${Driver} driver=${trip.driver} />`}
    <${Pin} trip=${trip} required=${site.require_pin} />
    <dl class="terms">
      <div><dt><i class="dot dot-pickup" aria-hidden="true"></i>From</dt><dd>${pickup?.name || 'The pickup on the map'}</dd></div>
      <div><dt><i class="dot dot-dropoff" aria-hidden="true"></i>To</dt><dd>${dropoff?.name || 'The place on the map'}</dd></div>
      <div><dt>Fare</dt><dd><b>${money(trip.fare)}</b></dd></div>
    </dl>
    <div class="pair">
      ${trip.driver_id && html`<${ShareButton} api=${ride.api} trip=${trip} />`}
      ${before.includes(trip.state) && html`<${Cancel} onCancel=${() => ride.cancel()} late=${trip.state !== 'searching'} />`}
    </div>
  <//>`;
}

/** The request is on its way; how often it has to be sent does not matter. */
function Asking({ map, problem }) {
  return html`<${Sheet} map=${map} label="Your ride">
    <${Head} title="Asking for your ride" sub=${problem ? 'It is sent as soon as there is a connection: once, however long that takes.' : 'One moment…'} />
    <${Progress} state="searching" />
    <${Alert} text=${problem} />
  <//>`;
}

function Ended({ ride, map, trip }) {
  const { title, sub } = told(trip);
  return html`<${Sheet} map=${map} label="Your ride">
    <${Head} title=${title} sub=${sub} />
    <button type="button" class="main" onClick=${() => ride.again({ same: true })}>Ask again</button>
    <button type="button" class="plain" onClick=${() => ride.again()}>Somewhere else</button>
  <//>`;
}

const steps = ['searching', 'assigned', 'arrived', 'riding'];

/** How far the ride is, as a bar; the headline says the same in words. */
function Progress({ state }) {
  const at = steps.indexOf(state);
  return html`<div class="progress" aria-hidden="true">${steps.map((s, i) => html`<i key=${s} class=${i < at ? 'done' : i === at ? 'now' : ''}></i>`)}</div>`;
}

function Since({ at }) {
  const s = Math.max(0, Math.floor((useSeconds() - Date.parse(at)) / 1000));
  return html`<b class="since" aria-hidden="true">${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}</b>`;
}

function Driver({ driver }) {
  const { name = 'Your driver', vehicle, rating } = driver ?? {};
  const car = vehicle && [vehicle.colour, vehicle.make].filter(Boolean).join(' ');
  return html`<div class="driver">
    <${Face} name=${driver?.name} />
    <p><b>${name}</b><span class="soft">${[car, rating && `★ ${rating.toFixed ? rating.toFixed(1) : rating}`].filter(Boolean).join(' · ')}</span></p>
    ${vehicle?.plate && html`<b class="plate"><span class="unseen">Plate </span>${vehicle.plate}</b>`}
  </div>`;
}

/** The PIN that the driver asks for, from when the driver is about to come. */
function Pin({ trip, required }) {
  if (!required || !trip.pin || !['assigned', 'arrived'].includes(trip.state)) return null;
  return html`<div class="pin-box ${trip.state === 'arrived' ? 'now' : ''}">
    <p><b>Your PIN</b><span class="soft">Tell it to your driver to start the ride.</span></p>
    <b class="digits"><span class="unseen">${[...trip.pin].join(' ')}</span>${[...trip.pin].map((d, i) => html`<i key=${i} aria-hidden="true">${d}</i>`)}</b>
  </div>`;
}

/** Cancels at the second press: the first asks. */
function Cancel({ onCancel, late }) {
  const [asked, ask] = useState(false);
  if (!asked) return html`<button type="button" class="plain" onClick=${() => ask(true)}><${Icon} name="close" />Cancel</button>`;
  return html`<div class="sure" role="group" aria-label="Cancel the ride?">
    <p>${late ? 'Your driver is already coming. Cancel the ride?' : 'Cancel the ride?'}</p>
    <button type="button" class="danger" onClick=${onCancel}>Yes, cancel</button>
    <button type="button" class="plain" onClick=${() => ask(false)}>Keep it</button>
  </div>`;
}
