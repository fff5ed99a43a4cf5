// After the ride: what it cost, the way that was driven, and how it was.

import { clock, distance, duration, money } from '../shared/format.js';
import { html, useEffect, useState } from '../shared/html.js';
import { Alert, Head, Sheet } from '../shared/sheet.js';

const SOON = 5000; // ms between looks for what is not there yet
const LOOKS = 6;

export function Receipt({ ride, map, trip }) {
  const [receipt, problem] = useReceipt(ride, trip);
  const lines = receipt?.lines ?? [{ label: 'Ride', amount: trip.fare.amount }];
  const total = receipt?.total ?? trip.fare;
  const length = receipt?.distance_m ?? trip.distance_m;
  const seconds = receipt?.duration_s ?? (Date.parse(trip.completed_at) - Date.parse(trip.riding_at)) / 1000;
  const sub = [clock(trip.completed_at).slice(0, 5), length > 0 && distance(length), duration(seconds)].filter(Boolean).join(' · ');
  return html`<${Sheet} map=${map} label="Receipt">
    <${Head} title="You have arrived" sub=${sub}><b class="total">${money(total)}</b><//>
    <${Alert} text=${problem} />
    ${lines.length > 1 && html`<dl class="lines">
      ${lines.map(({ label, amount }) => html`<div key=${label}><dt>${label}</dt><dd>${money({ amount, currency: total.currency })}</dd></div>`)}
      <div class="sum"><dt>Total</dt><dd>${money(total)}</dd></div>
    </dl>`}
    <${Rating} ride=${ride} trip=${trip} name=${(receipt?.driver ?? trip.driver)?.name} />
    <button type="button" class="main" onClick=${() => ride.again()}>Done</button>
  <//>`;
}

/** The receipt, and the driven length once it is known. */
function useReceipt(ride, trip) {
  const [receipt, show] = useState(null);
  const [problem, fail] = useState('');
  useEffect(() => {
    let [left, timer] = [LOOKS, 0];
    const look = async () => {
      try {
        const found = await ride.api.get(`/v1/trips/${trip.id}/receipt`);
        show(found);
        if (found.distance_m > 0) {
          ride.refresh(); // the track is there as well
          return;
        }
      } catch (err) {
        if (err.status === 404) return;
        if (left === 1) fail(err.message);
      }
      if (--left > 0) timer = setTimeout(look, SOON);
    };
    look();
    return () => { left = 0; clearTimeout(timer); };
  }, [trip.id]);
  return [receipt, problem];
}

const words = ['', 'Bad', 'Not good', 'All right', 'Good', 'Excellent'];

function Rating({ ride, trip, name }) {
  const [stars, pick] = useState(trip.rating?.stars ?? 0);
  const [comment, write] = useState(trip.rating?.comment ?? '');
  const [sent, tell] = useState(trip.rating ? 'Thank you.' : '');
  const send = async (event) => {
    event?.preventDefault();
    try {
      await ride.api.post(`/v1/trips/${trip.id}/rating`, { stars, ...(comment.trim() ? { comment: comment.trim() } : {}) });
      tell('Thank you.');
    } catch (err) {
      tell(err.message);
    }
  };
  return html`<form class="rating" onSubmit=${send}>
    <fieldset>
      <legend>How was the ride${name ? ` with ${name.split(' ')[0]}` : ''}?</legend>
      <div class="stars">${[1, 2, 3, 4, 5].map((n) => html`<label key=${n} class=${n <= stars ? 'lit' : ''}>
        <input type="radio" name="stars" value=${n} checked=${n === stars} onChange=${() => { pick(n); tell(''); }} />
        <span class="unseen">${n} ${n === 1 ? 'star' : 'stars'}: ${words[n]}</span>
        <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 2.8l2.9 5.9 6.5.9-4.7 4.6 1.1 6.5-5.8-3.1-5.8 3.1 1.1-6.5L2.6 9.6l6.5-.9z" /></svg>
      </label>`)}</div>
    </fieldset>
    ${stars > 0 && !sent && html`<label class="unseen" for="comment">Comment</label>
      <input id="comment" maxlength="500" placeholder="Anything to add?" value=${comment} onInput=${(e) => write(e.target.value)} />
      <button type="submit" class="plain strong">Send rating</button>`}
    <p class="fine" role="status">${sent}</p>
  </form>`;
}
