// Plays rides with the pages of riders, drivers and friends:
// node people.mjs URL CHROMIUM
//
// The city has no drivers but those of this test.

import assert from 'node:assert/strict';
import { launch } from './browser.mjs';
import { Town } from './town.mjs';
import { accessible } from './axe.mjs';

const [address, executable] = process.argv.slice(2);
const browser = await launch(executable);
const town = new Town(browser, address);
try {
  await step('a rider, a driver and an operator see one whole ride', wholeRide);
  await step('a lost answer makes no second ride', lostAnswer);
  await step('a driver declines, the next one is asked', decline);
  await step('of cancel and accept one wins, and both are told', cancelAgainstAccept);
  await step('a reload without a connection keeps the page', offlineReload);
  await step('nothing went wrong behind the pages', () => assert.deepEqual(town.complaints, []));
} finally {
  await browser.close();
}

async function step(name, run) {
  const start = Date.now();
  try {
    await run();
  } catch (err) {
    console.error(`FAILED ${name}\n${err.stack}\n${town.complaints.join('\n')}\n${await town.told()}`);
    await town.pictures(process.env.PICTURES);
    throw err;
  }
  console.log(`ok ${name} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
}

/** From going online to the rating, with both connections lost on the way. */
async function wholeRide() {
  const driver = await town.driver('d1', { north: 0, east: 120 });
  const rider = await town.rider('r1');
  await accessible(rider.page, 'choosing the pickup');
  await rider.choose({ north: 260, east: 60 });
  await accessible(rider.page, 'choosing a class', { dark: true });
  await rider.request();
  const id = await rider.tripID();
  const operator = await town.operator();
  await operator.sees(id, ['searching', 'assigned']);

  await driver.press('Accept', () => accessible(driver.page, 'an offer', { dark: true }));
  await rider.says(/coming|almost there|away/);
  await rider.page.waitForFunction(() => cabstand.car() !== null);
  await accessible(rider.page, 'the driver is coming', { dark: true });
  const friend = await town.friend(await rider.share());

  await driver.page.context().setOffline(true);
  await driver.page.getByText('No connection.').waitFor();
  await driver.press('I have arrived');
  await driver.page.getByText('Kept, and sent when the connection is back.').waitFor();
  const first = await driver.page.waitForFunction(() => cabstand.unacknowledged().at(-1));
  const kept = await first.jsonValue();
  await driver.page.waitForFunction((seq) => cabstand.unacknowledged().at(-1) > seq, kept); // the way goes on
  await driver.page.context().setOffline(false);
  await rider.says(/is here/);
  await driver.page.waitForFunction((seq) => cabstand.unacknowledged().every((s) => s > seq), kept); // and all of it arrived
  await friend?.getByRole('heading', { name: 'The driver is at the pickup' }).waitFor();

  await rider.page.context().setOffline(true);
  await rider.page.getByText('No connection.').waitFor();
  await driver.start(await rider.pin(), () => accessible(driver.page, 'asking for the PIN', { dark: true }));
  await driver.says(/To the destination/);
  await accessible(driver.page, 'riding');
  await rider.page.context().setOffline(false);
  await rider.says(/On your way/);
  await rider.page.reload();
  await rider.says(/On your way/);

  await driver.press('Complete the ride');
  await rider.says(/You have arrived/);
  await operator.sees(id, ['completed']);
  await accessible(rider.page, 'the receipt', { dark: true });
  await rider.rate(5, 'Smooth and quick');
  await driver.page.getByText('Ride completed').waitFor();
  await driver.page.locator('.today').getByText('1', { exact: true }).waitFor();
  await driver.page.getByText('Looking for rides').waitFor();
  await accessible(driver.page, 'between rides', { dark: true });
  if (friend) await endsForFriend(friend, rider);
  await rider.press('Done');
  await driver.offline();
}

/** The friend was shown the ride and nobody's id, and that it is over. */
async function endsForFriend(friend, rider) {
  await friend.getByRole('heading', { name: 'Arrived' }).waitFor();
  await accessible(friend, 'a shared ride', { dark: true });
  const told = await friend.evaluate(() => JSON.stringify(cabstand.shared()) + document.body.innerText);
  const { rider_id: who, driver_id: by, id } = await rider.trip();
  for (const secret of [who, by, id, 'fare', '$']) assert.ok(!told.includes(secret), `a friend is told ${secret}: ${told}`);
}

/** The first answer gets lost behind the server: the page asks again, and there is one ride. */
async function lostAnswer() {
  const rider = await town.rider('r2');
  await rider.choose({ north: -240, east: 0 });
  let lost = 0;
  await rider.page.route('**/v1/trips', async (route) => {
    lost++;
    await route.fetch();
    await route.abort();
  }, { times: 2 });
  await rider.request();
  await rider.says(/Finding your driver/);
  assert.equal(lost, 2);
  await rider.page.reload();
  await rider.says(/Finding your driver/);
  assert.equal((await rider.trips()).length, 1, 'the request made more than one ride');
  await rider.cancel();
  await rider.says(/Ride cancelled/);
  await rider.press('Somewhere else');
}

async function decline() {
  const [near, far] = [await town.driver('d1', { north: 0, east: 60 }), await town.driver('d2', { north: 0, east: 900 })];
  const rider = await town.rider('r1');
  await rider.choose({ north: 200, east: -60 });
  await rider.request();
  await near.press('Decline');
  await near.page.getByText('Looking for rides').waitFor();
  await far.press('Accept');
  await rider.says(/coming|almost there|away/);
  const first = (await rider.trip()).driver_id;
  assert.equal(first, await far.sub());

  await far.press('Cannot come'); // and one who gives it back is not asked again
  await far.press('Yes, give back');
  await rider.says(/Finding your driver/);
  await rider.page.getByText('Your driver could not come').first().waitFor();
  await rider.cancel();
  await rider.says(/Ride cancelled/);
  await rider.press('Somewhere else');
  await far.offline();
}

async function cancelAgainstAccept() {
  const driver = await town.driver('d1', { north: 0, east: 60 });
  const rider = await town.rider('r1');
  await rider.choose({ north: 200, east: 100 });
  await rider.request();
  // A click by hand waits for the card to stand still; where the cancellation is faster there is none any more.
  const accept = await driver.page.getByRole('button', { name: 'Accept' }).elementHandle();
  await rider.press('Cancel');
  await Promise.all([rider.press('Yes, cancel'), accept.evaluate((button) => button.click())]);
  await rider.says(/Ride cancelled/);
  await driver.page.getByText('Looking for rides').waitFor();
  await driver.page.getByText(/rider cancelled|Too late|went to somebody else/).first().waitFor();
  assert.equal((await rider.trip()).state, 'cancelled');
  await rider.press('Somewhere else');
}

/** The shell opens without a server, and what was pressed meanwhile is not lost. */
async function offlineReload() {
  const rider = await town.rider('r1');
  await rider.choose({ north: 200, east: 100 });
  await rider.page.evaluate(() => navigator.serviceWorker.ready);
  await rider.page.reload(); // from now on the worker keeps what the page is made of
  await rider.says(/Choose your ride/);
  await rider.page.locator('.choice').first().waitFor();
  await rider.page.context().setOffline(true);
  await rider.request();
  await rider.page.getByText('It is sent as soon as there is a connection').waitFor();
  await rider.page.reload();
  await rider.says(/Asking for your ride/);
  await rider.page.context().setOffline(false);
  await rider.says(/Finding your driver|coming|almost there|away/);
  await rider.cancel();
  await rider.says(/Ride cancelled/);
}
