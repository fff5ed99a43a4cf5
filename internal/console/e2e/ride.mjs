// A rider of the test's own, through the public interface.

import { randomUUID } from 'node:crypto';

const SEEN_WITHIN = 30000; // ms from the request to its mark on the map
const SERVED_WITHIN = 300000; // ms to the end: drivers drive real streets in real time

async function call(url, options) {
  const response = await fetch(url, options);
  const body = await response.text();
  if (!response.ok) throw new Error(`${url}: ${response.status} ${body}`);
  return JSON.parse(body);
}

/** Asks for a short ride from where a free driver near the centre is. */
export async function askForTrip(page, address) {
  const json = { 'Content-Type': 'application/json' };
  const { center } = await call(new URL('/v1/map', address));
  const { token } = await call(new URL('/v1/demo/token', address), {
    method: 'POST', headers: json, body: JSON.stringify({ role: 'rider' }),
  });
  const { lat, lon } = await page.evaluate(({ lat, lon }) => {
    const far = (d) => Math.hypot(d.lat - lat, d.lon - lon);
    return cabstand.drivers().filter((d) => d.status === 'available').sort((a, b) => far(a) - far(b))[0];
  }, center);
  return call(new URL('/v1/trips', address), {
    method: 'POST',
    headers: { ...json, Authorization: `Bearer ${token}`, 'Idempotency-Key': randomUUID() },
    body: JSON.stringify({ pickup: { lat, lon }, dropoff: { lat: lat + 0.003, lon: lon + 0.002 } }),
  });
}

/**
 * Selects the trip on the map and watches until it is completed. Gives back the
 * states in the order in which the page had them, and what was drawn of the trip.
 */
export async function follow(page, id) {
  await page.evaluate((trip) => {
    const seen = { states: [], lines: [] };
    window.seenOfTrip = seen;
    window.seeing = setInterval(() => {
      const state = cabstand.trips().find((t) => t.id === trip)?.state;
      if (state && seen.states.at(-1) !== state) seen.states.push(state);
      for (const line of cabstand.lines(trip)) if (!seen.lines.includes(line)) seen.lines.push(line);
    }, 100);
  }, id);
  await page.waitForFunction((trip) => cabstand.trips().some((t) => t.id === trip), id, { timeout: SEEN_WITHIN });
  await page.evaluate((trip) => { location.hash += `&trip=${trip}`; }, id);
  await page.waitForFunction(() => window.seenOfTrip.states.at(-1) === 'completed', null, { timeout: SERVED_WITHIN });
  await page.waitForFunction(() => document.querySelector('#card-state').textContent === 'Completed', null, { timeout: SEEN_WITHIN });
  const { states, lines } = await page.evaluate(() => {
    clearInterval(window.seeing);
    return window.seenOfTrip;
  });
  return { states, lines: new Set(lines) };
}
