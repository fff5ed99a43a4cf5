// No violation of WCAG 2.2 AA that axe-core can see, and nothing wider than the page.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const COLOURS = ['color-contrast', 'link-in-text-block']; // what another theme can break

/** How many ms were spent on it. */
export const spent = { ms: 0, looks: 0 };

/** Fails with what axe-core finds on the page as it is, and with dark in the other theme's colours as well. */
export async function accessible(page, what, { dark = false } = {}) {
  await look(page, what, { type: 'tag', values: TAGS });
  assert.deepEqual(await page.evaluate(outside, LONG), [], `${what}: wider than the screen with a long name`);
  if (!dark) return;
  await inTheme(page, 'dark');
  await look(page, `${what}, dark`, { type: 'rule', values: COLOURS });
  await inTheme(page, 'light');
}

async function inTheme(page, theme) {
  await page.emulateMedia({ colorScheme: theme });
  await page.waitForFunction((want) => document.documentElement.dataset.theme === want, theme);
}

async function look(page, what, runOnly) {
  const start = Date.now();
  if (!await page.evaluate(() => 'axe' in window)) await page.evaluate(source);
  const violations = await page.evaluate(inspect, runOnly);
  spent.ms += Date.now() - start;
  spent.looks++;
  const told = violations.map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.map((n) => `   ${n.target} ${n.html.slice(0, 160)}\n   ${n.failureSummary}`).join('\n')}`);
  assert.equal(told.length, 0, `${what}: not accessible\n${told.join('\n')}`);
}

/** Runs in the page, when nothing fades in or out any more: half of a colour is none. */
async function inspect(runOnly) {
  const ends = document.getAnimations().filter((a) => a.effect.getComputedTiming().iterations !== Infinity);
  await Promise.all(ends.map((a) => a.finished.catch(() => {})));
  const { violations } = await axe.run(document, { runOnly, resultTypes: ['violations'] });
  return violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.slice(0, 4).map(({ target, html, failureSummary }) => ({ target: String(target), html, failureSummary })) }));
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
