// Does what operators do, by the page, and asks the interface what became of it.

import assert from 'node:assert/strict';
import { drawerIs } from './browser.mjs';
import { askForTrips } from './ride.mjs';

/** A trip is cancelled after a question, and the audit list tells so. */
export async function tripIsCancelled(page, address) {
  const [id] = await askForTrips(page, address, 1);
  await page.waitForFunction((want) => cabstand.trips().some((t) => t.id === want), id);
  await page.evaluate((trip) => { location.hash = `trip=${trip}`; }, id);
  await drawerIs(page, 'trip', id);
  await page.click('.acts .danger-soft');
  await page.click('dialog footer .second'); // not after all
  await page.waitForSelector('dialog', { state: 'detached' });
  assert.notEqual(await page.evaluate((want) => cabstand.trips().find((t) => t.id === want)?.state, id), 'cancelled');
  await page.click('.acts .danger-soft');
  await page.fill('dialog [name="reason"]', 'asked for by phone');
  await page.click('dialog [type="submit"]');
  await page.waitForSelector('dialog', { state: 'detached' });
  await page.waitForFunction(() => document.querySelector('#drawer .head .badge')?.textContent === 'Cancelled');
  assert.match(await page.textContent('#drawer .facts'), /asked for by phone \(operator\)/);
  await page.evaluate(() => { location.hash = 'view=audit'; });
  await page.waitForSelector(`#audit li:first-child a[title="${id}"]`);
  assert.match(await page.textContent('#audit li:first-child'), /cancelled trip.*asked for by phone/);
}

/** A driver is registered, changed, and given a token that is shown once, as a QR code. */
export async function driverIsRegistered(page) {
  await page.evaluate(() => { location.hash = 'view=drivers'; });
  await page.click('#panel .tools .primary');
  await page.fill('dialog [name="id"]', 'e2e-ana');
  await page.fill('dialog [name="name"]', 'Ana Ñuñez');
  await page.fill('dialog [name="seats"]', '6');
  await page.click('dialog [type="submit"]');
  await drawerIs(page, 'driver', 'e2e-ana');
  await page.waitForFunction(() => /Ana Ñuñez/.test(document.querySelector('#drawer h2')?.textContent));
  assert.match(await page.textContent('#drawer .facts'), /6 seats/);

  await page.click('#drawer button:has-text("Issue a token")');
  await page.fill('dialog [name="name"]', 'her phone');
  await page.click('dialog [type="submit"]');
  await page.waitForSelector('dialog .qr [role="img"]');
  const token = await page.textContent('dialog .secret');
  assert.match(token.trim(), /^cab_\w+$/);
  await page.click('dialog footer .primary');
  await page.waitForFunction((tail) => document.querySelector('#drawer').textContent.includes(`…${tail}`), token.trim().slice(-4));
  assert.ok(!(await page.textContent('body')).includes(token.trim()), 'the token is still on the page');
}

/** An area is drawn on the map, named, and taken away again. */
export async function areaIsDrawn(page) {
  await page.evaluate(() => { location.hash = 'view=matching'; });
  await page.click('#area-draw');
  await page.click('#draw button:has-text("What is in view")');
  await page.click('#draw button:has-text("Finish")');
  await page.fill('dialog [name="name"]', 'Old town');
  await page.check('dialog [value="greedy"]');
  await page.click('dialog [type="submit"]');
  await page.waitForFunction(() => document.querySelector('#drawer h2')?.textContent === 'Old town');
  assert.match(await page.textContent('#areas'), /Old town.*Greedy/s);
  await areaIsReshaped(page);
  await page.click('#drawer .danger-soft');
  await page.click('dialog [type="submit"]');
  await page.waitForSelector('#drawer', { state: 'detached' });
  await page.waitForFunction(() => !document.querySelector('#areas').textContent.includes('Old town'));
}

/** Its shape is changed by keys and by the mouse, and kept once somebody says so. */
async function areaIsReshaped(page) {
  await page.waitForFunction(() => /Corners4/.test(document.querySelector('#drawer .facts')?.textContent));
  await page.click('#drawer button:has-text("Reshape")');
  await cornerIsDragged(page);
  await page.click('#draw button:has-text("Corner after it")');
  await page.waitForFunction(() => /Corner 3 of 5/.test(document.querySelector('#draw p').textContent));
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Delete');
  await page.waitForFunction(() => /of 4/.test(document.querySelector('#draw p').textContent));
  await page.click('#draw button:has-text("Corner after it")');
  await page.click('#draw button:has-text("Finish")');
  await page.click('dialog [type="submit"]');
  await page.waitForFunction(() => /Corners5/.test(document.querySelector('#drawer .facts').textContent));
}

/** The corner under the mouse comes along, and the map stays. */
async function cornerIsDragged(page) {
  const corners = () => page.evaluate(() => cabstand.corners());
  await page.waitForFunction(() => { // the map has come to rest
    const [now, before] = [JSON.stringify(cabstand.corners()), window.cornersBefore];
    window.cornersBefore = now;
    return now === before;
  }, null, { polling: 300 });
  const before = await corners();
  const { x, y } = before[1];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x - 40, y - 30, { steps: 3 });
  await page.mouse.up();
  const off = (await corners()).map((c, i) => [Math.round(c.x - before[i].x), Math.round(c.y - before[i].y)]);
  assert.deepEqual(off, [[0, 0], [-40, -30], [0, 0], [0, 0]]);
}

/** What a driver was passed over for is told in sentences. */
export async function whyNoRideIsTold(page) {
  for (let tries = 1; ; tries++) {
    assert.ok(tries <= 30, 'nobody was ever passed over');
    const id = await page.evaluate((n) => cabstand.drivers().filter((d) => d.status === 'available')[n]?.id ?? cabstand.drivers()[0].id, tries);
    await page.evaluate((driver) => { location.hash = `driver=${driver}`; }, id);
    await drawerIs(page, 'driver', id);
    await page.waitForFunction(() => document.querySelector('#why li, #drawer section:has(#why) .note:not([role])'));
    const [first] = await page.$$eval('#why li p', (list) => list.map((p) => p.textContent));
    if (!first) continue;
    assert.match(first, /^\S+ .*\w\.$/); // a sentence
    assert.match(await page.textContent('#why li'), /trip …\w{6} · .* away/);
    return;
  }
}

/** Numbers have charts, and the same as a table. */
export async function numbersAreDrawn(page) {
  await page.evaluate(() => { location.hash = 'view=numbers'; });
  await page.waitForSelector('.chart canvas');
  const told = await page.$$eval('.chart', (list) => list.map((c) => c.textContent));
  assert.ok(told.length >= 6 && told.some((t) => /Requests: last \d+/.test(t)), `charts: ${told}`);
  await page.click('.chips a:has-text("Last day")');
  await page.waitForFunction(() => location.hash.includes('window=24h'));
  await page.click('.chips a:has-text("Table")');
  await page.waitForSelector('.table tbody tr');
}
