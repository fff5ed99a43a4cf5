// An offer: what it pays, how far the rider is, where it goes, and how long there
// is to answer.

import { distance, money } from '../shared/format.js';
import { html, useEffect, useState } from '../shared/html.js';
import { Sheet } from '../shared/sheet.js';
import { minutes } from '../shared/told.js';

const AROUND = 100; // the ring's circumference, by pathLength

export function Offer({ shift, map, places, offer }) {
  const left = useLeft(offer.until);
  const ride = useWay(shift, offer.pickup, offer.dropoff);
  const [from, to] = [useName(places, offer.pickup), useName(places, offer.dropoff)];
  const s = Math.ceil(left / 1000);
  return html`<${Sheet} map=${map} label="Offer">
    <header class="offer-head">
      <div><h1>${money(offer.fare)}</h1><p class="soft">${[offer.slot === 1 ? 'Your next ride' : 'New ride', ride && `${distance(ride.metres)}, ${minutes(ride.seconds)}`].filter(Boolean).join(' · ')}</p></div>
      <svg class="ring ${s <= 5 ? 'soon' : ''}" viewBox="0 0 64 64" role="timer" aria-label="${s} seconds to answer">
        <circle cx="32" cy="32" r="28" />
        <circle class="left" cx="32" cy="32" r="28" pathLength=${AROUND} stroke-dasharray=${AROUND} stroke-dashoffset=${AROUND * (1 - Math.max(0, left) / offer.whole)} />
        <text x="32" y="32" aria-hidden="true">${Math.max(0, s)}</text>
      </svg>
    </header>
    <ol class="legs">
      <li><i class="dot dot-pickup" aria-hidden="true"></i><p><b>${minutes(offer.eta_s)} away</b><span class="soft">Pickup${from && ` · ${from}`}</span></p></li>
      <li><i class="dot dot-dropoff" aria-hidden="true"></i><p><b>${to || 'Drop-off'}</b><span class="soft">${['Drop-off', offer.seats > 1 && `${offer.seats} seats`].filter(Boolean).join(' · ')}</span></p></li>
    </ol>
    <div class="answer">
      <button type="button" class="plain tall" onClick=${() => shift.answer('decline')}>Decline</button>
      <button type="button" class="main good tall" onClick=${() => shift.answer('accept')}>Accept</button>
    </div>
  <//>`;
}

/** ms until the time, counted often enough for a ring. */
function useLeft(until) {
  const [left, count] = useState(until - Date.now());
  useEffect(() => {
    const timer = setInterval(() => count(until - Date.now()), 250);
    return () => clearInterval(timer);
  }, [until]);
  return left;
}

/** The way between two places, null until it is known. */
export function useWay(shift, from, to) {
  const [way, show] = useState(null);
  useEffect(() => {
    let stale = false;
    shift.ways.between(from, to).then((found) => stale || show(found));
    return () => { stale = true; };
  }, [from.lat, from.lon, to.lat, to.lon]);
  return way;
}

/** What a place is called, '' until that is known. */
export function useName(places, at) {
  const [name, call] = useState('');
  useEffect(() => {
    let stale = false;
    places.nameOf(at).then((found) => stale || call(found));
    return () => { stale = true; };
  }, [at.lat, at.lon]);
  return name;
}
