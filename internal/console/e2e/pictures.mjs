// Takes the pictures of the documentation: OF=console|people PICTURES_INTO=folder node pictures.mjs URL CHROMIUM
// ONLY=trip,driver takes those of the console alone whose names have one of these words.

import { join } from 'node:path';
import { launch, sizes } from './browser.mjs';
import { Town } from './town.mjs';

const [address, executable] = process.argv.slice(2);
const { OF: of, PICTURES_INTO: folder, ONLY: only = '' } = process.env;
const wanted = ([name]) => only.split(',').some((word) => name.includes(word));
const moving = { reducedMotion: 'no-preference' };
const desktop = { ...sizes.desktop, ...moving };
const phone = { ...sizes.phone, ...moving };
const CALM = 6000; // ms for what moves to come to rest: tiles, sheets, charts
const HISTORY = 150000; // ms until a city has something to tell
const browser = await launch(executable);
try {
  await (of === 'console' ? consolePictures() : peoplePictures());
} finally {
  await browser.close();
}

/** A picture of the page in these colours; other is a size that it does not have otherwise. */
async function picture(page, name, { theme = 'light', other } = {}) {
  const size = page.viewportSize();
  if (other) await page.setViewportSize(other.viewport);
  await page.emulateMedia({ colorScheme: theme });
  await page.waitForTimeout(CALM);
  await page.screenshot({ path: join(folder, `${name}.png`) });
  console.log(name);
  if (other) await page.setViewportSize(size);
}

async function consolePictures() {
  const town = new Town(browser, address);
  await new Promise((done) => setTimeout(done, HISTORY));
  const at = await map(11.75);
  const far = await map(10.15);
  const wide = await console_(town, desktop, at);
  for (const [name, hash, theme, act] of [
    ['console-live-light', at, 'light'], ['console-live-dark', at, 'dark'],
    ['console-trip-light', 'view=trips&trip=TRIP', 'light'], ['console-driver-dark', 'view=drivers&driver=DRIVER', 'dark'],
    ['console-numbers-light', 'view=numbers', 'light'], ['console-numbers-dark', 'view=numbers', 'dark'],
    ['console-policy-light', `view=matching&${at}`, 'light', (page) => page.click('#policy-open')],
    ['console-cells-dark', far, 'dark'], // last: from there no trip is seen
  ].filter(wanted)) await view(wide, name, hash, theme, act);
  const small = await console_(town, phone, at);
  for (const [name, hash, theme] of [
    ['console-phone-live', await map(11.2), 'light'], ['console-phone-trip', 'trip=TRIP', 'dark'], ['console-phone-drivers', 'view=drivers', 'light'],
  ].filter(wanted)) await view(small, name, hash, theme);
}

async function console_(town, options, at) {
  const page = await town.open(`/#${at}`, options);
  await page.waitForFunction(() => window.cabstand?.state() === 'live' && cabstand.trips().some((t) => t.driver_id));
  return page;
}

/** The whole city, or more of it, as the address names it. */
async function map(zoom) {
  const { center: [lon, lat] } = await (await fetch(new URL('/v1/site', address))).json();
  return `map=${zoom}/${lat}/${lon}`;
}

async function view(page, name, hash, theme, act = async () => {}) {
  await page.evaluate((wanted) => {
    const trips = cabstand.trips();
    const trip = trips.find((t) => t.state === 'assigned') ?? trips.find((t) => t.state === 'riding');
    location.hash = wanted.replace('TRIP', trip?.id).replace('DRIVER', trip?.driver_id);
  }, hash);
  await act(page);
  await picture(page, name, { theme });
  await page.keyboard.press('Escape');
}

async function peoplePictures() {
  const town = new Town(browser, address);
  const driver = await town.driver('d1', { north: -500, east: 420 });
  await town.ask('PATCH', `/v1/drivers/${await driver.sub()}`, { name: 'Dana Whitfield', vehicle: { plate: 'PH 4217', make: 'Toyota Prius', colour: 'Yellow' } });
  const rider = await town.rider('r1');
  await rider.choose({ north: 1100, east: 1500 });
  await picture(rider.page, 'ride-choose');
  await rider.request();
  await driver.page.getByRole('button', { name: 'Accept' }).waitFor();
  await driver.page.waitForTimeout(1500); // the card comes up
  await driver.page.screenshot({ path: join(folder, 'drive-offer.png') });
  await driver.press('Accept');
  await rider.says(/coming|almost there|away/);
  await picture(rider.page, 'ride-coming');
  await picture(driver.page, 'drive-pickup', { theme: 'dark' });
  await picture(rider.page, 'ride-desktop', { theme: 'dark', other: desktop });
  const friend = await town.friend(await rider.share());
  await picture(friend, 'share-phone');
  await picture(friend, 'share-desktop', { theme: 'dark', other: desktop });
  await driver.press('I have arrived');
  await rider.says(/is here/);
  await picture(rider.page, 'ride-here', { theme: 'dark' });
  await picture(driver.page, 'drive-pin');
  await driver.start(await rider.pin());
  await driver.says(/To the destination/);
  await picture(driver.page, 'drive-desktop', { other: desktop });
  await driver.page.waitForFunction(() => {
    const { trips: [t], fix } = cabstand.shift();
    return t && fix && Math.hypot(fix.lat - t.dropoff.lat, fix.lon - t.dropoff.lon) < 0.0008;
  }, null, { timeout: 400000 });
  await driver.press('Complete the ride');
  await rider.says(/You have arrived/);
  await rider.page.locator('.stars label').nth(4).click();
  await picture(rider.page, 'ride-receipt');
  await driver.page.locator('.today').waitFor();
  await picture(driver.page, 'drive-home');
}
