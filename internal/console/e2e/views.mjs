// Looks into every view of the console, with axe on each, light and dark, on a
// desktop and a phone, and does what operators do: node views.mjs URL CHROMIUM

import assert from 'node:assert/strict';
import { accessible, spent } from './axe.mjs';
import { launch, open, sizes } from './browser.mjs';
import { areaIsDrawn, driverIsRegistered, numbersAreDrawn, tripIsCancelled, whyNoRideIsTold } from './operate.mjs';
import { Steps } from './steps.mjs';

const [address, executable] = process.argv.slice(2);
const complaints = [];
const { step } = new Steps(complaints);
const browser = await launch(executable);
try {
  for (const [size, options] of Object.entries(sizes)) {
    const page = await open(browser, address, options, complaints);
    await page.waitForSelector('#events a', { state: 'attached' }); // on a phone the sheet hides them
    await step(`${size}: every view`, () => everyView(page, size));
    await step(`${size}: a trip, a driver`, () => drawers(page, size));
    await step(`${size}: every box`, () => boxes(page, size));
    await page.context().close();
  }
  await operate();
  await step(`nothing went wrong; axe looked ${spent.looks} times, ${Math.round(spent.ms / 1000)} s`, () => assert.deepEqual(complaints, []));
} finally {
  await browser.close();
}

/** What operators do. */
async function operate() {
  const { paths } = await (await fetch(new URL('/openapi.json', address))).json();
  const page = await open(browser, address, sizes.desktop, complaints);
  await page.waitForFunction(() => cabstand.drivers().length >= 50);
  const steps = [
    ['a trip is cancelled', '/v1/audit', () => tripIsCancelled(page, address)], ['a driver is registered', '/v1/drivers', () => driverIsRegistered(page)],
    ['an area is drawn', '/v1/areas', () => areaIsDrawn(page)], ['why there was no ride', '/v1/drivers/{id}/passed_over', () => whyNoRideIsTold(page)],
    ['numbers are drawn', '/v1/numbers', () => numbersAreDrawn(page)],
  ];
  for (const [name, path, run] of steps) {
    assert.ok(paths[path], `the server has no ${path}`);
    await step(name, run);
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
    await accessible(page, `${where} ${address}`, { dark: true });
  }
}

async function drawers(page, where) {
  const { trip, driver } = await page.evaluate(() => ({ trip: cabstand.trips()[0].id, driver: cabstand.drivers()[0].id }));
  for (const [kind, id, want] of [['trip', trip, '#timeline li'], ['driver', driver, '#seen']]) {
    await goTo(page, `#${kind}=${id}`);
    await page.waitForSelector(want);
    await accessible(page, `${where} ${kind}`, { dark: true });
  }
}

/** Every box that asks something, and that leaving it brings the focus back. */
async function boxes(page, where) {
  const id = await page.evaluate(() => cabstand.trips().find((t) => t.state === 'riding' || t.state === 'searching' || t.state === 'assigned').id);
  const steps = [[`#trip=${id}`, '.acts .danger-soft'], ['#view=matching', '#policy-open'], ['#view=drivers', '#panel .tools .primary'], ['#view=accounts', '#account-add']];
  for (const [address, button] of steps) {
    await goTo(page, address);
    await page.click(button);
    await page.waitForSelector('dialog[open]');
    await accessible(page, `${where} ${button}`, { dark: true });
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
