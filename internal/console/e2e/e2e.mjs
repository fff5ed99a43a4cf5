// Watches a demo city in a browser: node e2e.mjs URL CHROMIUM

import assert from 'node:assert/strict';
import { colours, drawerIs, launch, open, rgb, sizes } from './browser.mjs';
import { cityKeepsOrder, formatsAreRight, motionIsPlausible } from './modules.mjs';
import { decisionsAreTold, policySwitches } from './policy.mjs';
import { askForTrips, firstCompleted, watchTrips } from './ride.mjs';
import { Steps } from './steps.mjs';
import { streamRecovers } from './stream.mjs';

const [address, executable] = process.argv.slice(2);
const complaints = [];
const { step } = new Steps(complaints);
const browser = await launch(executable);
try {
  const page = await open(browser, address, { ...sizes.desktop, reducedMotion: 'no-preference' }, complaints);
  await step('drivers move', () => driversMove(page));
  await page.emulateMedia({ reducedMotion: 'reduce' }); // the rest needs no pictures between two reports
  await step('trips are asked for', () => askForSome(page));
  await step('the map has streets and drivers on it', () => mapIsDrawn(page));
  await step('figures are shown', () => figuresAreShown(page));
  await step('the keyboard reaches what there is', () => keyboard(page));
  await step('a click on a driver tells who it is', () => clickDriver(page));
  await step('dark is dark', () => dark(page));
  await step('news is taken in order and forgotten in time', () => cityKeepsOrder(page));
  await step('marks move as cars do', () => motionIsPlausible(page));
  await step('numbers read well', () => formatsAreRight(page));
  await step('the stream recovers', () => streamRecovers(page.context(), address));
  await step('a trip goes from request to completed', () => tripIsSeen(page));
  await step('the policy is switched', () => policySwitches(page, address));
  await page.context().close();

  const small = await open(browser, address, { ...sizes.phone, colorScheme: 'dark' }, complaints);
  await step('a phone has all of it', () => phoneLayout(small));
  await step('nothing else was asked, nothing went wrong', () => assert.deepEqual(complaints, []));
} finally {
  await browser.close();
}

/** Most drivers' marks change place, and do so between two reports too. */
async function driversMove(page) {
  await page.waitForFunction(() => cabstand.drivers().length >= 50);
  const places = () => page.evaluate(() => cabstand.drivers().map((d) => [d.id, cabstand.shown(d.id)]));
  const before = new Map(await places());
  await page.waitForFunction((old) => {
    const moved = old.filter(([id, at]) => {
      const now = cabstand.shown(id);
      return now && at && Math.hypot(now.lat - at.lat, now.lon - at.lon) > 0.0002; // about 20 m
    });
    return moved.length > old.length / 5;
  }, [...before]);
  await page.waitForFunction(() => { // compared with the look before: the same report, another place
    const now = cabstand.drivers().map((d) => ({ id: d.id, told: `${d.lat},${d.lon}`, at: cabstand.shown(d.id) }));
    const before = new Map((window.lastLook ?? []).map((d) => [d.id, d]));
    window.lastLook = now;
    const glides = ({ id, told, at }) => before.get(id)?.told === told && before.get(id).at.lat !== at.lat;
    return now.filter(glides).length > 10;
  }, null, { polling: 100 });
}

/** The picture has the colours of the ground, of streets and of drivers. */
async function mapIsDrawn(page) {
  assert.ok(await page.evaluate(() => cabstand.drawn()) > 20, 'few marks are drawn');
  const seen = await colours(browser, page, { x: 460, y: 80, width: 780, height: 640 });
  for (const [name, least] of [['--map-ground', 20000], ['--map-motorway', 500], ['--available', 200]]) {
    const pixels = seen.get(await rgb(page, name)) ?? 0;
    assert.ok(pixels >= least, `${pixels} pixels of ${name}, at least ${least} expected`);
  }
}

async function figuresAreShown(page) {
  await page.waitForFunction(() => Number(document.querySelector('[data-count="requests"]')?.textContent) > 0);
  assert.match(await page.textContent('#online'), /^\d+ online$/);
  await page.waitForFunction(() => document.querySelectorAll('#events a[href*="trip="]').length > 0);
  assert.notEqual(await page.textContent('#spoken'), '', 'screen readers are told nothing');
}

async function keyboard(page) {
  const reached = [];
  for (let i = 0; i < 20; i++) {
    await page.keyboard.press('Tab');
    reached.push(await page.evaluate(() => {
      const e = document.activeElement;
      return e.closest('#events') ? 'an event' : e.closest('#rail') ? e.textContent : e.id || e.className || e.tagName;
    }));
  }
  for (const want of ['skip', 'search-input', 'theme', 'Live', 'Drivers', 'an event']) {
    assert.ok(reached.includes(want), `Tab does not reach ${want}, only ${reached.join(', ')}`);
  }
  assert.equal(await page.$eval('.maplibregl-canvas', (canvas) => canvas.tabIndex), 0, 'the map cannot be moved by keys');
  await page.evaluate(() => document.activeElement.blur());
}

