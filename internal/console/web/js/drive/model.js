// What the driver's page knows: whether the driver is on duty, the trips at hand,
// the offer on the screen, what was pressed and has not arrived yet.

import { keep, kept } from '../shared/keep.js';
import { Store } from '../shared/store.js';
import { Autopilot } from './autopilot.js';
import { Awake } from './awake.js';
import { Geolocation } from './fixes.js';
import { Link } from './link.js';
import { Positions } from './positions.js';
import { Steps } from './steps.js';
import { Trips } from './trips.js';

const ANSWER = 15; // s that a driver has from when the phone confirmed the offer, where the server does not say it
const REPEAT = 1000; // ms between looks whether the last position has to be said again

export class Shift extends Store {
  #awake = new Awake();
  #beat = 0;
  #said = 0;
  #heartbeat = 4000;

  constructor({ api, site, identity, ways, streets }) {
    const key = `cabstand.drive.${identity.sub}`;
    const { duty = false, pilot = site.demo } = kept(key) ?? {};
    super({ duty, pilot, link: 'off', fix: null, gps: '', trips: [], offer: null, steps: [], done: null, me: null, problem: '' });
    Object.assign(this, { api, site, ways, streets, key });
    this.trips = new Trips(this);
    this.steps = new Steps({
      api, key: `${key}.steps`,
      onChange: () => this.set({ steps: this.steps.list }),
      onAnswer: (step, trip) => this.trips.answered(step, trip),
      onRefused: (step, err) => this.trips.refused(step, err),
      onLost: () => this.link.socket.suspect(),
    });
    this.link = new Link({
      identity, positions: new Positions(`${key}.positions`),
      onFrame: (frame) => this.#hear(frame), onLink: (link) => this.#linked(link), onHello: (hello) => this.#greeted(hello),
    });
    this.source = this.#newSource();
    this.set({ steps: this.steps.list });
  }

  #newSource() {
    return this.state.pilot ? new Autopilot(this.ways, this.site, this.streets) : new Geolocation();
  }

  set(fields) {
    super.set(fields);
    if ('duty' in fields || 'pilot' in fields) keep(this.key, { duty: this.state.duty, pilot: this.state.pilot });
  }

  /** Goes on where the page was left. */
  async start() {
    this.steps.send();
    await this.trips.read();
    if (this.state.duty || this.state.trips.length > 0) this.#connect();
  }

  end() {
    this.#disconnect();
    this.steps.stop();
  }

  /** On duty, or not any more; a trip at hand goes on. */
  setDuty(duty) {
    this.set({ duty, problem: '' });
    this.link.say(duty ? 'available' : 'offline');
    if (duty || this.state.trips.length > 0) this.#connect();
    else this.#disconnect();
  }

  /** The demo's car drives by itself, or the phone says where it is. */
  setPilot(pilot) {
    this.source.stop();
    this.set({ pilot, gps: '' });
    this.source = this.#newSource();
    if (this.#beat) this.#listen();
  }

  #connect() {
    this.link.say(this.state.duty ? 'available' : 'offline');
    this.link.open();
    if (this.#beat) return;
    this.#awake.want(true);
    this.#listen();
    this.#beat = setInterval(() => this.#repeat(), REPEAT);
  }

  #disconnect() {
    clearInterval(this.#beat);
    this.#beat = 0;
    this.source.stop();
    this.#awake.want(false);
    this.link.close();
  }

  #listen() {
    this.source.start((fix) => this.#fixed(fix), (gps) => this.set({ gps }));
  }

  #fixed(fix) {
    this.#said = Date.now();
    this.set({ fix });
    this.link.position(fix);
    this.source.head(this.trips.goal());
  }

  /** A car that stands says so: the server takes silence for a lost phone. */
  #repeat() {
    const { fix, gps } = this.state;
    if (fix && !gps && Date.now() - this.#said > this.#heartbeat - REPEAT) this.#fixed({ ...fix, t: Date.now(), speed: 0 });
  }

  #linked(link) {
    this.set({ link });
    if (['elsewhere', 'ended', 'unknown'].includes(link)) {
      this.set({ duty: false });
      this.#disconnect();
      this.set({ link });
    }
  }

  #greeted({ server_time: time, heartbeat_s: beat }) {
    this.clock = Date.parse(time) - Date.now();
    this.#heartbeat = beat * 1000;
    this.steps.send();
    this.trips.read();
  }

  #hear(frame) {
    const { offer } = this.state;
    if (frame.type === 'trip') this.trips.adopt(frame.trip, frame.reason);
    if (frame.type === 'offer' && offer?.offer_id !== frame.offer_id) this.#offered(frame);
    if (frame.type === 'offer_closed' && offer?.offer_id === frame.offer_id) {
      this.set({ offer: null, problem: closed[frame.reason] ?? 'The ride went to somebody else.' });
    }
  }

  /** The time to answer runs from when a phone confirmed the offer: now, or before. */
  #offered(frame) {
    const whole = (this.site.accept_s ?? ANSWER) * 1000;
    const left = frame.received ? Date.parse(frame.expires_at) - this.clock - Date.now() : whole;
    this.set({ offer: { ...frame, until: Date.now() + left, whole: Math.max(whole, left) }, problem: '' });
    navigator.vibrate?.([200, 100, 200]);
  }

  answer(kind) {
    const { offer } = this.state;
    this.set({ offer: kind === 'decline' ? null : { ...offer, answered: true } });
    this.steps.add(kind, offer.offer_id);
  }
}

const closed = {
  unanswered: 'The offer ran out.', cancelled: 'The rider cancelled.', declined: '', accepted: '',
};
