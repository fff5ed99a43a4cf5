// Signs a rider in and out at an OpenID provider: node provider.mjs URL CHROMIUM,
// with the provider's address in PROVIDER.

import assert from 'node:assert/strict';
import { accessible } from './axe.mjs';
import { launch, PATIENCE, sizes } from './browser.mjs';
import { Steps } from './steps.mjs';

const [address, executable] = process.argv.slice(2);
const { PROVIDER } = process.env;
const host = new URL(PROVIDER).hostname;
const complaints = [];
const { step } = new Steps(complaints);
const browser = await launch(executable);
try {
  await providerIsKnown();
  const context = await browser.newContext(sizes.phone);
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  page.on('pageerror', (err) => complaints.push(err.message));
  page.on('console', (message) => message.type() === 'error' && complaints.push(`${message.text()} ${message.location().url}`));
  await step('who does not want to is not signed in', () => declines(page));
  await step('a rider signs in', () => signsIn(page));
  await step('a token that ran out is replaced', () => renews(page));
  await step('a rider signs out', () => signsOut(page));
  await step('a code that nobody asked for is not taken', () => strangerCode(page));
  await step('nothing went wrong behind the page', () => assert.deepEqual(complaints, []));
} finally {
  await browser.close();
}

/** The server asks the provider about itself once it runs. */
async function providerIsKnown() {
  for (let told = ''; !told;) {
    const site = await (await fetch(new URL('/v1/site', address))).json();
    told = site.oidc?.token_endpoint ?? '';
  }
}

function button(page) {
  return page.getByRole('button', { name: `Sign in with ${host}` });
}

async function leave(page) {
  await button(page).click();
  await page.waitForURL((url) => url.href.startsWith(`${PROVIDER}/authorize`));
}

async function declines(page) {
  await page.goto(new URL('/ride', address).href);
  await button(page).waitFor();
  await accessible(page, 'signing in at a provider', { dark: true });
  await leave(page);
  await page.click('#no');
  await page.getByRole('alert').filter({ hasText: 'You did not sign in.' }).waitFor();
  assert.ok(!page.url().includes('state='), 'the answer stays in the address');
}

async function signsIn(page) {
  await leave(page);
  await page.click('#yes');
  await signedIn(page);
  assert.ok(!page.url().includes('code='), 'the code stays in the address');
  assert.equal((await held(page)).sub, 'oda');
  await page.reload();
  await signedIn(page); // the reload asks for nothing
}

/** What the page asks of the server, by another ID token than the first. */
async function renews(page) {
  const before = await held(page);
  await page.evaluate(() => {
    const held = JSON.parse(localStorage.getItem('cabstand.rider'));
    localStorage.setItem('cabstand.rider', JSON.stringify({ ...held, until: 0 }));
  });
  await page.reload();
  const stream = page.waitForRequest((request) => request.url().includes('/v1/quotes'));
  await page.evaluate(() => cabstand.goTo({ lat: 47.55, lon: 7.6 }));
  await page.getByRole('button', { name: 'Confirm pickup' }).click();
  await page.evaluate(() => cabstand.goTo({ lat: 47.56, lon: 7.61 }));
  await page.getByRole('button', { name: 'Confirm drop-off' }).click();
  const answer = await (await stream).response();
  assert.equal(answer.status(), 200);
  const after = await held(page);
  assert.notEqual(after.access, before.access, 'the ID token is another one');
  assert.notEqual(after.refresh, before.refresh, 'and so is the refresh token');
}

async function signsOut(page) {
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await button(page).waitFor();
  assert.equal(await held(page), null);
  await page.reload();
  await button(page).waitFor();
}

/** As a link in a mail that would sign its reader in as somebody else. */
async function strangerCode(page) {
  await page.goto(new URL('/ride?code=x&state=y', address).href);
  await button(page).waitFor();
  assert.equal(await held(page), null);
}

function signedIn(page) {
  return page.getByRole('button', { name: 'Confirm pickup' }).waitFor();
}

function held(page) {
  return page.evaluate(() => JSON.parse(localStorage.getItem('cabstand.rider')));
}
