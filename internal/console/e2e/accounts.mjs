// Signs riders in and out where there is no demo: node accounts.mjs URL CHROMIUM,
// with the password of the accounts "rita" (rider) and "dan" (driver) in PASSWORD.

import assert from 'node:assert/strict';
import { accessible } from './axe.mjs';
import { launch, PATIENCE, sizes } from './browser.mjs';

const [address, executable] = process.argv.slice(2);
const { PASSWORD } = process.env;
const browser = await launch(executable);
try {
  const context = await browser.newContext(sizes.phone);
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  await page.goto(new URL('/ride', address).href);
  await page.getByRole('heading', { name: /ride/i }).waitFor();
  await accessible(page, 'signing in', { dark: true });
  await refused(page, 'rita', 'not the password', /id or password|password/i);
  await refused(page, 'dan', PASSWORD, /driver’s/);
  await signIn(page, 'rita', PASSWORD);
  await page.reload();
  await signedIn(page); // the reload asks for nothing

  const other = await context.newPage();
  await other.goto(new URL('/ride', address).href);
  await signedIn(other);
  await oneRefreshForAll(context, [page, other]);

  await other.getByRole('button', { name: 'Menu' }).click();
  await other.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Sign in' }).waitFor(); // in every tab
  console.log('ok riders sign in and out, and tabs renew their tokens together');
} finally {
  await browser.close();
}

async function signIn(page, id, password) {
  await page.getByLabel('Account').fill(id);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await signedIn(page);
}

function signedIn(page) {
  return page.getByRole('button', { name: 'Confirm pickup' }).waitFor();
}

async function refused(page, id, password, why) {
  await page.getByLabel('Account').fill(id);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').filter({ hasText: why }).waitFor();
}

/** The token ends in both tabs at once: one asks for the next, both go on with it. */
async function oneRefreshForAll(context, pages) {
  let refreshes = 0;
  await context.route('**/v1/auth/refresh', (route) => {
    refreshes++;
    return route.continue();
  });
  const before = await held(pages[0]);
  const third = await context.newPage(); // tabs hear what another one writes
  await third.goto(new URL('/healthz', address).href);
  await third.evaluate(() => {
    const held = JSON.parse(localStorage.getItem('cabstand.rider'));
    localStorage.setItem('cabstand.rider', JSON.stringify({ ...held, until: 0 }));
  });
  await Promise.all(pages.map(asksForPrices));
  const after = await held(pages[1]);
  assert.equal(refreshes, 1, 'each tab refreshed for itself');
  assert.notEqual(after.refresh, before.refresh, 'the refresh token is good once');
}

/** Goes as far as the prices, which need a token. */
async function asksForPrices(page) {
  await page.evaluate(() => cabstand.goTo({ lat: 47.55, lon: 7.6 }));
  await page.getByRole('button', { name: 'Confirm pickup' }).click();
  await page.evaluate(() => cabstand.goTo({ lat: 47.56, lon: 7.61 }));
  await page.getByRole('button', { name: 'Confirm drop-off' }).click();
  await page.locator('.choice').first().waitFor();
}

function held(page) {
  return page.evaluate(() => JSON.parse(localStorage.getItem('cabstand.rider')));
}
