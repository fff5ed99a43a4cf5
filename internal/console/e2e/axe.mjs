// No violation of WCAG 2.2 AA that axe-core can see.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Fails with what axe-core finds on the page as it is; with dark, in the other theme as well. */
export async function accessible(page, what, { dark = false } = {}) {
  await look(page, what);
  if (!dark) return;
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
  await look(page, `${what}, dark`);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.waitForFunction(() => document.documentElement.dataset.theme === 'light');
}

async function look(page, what) {
  if (!await page.evaluate(() => 'axe' in window)) await page.evaluate(source);
  const found = await page.evaluate((tags) => axe.run(document, { runOnly: { type: 'tag', values: tags } })
    .then(({ violations }) => violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((n) => n.target + ' ' + n.failureSummary).join(' | ')}`)), TAGS);
  assert.deepEqual(found, [], `${what}: not accessible`);
  assert.deepEqual(await page.evaluate(outside, LONG), [], `${what}: wider than the screen with a long name`);
}

const LONG = 'Avenue des Anciens Combattants de l’Afrique du Nord et du Sud';

/** What is wider than there is room for while places have a long name, in the page. */
function outside(long) {
  const texts = [...document.querySelectorAll('.terms dd, .route span, .legs b, .legs .soft')].map((e) => e.lastChild).filter((n) => n?.nodeType === Node.TEXT_NODE);
  const before = texts.map((n) => n.data);
  for (const n of texts) n.data = long;
  const wide = [document.documentElement, ...document.querySelectorAll('.sheet')].filter((e) => e.scrollWidth > e.clientWidth);
  texts.forEach((n, i) => { n.data = before[i]; });
  return wide.map((e) => `${e.className || e.tagName}: ${e.scrollWidth} of ${e.clientWidth} px`);
}
