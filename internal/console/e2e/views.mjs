// Looks into every view of the console, with axe on each, light and dark, on a
// desktop and a phone, and does what operators do: node views.mjs URL CHROMIUM

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { launch, open } from './browser.mjs';
import { areaIsDrawn, driverIsRegistered, numbersAreDrawn, tripIsCancelled, whyNoRideIsTold } from './operate.mjs';

const [address, executable] = process.argv.slice(2);
const axe = readFileSync(new URL('./node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const sizes = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true },
};

const complaints = [];
const browser = await launch(executable);
try {
  for (const [size, options] of Object.entries(sizes)) {
    for (const colorScheme of ['light', 'dark']) {
      const page = await open(browser, address, { ...options, colorScheme, bypassCSP: true }, complaints); // axe is not the page's own
      await page.evaluate(axe);
      await page.waitForSelector('#events a', { state: 'attached' }); // on a phone the sheet hides them
      await everyView(page, `${size} ${colorScheme}`);
      await page.context().close();
    }
  }
  await operate();
  assert.deepEqual(complaints, []);
} finally {
  await browser.close();
}

/** What operators do, each where the server offers it. */
async function operate() {
  const { paths } = await (await fetch(new URL('/openapi.json', address))).json();
  const page = await open(browser, address, { ...sizes.desktop, colorScheme: 'light' }, complaints);
  await page.waitForFunction(() => cabstand.drivers().length >= 50);
  const steps = [
    ['a trip is cancelled', '/v1/audit', () => tripIsCancelled(page, address)], ['a driver is registered', '/v1/drivers', () => driverIsRegistered(page)],
    ['an area is drawn', '/v1/areas', () => areaIsDrawn(page)], ['why there was no ride', '/v1/drivers/{id}/passed_over', () => whyNoRideIsTold(page)],
    ['numbers are drawn', '/v1/numbers', () => numbersAreDrawn(page)],
  ];
  for (const [name, path, step] of steps) {
    if (paths[path]) await step();
    console.log(paths[path] ? `ok ${name}` : `skipped ${name}: the server has no ${path}`);
  }
  await page.context().close();
}

async function everyView(page, where) {
  const views = await page.$$eval('#rail a', (links) => links.map((a) => a.getAttribute('href')));
  assert.ok(views.length >= 6, `views: ${views}`);
  for (const address of views) {
    await goTo(page, address);
    await page.waitForFunction(() => !document.querySelector('#panel .note[role="status"]')); // nothing is loading
    assert.equal(await page.$eval('#rail [aria-current]', (a) => a.getAttribute('href')), address);
    assert.ok(await page.$eval('#panel', (panel) => panel.textContent.length > 30), `${address} is empty`);
    assert.equal(await page.$('#panel .bad[role="alert"]'), null, `${address} tells of an error`);
    await inspect(page, `${where} ${address}`);
  }
  const { trip, driver } = await page.evaluate(() => ({ trip: cabstand.trips()[0].id, driver: cabstand.drivers()[0].id }));
  for (const [kind, id, want] of [['trip', trip, '#timeline li'], ['driver', driver, '#seen']]) {
    await goTo(page, `#${kind}=${id}`);
    await page.waitForSelector(want);
    await inspect(page, `${where} ${kind}`);
  }
  await boxes(page, where);
  console.log(`ok ${where}: ${views.length} views, a trip, a driver, boxes`);
}

/** Every box that asks something, and that leaving it brings the focus back. */
async function boxes(page, where) {
  const id = await page.evaluate(() => cabstand.trips().find((t) => t.state === 'riding' || t.state === 'searching' || t.state === 'assigned').id);
  const steps = [[`#trip=${id}`, '.acts .danger-soft'], ['#view=matching', '#policy-open'], ['#view=drivers', '#panel .tools .primary'], ['#view=accounts', '#account-add']];
  for (const [address, button] of steps) {
    await goTo(page, address);
    await page.click(button);
    await page.waitForSelector('dialog[open]');
    await inspect(page, `${where} ${button}`);
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog', { state: 'detached' });
    assert.ok(await page.$eval(button, (b) => b === document.activeElement), `${button} does not get the focus back`);
  }
}

/** By the address, as a link does. */
async function goTo(page, address) {
  await page.evaluate((hash) => { location.hash = hash; }, address);
  await page.waitForFunction((hash) => decodeURIComponent(location.hash).includes(hash.slice(1)), address);
}

async function inspect(page, where) {
  await page.evaluate(() => Promise.all(document.getAnimations().filter((a) => a.effect.getComputedTiming().iterations !== Infinity).map((a) => a.finished.catch(() => {}))));
  const { violations } = await page.evaluate((tags) => axe.run(document, { runOnly: tags }), TAGS);
  const told = violations.map((v) => `${v.id}: ${v.help}\n${v.nodes.slice(0, 4).map((n) => `   ${n.target} ${n.html.slice(0, 160)}\n   ${n.failureSummary.split('\n').slice(1, 3).join(' ')}`).join('\n')}`);
  assert.equal(told.length, 0, `${where}:\n${told.join('\n')}`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `${where} is ${wide} px too wide`);
}
