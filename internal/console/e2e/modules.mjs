// What the page's modules promise, tried in the page where they run.

import assert from 'node:assert/strict';

/** Old news changes nothing, and what is over is forgotten. */
export async function cityKeepsOrder(page) {
  const got = await page.evaluate(async () => {
    const { City } = await import('/assets/js/console/city.js');
    let now = 1e12;
    const city = new City({ now: () => now });
    const place = { lat: 1, lon: 2 };
    const at = (s) => new Date(1e12 + s * 1000).toISOString();
    const trip = (version, state, more) => city.apply({
      type: 'trip', trip: { id: 't', version, state, driver_id: '', pickup: place, dropoff: place, requested_at: at(0), ...more },
    });
    const driver = (id, status) => city.apply({
      type: 'positions', drivers: [{ id, ...place, heading: -1, speed: -1, accuracy: -1, status, age_s: 0 }],
    });
    const out = {};
    trip(1, 'searching');
    trip(3, 'arrived', { assigned_at: at(1), arrived_at: at(2) });
    trip(2, 'assigned', { assigned_at: at(1) });
    trip(3, 'arrived', { assigned_at: at(1), arrived_at: at(2) });
    out.afterOldNews = [city.trips.get('t').state, city.events.map((e) => e.version)];

    driver('stays', 'available');
    driver('leaves', 'available');
    driver('leaves', 'offline');
    driver('vanishes', 'silent');
    city.apply({ type: 'subscribed', cells: [] });
    driver('stays', 'available');
    now += 3000;
    city.sweep();
    out.beforeSettled = [...city.drivers.keys()];
    now += 3000;
    city.sweep();
    out.afterSettled = [...city.drivers.keys(), ...city.trips.keys()];

    trip(5, 'completed', { completed_at: at(9) });
    city.sweep();
    out.lingers = city.trips.size;
    now += 10000;
    city.sweep();
    out.over = city.trips.size;

    const swap = (version, driver, swaps, reason) => city.apply({
      type: 'trip', reason,
      trip: { id: 's', version, state: 'assigned', driver_id: driver, swaps, pickup: place, dropoff: place, requested_at: at(0), assigned_at: at(version) },
    });
    swap(2, 'far', 0);
    swap(3, 'near', 1, 'nearer');
    swap(4, 'near', 1); // told anew
    out.swapped = [city.trips.get('s').swapped, city.events.filter((e) => e.swapped).map((e) => e.driver)];

    for (let i = 0; i < 1000; i++) {
      city.apply({ type: 'trip', trip: { id: `x${i}`, version: 1, state: 'expired', pickup: place, dropoff: place, requested_at: at(i), expired_at: at(i) } });
      city.apply({ type: 'stats', at: at(i) });
    }
    out.newest = city.events[0].id;
    now += 10000;
    city.sweep();
    out.bounded = city.trips.size === 1 && city.events.length < 100 && city.history.length < 1000;
    return out;
  });
  assert.deepEqual(got, {
    afterOldNews: ['arrived', [3, 1]], beforeSettled: ['stays', 'vanishes'], afterSettled: ['stays'],
    lingers: 1, over: 0, swapped: ['nearer', ['near']], newest: 'x999', bounded: true,
  });
}

/** Marks glide, turn the short way, and leap where nobody can have driven. */
export async function motionIsPlausible(page) {
  const got = await page.evaluate(async () => {
    const { Motion } = await import('/assets/js/shared/motion.js');
    const round = (n) => Math.round(n * 1e6) / 1e6;
    const m = new Motion(50, 10, 350, 0);
    m.moveTo(50, 10.001, 10, 1000);
    const out = { start: round(m.point(1000).lon), half: round(m.point(1500).lon), end: round(m.point(9000).lon) };
    out.turned = [m.at(1175).heading, m.at(9000).heading].map((h) => Math.round(h) % 360);
    m.moveTo(50, 10.1, -1, 10000);
    out.leapt = round(m.point(10000).lon);
    const still = new Motion(50, 10, -1, 0);
    out.unknown = Number.isNaN(still.at(0).heading);
    still.moveTo(50, 10.001, -1, 1000, true);
    out.jumped = round(still.point(1000).lon);
    out.course = Math.round(still.at(2000).heading);
    return out;
  });
  assert.deepEqual(got, {
    start: 10, half: 10.0005, end: 10.001, turned: [0, 10], leapt: 10.1, unknown: true, jumped: 10.001, course: 90,
  });
}

/** Numbers read well at their edges. */
export async function formatsAreRight(page) {
  const got = await page.evaluate(async () => {
    const { brief, distance, duration, money } = await import('/assets/js/shared/format.js');
    const digits = (s) => s.replace(/[^\d.,]/g, '');
    return {
      durations: [NaN, 0, 59.6, 125, 600, 3599, 4000].map(duration),
      brief: [0, 99.9, 100, 6000].map(brief),
      distances: [0, 354, 4200].map(distance),
      money: [digits(money({ amount: 1234, currency: 'EUR' })), digits(money({ amount: 1234, currency: 'JPY' })), money({})],
    };
  });
  assert.deepEqual(got, {
    durations: ['–', '0 s', '1 min', '2 min 5 s', '10 min', '60 min', '1 h 6 min'],
    brief: ['0s', '99s', '1m', '1h'], distances: ['0 m', '350 m', '4.2 km'], money: ['12.34', '1,234', '–'],
  });
}
