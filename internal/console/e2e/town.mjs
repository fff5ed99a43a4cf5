// The people of the test: each has a browser profile of their own, and does what
// people do on its page.

import { join } from 'node:path';
import { drawerIs, PATIENCE, sizes } from './browser.mjs';

const { desktop, phone } = sizes;
const POLL = 250; // ms between two questions to the server
const METRE = 1 / 111195; // degrees of latitude

export class Town {
  #people = new Map();
  complaints = [];

  /** forgive matches what browsers may write. */
  constructor(browser, address, forgive = expected) {
    Object.assign(this, { browser, address, forgive });
  }

  /** A page of a new profile. */
  async open(path, options, prepare = async () => {}) {
    const context = await this.browser.newContext(options);
    context.setDefaultTimeout(PATIENCE);
    await prepare(context);
    const page = await context.newPage();
    page.on('pageerror', (err) => this.complaints.push(`${path}: ${err.message}`));
    page.on('console', (message) => {
      const text = `${message.text()} ${message.location().url}`;
      if (message.type() === 'error' && !this.forgive.test(text)) this.complaints.push(`${path}: ${text}`);
    });
    await page.goto(new URL(path, this.address).href);
    return page;
  }

  /** The middle of the city, and a place so many metres from it. */
  async place({ north = 0, east = 0 }) {
    this.center ??= (await (await fetch(new URL('/v1/site', this.address))).json()).center;
    const [lon, lat] = this.center;
    return { lat: lat + north * METRE, lon: lon + (east * METRE) / Math.cos((lat * Math.PI) / 180) };
  }

  /** A call of the interface by an operator who has no page: [status, answer]. */
  async ask(method, path, body) {
    const send = (to, how, headers, what) => fetch(new URL(to, this.address), { method: how, headers: { 'Content-Type': 'application/json', ...headers }, body: what && JSON.stringify(what) });
    this.token ??= (await (await send('/v1/demo/token', 'POST', {}, { role: 'operator' })).json()).token;
    const answer = await send(path, method, { Authorization: `Bearer ${this.token}` }, body);
    return [answer.status, await answer.json().catch(() => null)];
  }

  /** Whether the server's interface has the path. */
  async has(path) {
    this.paths ??= (await (await fetch(new URL('/openapi.json', this.address))).json()).paths;
    return path in this.paths;
  }

  /** A driver on duty at the place; the same name is the same person. */
  async driver(name, at) {
    if (!this.#people.has(name)) {
      const place = await this.place(at);
      const page = await this.open('/drive', phone, (context) => context.addInitScript((p) => {
        localStorage.getItem('cabstand.drive.place') ?? localStorage.setItem('cabstand.drive.place', JSON.stringify(p));
      }, place));
      await page.getByRole('button', { name: 'Try it as a driver' }).click();
      this.#people.set(name, new Driver(page, this));
    }
    const driver = this.#people.get(name);
    await driver.online();
    return driver;
  }

  async rider(name) {
    if (!this.#people.has(name)) {
      const page = await this.open('/ride', phone);
      await page.getByRole('button', { name: 'Try it as a rider' }).click();
      this.#people.set(name, new Rider(page, this));
    }
    return this.#people.get(name);
  }

  async operator() {
    if (!this.control) {
      const page = await this.open('/', desktop);
      await page.waitForFunction(() => window.cabstand?.state() === 'live'); // from now on the address is the state
      this.control = new Operator(page, this);
    }
    return this.control;
  }

  /** Somebody who got a link; null without one. */
  async friend(link) {
    if (!link) return null;
    return this.open(link, phone);
  }

