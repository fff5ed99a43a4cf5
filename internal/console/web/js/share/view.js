// A shared ride as its friend sees it.

import { Face } from '../shared/face.js';
import { className, clock } from '../shared/format.js';
import { html, useEffect, useMemo } from '../shared/html.js';
import { Head, Offline, Sheet, Spoken } from '../shared/sheet.js';
import { useStore } from '../shared/store.js';
import { minutes } from '../shared/told.js';

export function View({ shared, map, site }) {
  const { ride, gone, link } = useStore(shared);
  const scene = useMemo(() => sceneOf(ride), [ride]);
  useEffect(() => map.show(scene), [scene]);
  const { title, sub } = gone ? { title: 'This link has ended', sub: 'A shared ride can be followed until an hour after it is over.' } : told(ride);
  return html`
    <${Offline} link=${link}>No connection. Trying again.<//>
    <${Sheet} map=${map} label="A shared ride">
      <${Head} title=${title} sub=${sub} />
      ${ride && !gone && html`<${Facts} ride=${ride} />`}
      ${ride && !gone && html`<p class="fine">Shared by the rider. ${site.name || 'Cabstand'} shows places to about 100 metres.</p>`}
    <//>
    <${Spoken} text=${`${title}. ${sub}`} />`;
}

function told(ride) {
  if (!ride) return { title: 'A shared ride', sub: 'One moment…' };
  const { state, eta_s: eta } = ride;
  const there = eta > 0 && `at about ${clock(Date.now() + eta * 1000).slice(0, 5)}`;
  switch (state) {
    case 'riding': return { title: eta > 0 ? `${minutes(eta)} to go` : 'On the way', sub: there ? `At the destination ${there}.` : 'The ride is under way.' };
    case 'assigned': return { title: 'The driver is coming', sub: there ? `At the pickup ${there}.` : 'On the way to the pickup.' };
    case 'arrived': return { title: 'The driver is at the pickup', sub: 'The ride begins soon.' };
    case 'completed': return { title: 'Arrived', sub: 'The ride is over, all went well.' };
    case 'cancelled': case 'expired': return { title: 'The ride did not take place', sub: 'It was cancelled.' };
    default: return { title: 'Looking for a driver', sub: 'The ride begins when one is found.' };
  }
}

function Facts({ ride: { driver_name: name, vehicle, class: kind } }) {
  const car = vehicle && [vehicle.colour, vehicle.make].filter(Boolean).join(' ');
  if (!name && !vehicle) return null;
  return html`<div class="driver">
    <${Face} name=${name} />
    <p><b>${name ?? 'The driver'}</b><span class="soft">${car || className(kind)}</span></p>
    ${vehicle?.plate && html`<b class="plate"><span class="unseen">Plate </span>${vehicle.plate}</b>`}
  </div>`;
}

function sceneOf(ride) {
  if (!ride) return {};
  const { state, pickup, dropoff, driver } = ride;
  const pins = { ...(state === 'riding' || state === 'completed' ? {} : { pickup }), dropoff };
  const points = [...Object.values(pins), ...(driver ? [driver] : [])];
  const step = driver ? `${Math.round(driver.lat * 200)},${Math.round(driver.lon * 200)}` : '';
  return { pins, car: driver, focus: { key: `${state} ${step}`, points } };
}
