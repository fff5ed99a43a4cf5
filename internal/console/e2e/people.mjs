// Plays rides with the pages of riders, drivers and friends:
// node people.mjs URL CHROMIUM
//
// The city has no drivers but those of this test.

import assert from 'node:assert/strict';
import { launch, sizes } from './browser.mjs';
import { Steps } from './steps.mjs';
import { Town } from './town.mjs';
import { accessible } from './axe.mjs';

const [address, executable] = process.argv.slice(2);
const browser = await launch(executable);
const town = new Town(browser, address);
const { step } = new Steps(town.complaints, async () => {
  await town.pictures(process.env.PICTURES);
  return town.told();
});
try {
  await step('a rider, a driver and an operator see one whole ride', wholeRide);
  await step('a lost answer makes no second ride', lostAnswer);
  await step('a driver declines, the next one is asked', decline);
  await step('of cancel and accept one wins, and both are told', cancelAgainstAccept);
  await step('an operator takes the driver off, and gives the ride back by hand', byHand);
  await step('who was sent away is told why', sentAway);
  await step('the next ride waits for the end of the present one', nextRide);
  await step('the phone says where the rider and the driver are', whereThePhoneIs);
  await step('a reload without a connection keeps the page', offlineReload);
  await step('nothing went wrong behind the pages', () => assert.deepEqual(town.complaints, []));
} finally {
  await browser.close();
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
  await onDesktop(rider.page, 'the driver is coming');
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
  await onDesktop(driver.page, 'riding');
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

/** The same page on a wide screen, where the sheet lies at the side. */
async function onDesktop(page, where) {
  const size = page.viewportSize();
  await page.setViewportSize(sizes.desktop.viewport);
  await accessible(page, `${where}, on a desktop`);
  await page.setViewportSize(size);
}

/** The friend was shown the ride and nobody's id, and that it is over. */
async function endsForFriend(friend, rider) {
  await friend.getByRole('heading', { name: 'Arrived' }).waitFor();
  await accessible(friend, 'a shared ride', { dark: true });
  await onDesktop(friend, 'a shared ride');
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

/** Redispatch and assignment in the console: the only driver was taken off, and may be asked all the same. */
async function byHand() {
  const driver = await town.driver('d1', { north: 0, east: 60 });
  const rider = await town.rider('r1');
  await rider.choose({ north: 240, east: 120 });
  await rider.request();
  await driver.press('Accept');
  await rider.says(/coming|almost there|away/);
  const [operator, id] = [await town.operator(), await rider.tripID()];
  await operator.select('trip', id);
  await operator.press('Redispatch');
  await operator.confirm({ reason: 'the rider asked for another' }, 'Find another driver');
  await rider.says(/Finding your driver/);
  await driver.page.getByText('Looking for rides').waitFor();
  await operator.press('Assign by hand');
  await operator.confirm({ driver: await driver.sub() }, 'Offer the trip', { refused: /declined or cancelled this trip/ });
  await operator.page.getByText('Offer it all the same').click();
  await operator.page.getByRole('button', { name: 'Offer the trip', exact: true }).click();
  await operator.page.waitForSelector('dialog', { state: 'detached' });
  await driver.press('Accept');
  await rider.says(/coming|almost there|away/);
  assert.equal((await rider.trips())[0].id, id, 'it is another ride');
  await rider.cancel();
  await rider.says(/Ride cancelled/);
  await rider.press('Somewhere else');
  await driver.page.getByText('The rider cancelled.').waitFor();
}

/** Close codes 4003, 4001 and 4004, each by what causes it. */
async function sentAway() {
  const driver = await town.driver('d1', { north: 0, east: 60 });
  const operator = await town.operator();
  const id = await driver.sub();
  await operator.select('driver', id);
  await operator.press('End the session…');
  await operator.confirm({}, 'End the session');
  await driver.page.getByText('An operator ended your session.').waitFor();
  await driver.online();

  const other = await driver.page.context().newPage(); // the same driver on another phone
  await other.goto(new URL('/drive', address).href);
  await driver.page.getByText('You are driving on another phone.').waitFor();
  await driver.online();
  await other.getByText('You are driving on another phone.').waitFor();
  await other.close();

  const active = async (yes) => assert.equal((await town.ask('PATCH', `/v1/drivers/${id}`, { active: yes }))[0], 200);
  await active(false);
  await driver.page.getByText('You are not registered as a driver, or not active.').waitFor();
  await accessible(driver.page, 'sent away', { dark: true });
  await active(true);
  await driver.online();
}

/** Somebody asks near the destination of a ride that is about to end, and nobody else is there. */
async function nextRide() {
  const driver = await town.driver('d1', { north: 0, east: 60 });
  const [first, second] = [await town.rider('r1'), await town.rider('r2')];
  await first.choose({ north: 220, east: 40 });
  await first.request();
  await driver.press('Accept');
  await first.says(/coming|almost there|away/);
  await driver.press('I have arrived');
  await driver.start(await first.pin());
  await driver.says(/To the destination/);

  await second.choose({ north: -300, east: 40 });
  await second.request();
  await driver.page.getByText('Your next ride').waitFor();
  await driver.press('Accept');
  await second.says(/finishing a ride nearby/);
  await driver.page.getByText(/^Next ride: /).waitFor();
  await accessible(driver.page, 'with a next ride', { dark: true });
  await driver.says(/To the destination/);
  await driver.press('Complete the ride');
  await first.says(/You have arrived/);
  await first.press('Done');
  await driver.says(/To the pickup/);
  await second.says(/coming|almost there|away/);
  await second.cancel();
  await second.says(/Ride cancelled/);
  await second.press('Somewhere else');
  await driver.offline();
}

/** By the phone's own position, and not the demo's car. */
async function whereThePhoneIs() {
  const rider = await town.rider('r1');
  const near = await town.place({ north: 150, east: -180 });
  await rider.isAt(near);
  await rider.page.getByRole('button', { name: 'Go to where I am' }).click();
  await rider.page.waitForFunction(({ lat, lon }) => {
    const { place } = cabstand.middle();
    return Math.abs(place.lat - lat) < 2e-5 && Math.abs(place.lon - lon) < 2e-5;
  }, near);

  const driver = await town.driver('d3', { north: -90, east: 30 });
  for (const off of [{ north: -75, east: 30 }, { north: -60, east: 30 }]) { // as far as a car gets in a second or two
    const place = await town.place(off);
    await driver.isAt(place);
    if (off.north === -75) await driver.byPhone(true);
    await driver.seenAt(place);
  }
  await driver.byPhone(false);
  await driver.offline();
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
