// What a ride costs, class by class, and how soon somebody could be there.

import { className, clock, distance, money } from '../shared/format.js';
import { html, useState } from '../shared/html.js';
import { Alert, Head, Sheet } from '../shared/sheet.js';
import { minutes } from '../shared/told.js';

/** Those that come at all first, and of them the cheapest. */
const better = (a, b) => (a.pickup_eta_s === null) - (b.pickup_eta_s === null) || a.fare.amount - b.fare.amount;
const large = /^(xl|van|large|six)/;

export function Choose({ ride, map, state }) {
  const { chosen, pickup, dropoff, problem } = state;
  const quotes = state.quotes?.toSorted(better);
  const [picked, pick] = useState(chosen);
  const current = quotes?.find((q) => q.class === picked) ?? quotes?.[0];
  return html`<${Sheet} map=${map} label="Choose your ride">
    <${Head} title="Choose your ride" sub=${quotes ? `${distance(quotes[0].distance_m)}, about ${minutes(quotes[0].trip_time_s)}` : 'Asking for the price…'} onBack=${() => ride.change('dropoff')} />
    <${Route} ...${{ pickup, dropoff }} onChange=${(step) => ride.change(step)} />
    <${Alert} text=${problem} />
    <div class="choices" role="radiogroup" aria-label="Classes">
      ${quotes ? quotes.map((q) => html`<${Class} key=${q.class} quote=${q} on=${q === current} onPick=${() => pick(q.class)} />`) : html`<p class="waiting" aria-hidden="true"></p><p class="waiting" aria-hidden="true"></p>`}
    </div>
    <button type="button" class="main" disabled=${!current} onClick=${() => ride.request(current)}>${current ? `Request ${className(current.class)} · ${money(current.fare)}` : 'One moment'}</button>
  <//>`;
}

function Class({ quote, on, onPick }) {
  const { class: id, fare, pickup_eta_s: eta, trip_time_s: takes } = quote;
  const there = eta === null ? 'No driver near just now' : `In ${minutes(eta)} · there ${clock(Date.now() + (eta + takes) * 1000).slice(0, 5)}`;
  return html`<label class="choice ${on ? 'on' : ''}">
    <input type="radio" name="class" checked=${on} onChange=${onPick} />
    <img src="/assets/img/${large.test(id) ? 'van' : 'car'}.svg" alt="" width="64" height="36" />
    <span><b>${className(id)}</b><small class="soft">${there}</small></span>
    <b class="price">${money(fare)}</b>
  </label>`;
}

/** From where to where, each a button that goes back to choosing it. */
function Route({ pickup, dropoff, onChange }) {
  return html`<div class="route">
    <button type="button" onClick=${() => onChange('pickup')}><i class="dot dot-pickup" aria-hidden="true"></i><span><small class="soft">From</small>${pickup.name || 'The pickup on the map'}</span></button>
    <button type="button" onClick=${() => onChange('dropoff')}><i class="dot dot-dropoff" aria-hidden="true"></i><span><small class="soft">To</small>${dropoff.name || 'The place on the map'}</span></button>
  </div>`;
}
