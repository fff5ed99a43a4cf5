// Choosing a place: by the map under the pin, by name, or where the phone is.

import { metres } from '../shared/geometry.js';
import { html, useEffect, useRef, useState } from '../shared/html.js';
import { Icon } from '../shared/icons.js';
import { Alert, Head, Sheet } from '../shared/sheet.js';
import { Search } from './search.js';

const words = {
  pickup: { title: 'Where are you?', sub: 'Move the map to your pickup.', button: 'Confirm pickup', field: 'Pickup' },
  dropoff: { title: 'Where to?', sub: 'Move the map, or search.', button: 'Confirm drop-off', field: 'Destination' },
};

const APART = 40; // metres: a shorter ride is none

export function Where({ ride, map, step, state }) {
  const say = words[step];
  const [name, call] = useState('');
  const [close, tooClose] = useState(false);
  const at = useMiddle(map, async (place) => {
    tooClose(step === 'dropoff' && metres(place, state.pickup) < APART);
    call(await ride.places.nameOf(place));
  });
  const [problem, fail] = useState('');
  useEffect(() => {
    const known = state[step];
    if (known) map.goTo(known);
    return map.onClick((place) => map.goTo(place));
  }, []);
  const confirm = () => {
    const place = { ...map.middle().place, name };
    if (step === 'pickup') ride.setPickup(place);
    else ride.setDropoff(place);
  };
  const here = () => locate().then((place) => map.goTo(place), (err) => fail(err.message));
  return html`
    <div class="aim aim-${step}" aria-hidden="true" ref=${at}><i></i></div>
    <button type="button" class="float here" aria-label="Go to where I am" onClick=${here}><${Icon} name="here" /></button>
    <${Sheet} map=${map} label=${say.title}>
      <${Head} title=${say.title} sub=${say.sub} onBack=${step === 'dropoff' ? () => ride.change('pickup') : null} />
      <${Alert} text=${problem || state.problem} onClose=${() => (fail(''), ride.set({ problem: '' }))} />
      ${ride.places.any && html`<${Search} places=${ride.places} label=${say.field} near=${() => map.middle().place} onPick=${(place) => map.goTo(place)} />`}
      <p class="place"><i class="dot dot-${step}" aria-hidden="true"></i><span>${name || 'The place on the map'}</span></p>
      <button type="button" class="main" disabled=${close} onClick=${confirm}>${close ? 'Move the map to your destination' : say.button}</button>
    <//>`;
}

/** Keeps the pin over the middle of the map, and tells of the place when the map rests. */
function useMiddle(map, tell) {
  const aim = useRef(null);
  useEffect(() => {
    const place = () => {
      if (!aim.current) return; // it was just taken away
      const { x, y } = map.middle();
      aim.current.style.transform = `translate(${x}px, ${y}px)`;
    };
    map.map.on('move', place);
    const end = map.onRest(() => {
      place();
      tell(map.middle().place);
    });
    return () => {
      map.map.off('move', place);
      end();
    };
  }, []);
  return aim;
}

const why = { 1: 'This page may not ask where you are. Allow it in the browser, or move the map.', 2: 'Your phone does not know where it is.', 3: 'Finding you took too long. Move the map, or try again.' };

/** Where the phone is. */
function locate() {
  return new Promise((done, fail) => {
    if (!navigator.geolocation) {
      fail(new Error('This browser does not tell where you are.'));
      return;
    }
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => done({ lat: coords.latitude, lon: coords.longitude }), ({ code }) => fail(new Error(why[code])),
      { enableHighAccuracy: true, timeout: 10000, maximumAge: 10000 },
    );
  });
}
