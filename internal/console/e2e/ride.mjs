// A rider of the test's own, through the public interface.

import { randomUUID } from 'node:crypto';

const SEEN_WITHIN = 30000; // ms from the request to its mark on the map
const SERVED_WITHIN = 360000; // ms to the end: drivers drive real streets in real time

async function call(url, options) {
  const response = await fetch(url, options);
  const body = await response.text();
  if (!response.ok) throw new Error(`${url}: ${response.status} ${body}`);
  return JSON.parse(body);
}

/** Asks for short rides from where the free drivers nearest to the centre are. Gives back their ids. */
export async function askForTrips(page, address, count) {
  const json = { 'Content-Type': 'application/json' };
  const { center } = await call(new URL('/v1/map', address));
  const { token } = await call(new URL('/v1/demo/token', address), {
    method: 'POST', headers: json, body: JSON.stringify({ role: 'rider' }),
  });
  const pickups = await page.evaluate(([{ lat, lon }, n]) => {
    const far = (d) => Math.hypot(d.lat - lat, d.lon - lon);
    const free = cabstand.drivers().filter((d) => d.status === 'available').sort((a, b) => far(a) - far(b));
    return free.slice(0, n).map((d) => ({ lat: d.lat, lon: d.lon }));
  }, [center, count]);
  const trips = await Promise.all(pickups.map((pickup) => call(new URL('/v1/trips', address), {
    method: 'POST',
    headers: { ...json, Authorization: `Bearer ${token}`, 'Idempotency-Key': randomUUID() },
    body: JSON.stringify({ pickup, dropoff: { lat: pickup.lat + 0.0012, lon: pickup.lon } }),
  })));
  return trips.map((t) => t.id);
}

/** Watches trips on the map from now on: the states in which the page has them, and what it draws. */
export async function watchTrips(page, ids) {
  await page.evaluate((trips) => {
    window.seen = trips.map((id) => ({ id, states: [], lines: [] }));
    window.seeing = setInterval(() => {
      for (const { id, states, lines } of window.seen) {
        const state = cabstand.trips().find((t) => t.id === id)?.state;
        if (state && states.at(-1) !== state) states.push(state);
        for (const line of cabstand.lines(id)) if (!lines.includes(line)) lines.push(line);
      }
    }, 100);
  }, ids);
  await page.waitForFunction(() => window.seen.every((t) => t.states.length > 0), null, { timeout: SEEN_WITHIN });
}

/**
 * Waits until the first of the watched trips is completed, and selects it. Gives
 * back its id, the states in the order in which the page had them, and what was
 * drawn of it.
 */
export async function firstCompleted(page) {
  const first = await page.waitForFunction(() => window.seen.find((t) => t.states.includes('completed')), null, { timeout: SERVED_WITHIN });
  const trip = await first.jsonValue();
  await page.evaluate((id) => {
    clearInterval(window.seeing);
    location.hash += `&trip=${id}`;
  }, trip.id);
  await page.waitForFunction(() => document.querySelector('#drawer .head .badge')?.textContent === 'Completed', null, { timeout: SEEN_WITHIN });
  return trip;
}