/** Drivers drive real streets in real time: the page has other things to do meanwhile. */
async function askForSome(page) {
  await watchTrips(page, await askForTrips(page, address, 4));
}

/** A rider's own requests appear, the first is served, and its drawer tells all of it. */
async function tripIsSeen(page) {
  const seen = await firstCompleted(page);
  assert.deepEqual(seen.states.filter((s) => s !== 'searching').slice(-4), ['assigned', 'arrived', 'riding', 'completed'], `states seen: ${seen.states}`);
  assert.ok(seen.lines.some((line) => line.startsWith('now:')), `no way of the driver was drawn: ${seen.lines}`);
  const steps = await page.$$eval('#timeline > li:not(.todo):not(.offer) b', (list) => list.map((b) => b.textContent));
  const way = ['Requested', 'Matched', 'Driver arrived', 'Picked up', 'Completed']; // a nearer driver may have taken it over between them
  assert.deepEqual([...new Set(steps)].filter((step) => way.includes(step)), way, `steps: ${steps}`);
  assert.ok(page.url().includes(`trip=${seen.id}`), 'the address does not name the trip');
  await decisionsAreTold(page);
  await page.click('#drawer-close');
  assert.ok(await page.isHidden('#drawer') && !page.url().includes('trip='), 'the drawer does not close');
  await page.goBack();
  await drawerIs(page, 'trip', seen.id); // the address is the state
  await page.goForward();
  await page.waitForSelector('#drawer', { state: 'detached' });
}

/** A driver is found by id, flown to, and picked with a click on the mark. */
async function clickDriver(page) {
  const id = await page.evaluate(apart);
  await page.keyboard.press('/');
  await page.fill('#search-input', id);
  await page.waitForSelector('#search-results [aria-selected="true"]');
  await page.keyboard.press('Enter');
  await drawerIs(page, 'driver', id);
  await page.waitForFunction(() => /\d s ago/.test(document.querySelector('#seen')?.textContent));
  assert.match(await page.textContent('#drawer .facts'), /Vehicle.*Seen.*\d s ago ± \d+ m.*Speed/s);
  await page.waitForFunction(() => /map=1[2-9]/.test(location.hash)); // it is flown to
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !location.hash.includes('driver='));

  for (let hit = false, tries = 1; !hit; tries++) { // the driver may drive away between the look and the click
    assert.ok(tries <= 20, 'no click on the driver tells who it is');
    const { x, y } = await page.evaluate((driver) => cabstand.pixel(driver), id);
    await page.mouse.click(x, y);
    hit = await drawerIs(page, 'driver', id, 5000).then(() => true, () => false);
  }
  await page.click('#drawer-close');
}

/** A free driver whose mark no other covers: the one farthest from its nearest neighbour. */
function apart() {
  const all = cabstand.drivers();
  const room = (d) => Math.min(...all.filter((o) => o !== d).map((o) => Math.hypot(o.lat - d.lat, o.lon - d.lon)));
  return all.filter((d) => d.status === 'available').sort((a, b) => room(b) - room(a))[0].id;
}

async function dark(page) {
  await page.click('#theme');
  assert.equal(await page.getAttribute('html', 'data-theme'), 'dark');
  const ground = await rgb(page, '--map-ground');
  await page.waitForFunction(() => cabstand.drawn() > 0);
  let pixels = 0;
  for (let i = 0; i < 20 && pixels < 20000; i++) { // the map repaints within a few frames
    pixels = (await colours(browser, page, { x: 460, y: 80, width: 780, height: 640 })).get(ground) ?? 0;
  }
  assert.ok(pixels >= 20000, `${pixels} pixels of the dark ground`);
}

async function phoneLayout(page) {
  assert.equal(await page.getAttribute('html', 'data-theme'), 'dark', 'the system asks for dark');
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(overflow <= 0, `${overflow} px too wide`);
  await page.waitForFunction(() => cabstand.drawn() > 5);
  assert.ok(await page.isHidden('#legend'), 'the sheet covers the map from the start');
  await page.tap('#panel-toggle');
  assert.ok(await page.isVisible('#legend'), 'the sheet does not open');
  const sheet = await (await page.$('#panel')).boundingBox();
  assert.ok(sheet.x >= 0 && sheet.x + sheet.width <= 360 && sheet.y > 60 && sheet.y + sheet.height <= 741, `the sheet lies at ${JSON.stringify(sheet)}`);
  await page.waitForSelector('#events a');
  await page.tap('#panel-toggle');
  assert.ok(await page.isHidden('#legend'), 'the sheet does not close');
  await page.tap('#rail a:has-text("Matching")');
  await page.tap('#policy-open');
  const box = await (await page.waitForSelector('dialog')).boundingBox();
  assert.ok(box.x >= 0 && box.x + box.width <= 360 && box.y >= 0 && box.y + box.height <= 741, `the policy's box lies at ${JSON.stringify(box)}`);
  await page.tap('dialog [aria-label="Close"]');
  await page.waitForSelector('dialog', { state: 'detached' });
}
