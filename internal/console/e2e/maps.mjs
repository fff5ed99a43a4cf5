// Looks at the base map of PAGES: node maps.mjs URL CHROMIUM
//
// WANT says what the map has to show: "picture" (tiles of one colour), "sea"
// (vector tiles that are water, with streets), "heals" (the city's own streets,
// with a word about it, until TILES/heal was asked for: then the sea). CREDIT is
// whom the map has to name.

import assert from 'node:assert/strict';
import { colours, launch, PATIENCE, rgb } from './browser.mjs';

const [address, executable] = process.argv.slice(2);
const { WANT, PAGES, CREDIT, TILES } = process.env;
const PICTURE = '200,80,120'; // of maps_test.go
const places = { // of the map that nothing covers
  '/': { x: 470, y: 120, width: 700, height: 500 }, '/ride': { x: 460, y: 200, width: 600, height: 300 },
  '/drive': { x: 460, y: 200, width: 600, height: 300 }, '/s/none': { x: 460, y: 200, width: 600, height: 300 },
};

const browser = await launch(executable);
try {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: 'light', reducedMotion: 'reduce' });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const complaints = [];
  page.on('pageerror', (err) => complaints.push(err.message));
  page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) complaints.push(`${message.text()} ${message.location().url}`); });
  if (WANT === 'heals') await heals(page, complaints);
  else for (const path of PAGES.split(' ')) await shows(page, path, complaints);
} finally {
  await browser.close();
}

/** The page has the ground that is wanted, light and dark, and names who made it. */
async function shows(page, path, complaints) {
  await open(page, path);
  await drawn(page, path);
  assert.match(await page.textContent('.maplibregl-ctrl-attrib'), new RegExp(CREDIT));
  assert.ok(await page.isHidden('.map-note'), `${path} tells of trouble`);
  if (path === '/' && WANT === 'sea') {
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
    await drawn(page, path);
    await page.emulateMedia({ colorScheme: 'light' });
  }
  assert.deepEqual(complaints.filter((text) => !text.includes('/v1/shared/none')), [], path);
  console.log(`ok ${path}: ${WANT}`);
}

async function open(page, path) {
  await page.goto(new URL(path, address).href);
  if (path === '/ride' || path === '/drive') await page.getByRole('button', { name: /^Try it as a/ }).click();
}

/** Waits until most of the map is what the tiles have, with streets where they have some. */
async function drawn(page, path) {
  const clip = places[path];
  const [sea, street] = [await rgb(page, '--map-water'), await rgb(page, '--map-primary')];
  const most = (clip.width * clip.height) / 2;
  await until(async () => {
    const seen = await colours(browser, page, clip);
    const top = [...seen].sort(([, a], [, b]) => b - a).slice(0, 4).join(' ');
    if (WANT === 'picture') return seen.get(PICTURE) > most ? '' : top;
    return seen.get(sea) > most && seen.get(street) > 100 ? '' : top;
  }, path);
}

/** While the server fails the streets are there, and it is not asked in vain; when it is well again, its tiles. */
async function heals(page, complaints) {
  await open(page, '/');
  await page.waitForFunction(() => /city’s own streets/.test(document.querySelector('.map-note')?.textContent));
  const street = await rgb(page, '--map-primary');
  await until(async () => {
    const seen = await colours(browser, page, places['/']);
    return seen.get(street) > 100 && seen.size > 20 ? '' : `${seen.size} colours`;
  }, 'streets');
  const loud = complaints.length;
  assert.ok(loud <= 4, `the console is flooded: ${complaints.join('\n')}`);
  await page.evaluate(() => { location.hash = '#map=15/44.2/-37.6'; }); // other tiles, which nobody has to ask for now
  await page.waitForFunction(() => document.querySelector('.map-note').checkVisibility());
  await fetch(`${TILES}/heal`);
  await page.evaluate(() => dispatchEvent(new Event('online'))); // reason enough to look again
  await page.waitForFunction(() => document.querySelector('.map-note').hidden);
  await drawn(page, '/');
  assert.equal(complaints.length, loud, complaints.join('\n'));
  console.log('ok a failing server is stood in for, and taken back');
}

/** Looks again and again until there is nothing to complain of. */
async function until(complaint, what) {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const text = await complaint();
    if (!text) return;
    assert.ok(Date.now() < deadline, `${what}: ${text}`);
    await new Promise((done) => { setTimeout(done, 100); });
  }
}
