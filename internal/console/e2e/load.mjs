// Watches a busy city on three pages at once, without one complaint of the
// browser: node load.mjs URL CHROMIUM SECONDS

import assert from 'node:assert/strict';
import { launch } from './browser.mjs';
import { Steps } from './steps.mjs';
import { Town } from './town.mjs';

const [address, executable] = process.argv.slice(2);
const seconds = Number(process.env.SECONDS);
const LONG = 100; // seconds in which the rider is picked up

const browser = await launch(executable);
// A conflict is how the server tells that a step came too late; browsers log that, too.
const town = new Town(browser, address, / 409 .*\/(accept|decline|arrive|start|complete)$/);
const { step } = new Steps(town.complaints, () => town.told());
try {
  const operator = await town.operator();
  await operator.page.waitForFunction(() => window.cabstand?.state() === 'live' && cabstand.drivers().length >= 100);
  const rider = await town.rider('r1');
  const driver = await town.driver('d1', { north: 60, east: 60 });
  await rider.choose({ north: 900, east: 700 });
  await rider.request();
  await rider.tripID();
  await step(`${seconds} s of a console, a rider and a driver at once`, () => live(operator, rider, driver));
  await step('not one complaint of the browser', () => assert.deepEqual(town.complaints, []));
} finally {
  await browser.close();
}

/** Each page goes on, and people do on it what they do. */
async function live(operator, rider, driver) {
  const end = Date.now() + seconds * 1000;
  const [seen, told] = [new Set(), []];
  for (let round = 0; Date.now() < end; round++) {
    const { frames, moved } = await moves(operator.page);
    assert.ok(moved > 20, `only ${moved} drivers moved in the console; ${frames} pictures`);
    for (const { page } of [rider, driver]) assert.equal(await page.evaluate(() => (cabstand.ride?.() ?? cabstand.shift()).link), 'live');
    seen.add((await rider.trip())?.state);
    await driver.goesOn(told);
  }
  console.log(`   the rider's trip was ${[...seen].join(', ')}; the driver pressed ${told.join(', ') || 'nothing'}`);
  if (seconds >= LONG) assert.ok(seen.has('riding'), 'the rider was not picked up by a simulated driver');
}

/** Pictures of the map, and drivers with another place, until many have one. */
async function moves(page) {
  const before = await page.evaluate(() => ({ frames: cabstand.frames(), places: cabstand.drivers().map((d) => [d.id, d.lat, d.lon]) }));
  const handle = await page.waitForFunction(({ frames, places }) => {
    const now = new Map(cabstand.drivers().map((d) => [d.id, d]));
    const moved = places.filter(([id, lat, lon]) => now.has(id) && (now.get(id).lat !== lat || now.get(id).lon !== lon)).length;
    return moved > 20 && cabstand.frames() > frames && { moved, frames: cabstand.frames() - frames };
  }, before, { timeout: 20000, polling: 200 });
  return handle.jsonValue();
}
