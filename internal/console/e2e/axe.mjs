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
}
