// Signs in where there is no demo: node signin.mjs URL CHROMIUM, with the tokens
// of an operator and of a rider in OPERATOR_TOKEN and RIDER_TOKEN.

import assert from 'node:assert/strict';
import { launch, PATIENCE, sizes } from './browser.mjs';

const [address, executable] = process.argv.slice(2);
const { OPERATOR_TOKEN, RIDER_TOKEN } = process.env;

const browser = await launch(executable);
try {
  const page = await browser.newPage(sizes.desktop);
  page.context().setDefaultTimeout(PATIENCE);
  await page.goto(address);
  await page.waitForSelector('#sign-in');
  await page.click('#sign-in summary');

  await refused(page, 'nonsense', /not valid/);
  await refused(page, RIDER_TOKEN, /not an operator/);

  await page.fill('[name="token"]', OPERATOR_TOKEN);
  await page.click('#by-token button');
  await page.waitForFunction(() => window.cabstand?.state() === 'live');
  assert.ok(await page.isHidden('#sign-in'));

  await page.reload();
  await page.waitForFunction(() => window.cabstand?.state() === 'live');
  assert.ok(await page.isHidden('#sign-in'), 'a reload asks again');

  const other = await (await browser.newContext(sizes.desktop)).newPage();
  await other.goto(address);
  await other.waitForSelector('#sign-in'); // the token stays in its browser
  assert.equal(await other.evaluate(() => typeof window.cabstand), 'undefined', 'the console runs behind the box');
  console.log('ok an operator signs in, nobody else');
} finally {
  await browser.close();
}

async function refused(page, token, why) {
  await page.fill('[name="token"]', token);
  await page.click('#by-token button');
  await page.waitForFunction((want) => new RegExp(want).test(document.querySelector('#sign-in-error').textContent), why.source);
  assert.ok(await page.isVisible('#sign-in'));
}