  /** What all pages say, for whoever reads of a failure. */
  async told() {
    const texts = await Promise.all([...this.#people].map(async ([name, { page }]) => `${name}: ${await page.evaluate(() => document.querySelector('#app').innerText)}`));
    return texts.join('\n').replace(/\n+/g, ' / ');
  }

  async pictures(folder) {
    if (!folder) return;
    for (const [name, { page }] of this.#people) await page.screenshot({ path: join(folder, `${name}.png`) });
  }
}

/**
 * What browsers write about connections that the test cut itself, about answers that it provokes (too late, a wrong
 * PIN), and about what is not there yet (a track).
 */
const expected = /ERR_INTERNET_DISCONNECTED|ERR_FAILED|ERR_NETWORK_CHANGED|WebSocket|409|404|403 .*\/start$/;

class Person {
  constructor(page, town) {
    Object.assign(this, { page, town });
  }

  async press(name, before = async () => {}) {
    const button = this.page.getByRole('button', { name, exact: true });
    await button.waitFor();
    await before();
    await button.click();
  }

  /** From now on the phone is there. */
  async isAt({ lat, lon }) {
    const context = this.page.context();
    await context.grantPermissions(['geolocation']);
    await context.setGeolocation({ latitude: lat, longitude: lon, accuracy: 8 });
  }

  /** Waits for the headline. */
  says(words) {
    return this.page.getByRole('heading', { level: 1 }).filter({ hasText: words }).waitFor();
  }
}

class Driver extends Person {
  async online() {
    const go = this.page.getByRole('button', { name: 'Go online' });
    await go.or(this.page.getByRole('button', { name: 'Go offline' })).waitFor();
    if (await go.isVisible()) await go.click();
    await this.page.getByText('Looking for rides').waitFor();
    await this.page.waitForFunction(() => cabstand.car() !== null);
  }

  async offline() {
    await this.press('Go offline');
    await this.says(/You are offline/);
  }

  /** Starts the ride, with the PIN where the page asks for it. */
  async start(pin, before = async () => {}) {
    const field = this.page.getByLabel('Ask the rider for the PIN');
    await field.or(this.page.getByRole('button', { name: 'Start the ride' })).first().waitFor();
    await before();
    if (await field.isVisible()) {
      await field.fill(String((Number(pin) + 1) % 10000).padStart(4, '0'));
      await this.press('Start the ride');
      await this.page.getByText('not the rider’s PIN').waitFor();
      await field.fill(pin);
    }
    await this.press('Start the ride');
  }

  /** The phone's own position, or the demo's car. */
  async byPhone(yes) {
    const menu = this.page.getByRole('button', { name: 'Menu' });
    await menu.click();
    await this.page.getByRole('switch', { name: 'Drive by itself', checked: yes }).click();
    await menu.click();
  }

  /** Waits until the server has the driver there. */
  async seenAt({ lat, lon }) {
    const id = await this.sub();
    for (let status = 200; status === 200; await new Promise((done) => setTimeout(done, POLL))) {
      const [answered, told] = await this.town.ask('GET', `/v1/drivers/nearby?lat=${lat}&lon=${lon}&radius_m=5&limit=20`);
      if (told.drivers?.some((d) => d.id === id)) return;
      status = answered;
    }
    throw new Error('the server does not tell who is near');
  }

  /** Presses what the page offers next, if it does, and adds it to what was pressed. */
  async goesOn(pressed) {
    const { trip, pin } = await this.page.evaluate(() => {
      const [trip] = cabstand.shift().trips;
      return { trip, pin: document.querySelector('#pin') !== null };
    });
    if (pin) { // simulated riders speak to no page: whoever is in charge knows
      const [, told] = await this.town.ask('GET', `/v1/trips/${trip.id}`);
      await this.page.evaluate(() => document.querySelector('#pin')?.focus());
      await this.page.keyboard.type(told.pin);
    }
    const name = await this.page.evaluate(() => {
      const wanted = ['Accept', 'I have arrived', 'Start the ride', 'Complete the ride', 'OK'];
      const button = [...document.querySelectorAll('.sheet button:enabled')].find((b) => wanted.includes(b.textContent.trim()));
      button?.click();
      return button?.textContent.trim();
    });
    if (name) pressed.push(name);
  }

  sub() {
    return this.page.evaluate(() => cabstand.shift().me.id);
  }
}

class Rider extends Person {
  /** Chooses the middle of the city as the pickup, and a drop-off so far from it. */
  async choose(off) {
    await this.#aim({}, 'Confirm pickup');
    await this.#aim(off, 'Confirm drop-off');
    await this.page.locator('.choice').first().waitFor();
  }

  async #aim(off, button) {
    await this.page.waitForFunction(() => document.querySelector('.aim') !== null);
    await this.page.evaluate((place) => cabstand.goTo(place), await this.town.place(off));
    await this.press(button);
  }

  async request() {
    await this.page.getByRole('button', { name: /^Request / }).click();
  }

  async cancel() {
    await this.press('Cancel');
    await this.press('Yes, cancel');
  }

  trip() {
    return this.page.evaluate(() => cabstand.ride().trip);
  }

  async tripID() {
    const id = await this.page.waitForFunction(() => cabstand.ride().tripID);
    return id.jsonValue();
  }

  pin() {
    return this.page.evaluate(() => cabstand.ride().trip.pin ?? '');
  }

  /** The link for friends. */
  async share() {
    if (!await this.town.has('/v1/trips/{id}/share')) return '';
    await this.press('Share');
    const link = this.page.getByLabel('Link to your ride');
    await link.waitFor();
    return link.inputValue();
  }

  async rate(stars, comment) {
    await this.page.locator('.stars label').nth(stars - 1).click();
    await this.page.getByPlaceholder('Anything to add?').fill(comment);
    if (!await this.town.has('/v1/trips/{id}/rating')) return;
    await this.press('Send rating');
    await this.page.getByText('Thank you.', { exact: true }).waitFor();
  }

  /** All trips of the rider, as the server has them. */
  async trips() {
    return this.page.evaluate(async () => {
      const { access } = JSON.parse(localStorage.getItem('cabstand.rider'));
      return (await (await fetch('/v1/trips', { headers: { Authorization: `Bearer ${access}` } })).json()).trips;
    });
  }
}

class Operator extends Person {
  /** Opens the drawer of a trip or driver. */
  async select(kind, id) {
    await this.page.evaluate((hash) => { location.hash = hash; }, `${kind}=${id}`);
    await drawerIs(this.page, kind, id);
  }

  /** Fills in what the box asks, and says yes. Where it is refused, the box says why and stays. */
  async confirm(fields, verb, { refused } = {}) {
    const box = this.page.locator('dialog[open]');
    for (const [name, value] of Object.entries(fields)) await box.locator(`[name="${name}"]`).fill(value);
    await box.getByRole('button', { name: verb, exact: true }).click();
    if (refused) await box.getByRole('alert').filter({ hasText: refused }).waitFor();
    else await box.waitFor({ state: 'detached' });
  }

  /** Waits until the console shows the trip in one of the states. */
  sees(id, states) {
    return this.page.waitForFunction(([trip, wanted]) => {
      const shown = window.cabstand?.trips?.().find((t) => t.id === trip);
      return shown && wanted.includes(shown.state);
    }, [id, states]);
  }
}
