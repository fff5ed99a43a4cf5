// Signs in where there is no demo: node signin.mjs URL CHROMIUM, with the tokens
// of an operator and of a rider in OPERATOR_TOKEN and RIDER_TOKEN.

import assert from 'node:assert/strict';
import { launch, PATIENCE } from './browser.mjs';

const [address, executable] = process.argv.slice(2);
const { OPERATOR_TOKEN, RIDER_TOKEN } = process.env;

const browser = await launch(executable);
try {
  const page = await browser.newPage();
  page.context().setDefaultTimeout(PATIENCE);
  await page.goto(address);
  await page.waitForSelector('#sign-in[open]');

  await refused(page, 'nonsense', /not valid/);
  await refused(page, RIDER_TOKEN, /not an operator/);

  await page.fill('#token', OPERATOR_TOKEN);
  await page.click('#sign-in button');
  await page.waitForFunction(() => window.cabstand?.state() === 'live');
  assert.ok(await page.isHidden('#sign-in'));

  await page.reload();
  await page.waitForFunction(() => window.cabstand?.state() === 'live');
  assert.ok(await page.isHidden('#sign-in'), 'a reload asks again');

  const other = await (await browser.newContext()).newPage();
  await other.goto(address);
  await other.waitForSelector('#sign-in[open]'); // the token stays in its tab
  console.log('ok an operator signs in, nobody else');
} finally {
  await browser.close();
}

async function refused(page, token, why) {
  await page.fill('#token', token);
  await page.click('#sign-in button');
  await page.waitForFunction(() => document.querySelector('#sign-in-error').textContent !== '');
  assert.match(await page.textContent('#sign-in-error'), why);
  assert.ok(await page.isVisible('#sign-in'));
  await page.evaluate(() => { document.querySelector('#sign-in-error').textContent = ''; });
}
