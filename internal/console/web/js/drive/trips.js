// The trips of a driver: the one at hand and the next.

const over = ['completed', 'cancelled', 'expired'];

const problems = { offer_closed: 'Too late: the ride is gone.' };

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

export class Trips {
  #heard = new Set();

  constructor(shift) {
    this.shift = shift;
  }

  get #mine() {
    return this.shift.state.trips;
  }

  /** Where the driver has to go, null for nowhere. */
  goal() {
    const [trip] = this.ahead();
    if (!trip) return null;
    return { assigned: trip.pickup, riding: trip.dropoff }[trip.state] ?? null;
  }

  /** The trips as they will be when all that was pressed has arrived. */
  ahead() {
    return this.#mine.map((t) => this.shift.steps.ahead(t)).filter((t) => !over.includes(t.state)).sort((a, b) => a.slot - b.slot);
  }

  /** Reads what there is: what ended while nobody was connected is not told of. */
  async read() {
    this.#heard.clear();
    try {
      const me = await this.shift.api.get(`/v1/driver/me?tz=${encodeURIComponent(zone)}`);
      const known = new Map(me.trips.map((t) => [t.id, t]));
      const stays = this.#mine.filter((t) => known.has(t.id) || this.#heard.has(t.id));
      this.shift.set({ me, trips: stays });
      for (const trip of me.trips) this.adopt(trip);
    } catch {
      // the next hello asks again
    }
  }

  /** News of a trip. */
  adopt(trip, reason = '') {
    this.#heard.add(trip.id);
    const { shift } = this;
    const mine = this.#mine.find((t) => t.id === trip.id);
    if (mine && (mine.version > trip.version || mine.epoch > trip.epoch)) return;
    const rest = this.#mine.filter((t) => t.id !== trip.id);
    const own = !over.includes(trip.state) && trip.driver_id !== '' && trip.state !== 'searching';
    shift.set({ trips: own ? [...rest, { ...mine, ...trip }] : rest });
    if (own && shift.state.offer?.trip_id === trip.id) shift.set({ offer: null });
    if (!own && mine) this.#ended(trip, reason);
    if (!own) this.#promote(rest);
  }

  /** The next trip is the one at hand, without a frame, when the one before is over. */
  #promote(rest) {
    if (rest.length && rest.every((t) => t.slot === 1)) this.shift.set({ trips: rest.map((t) => ({ ...t, slot: 0 })) });
  }

  #ended(trip, reason) {
    const { shift } = this;
    if (trip.state === 'completed') {
      shift.set({ done: trip });
      this.read();
    } else if (shift.steps.list.some((s) => s.kind === 'cancel' && s.id === trip.id)) {
      // the driver gave it back
    } else if (trip.state === 'cancelled') shift.set({ problem: trip.cancelled_by === 'rider' ? 'The rider cancelled.' : `The ride was cancelled${trip.reason ? `: ${trip.reason}` : '.'}` });
    else if (trip.cancelled_by !== 'driver') shift.set({ problem: reason ? `The ride went to another driver: ${reason}` : 'The ride went to another driver.' });
    if (!shift.state.duty && this.#mine.length === 0) shift.setDuty(false);
  }

  answered({ kind, id }, trip) {
    if (kind === 'cancel') this.shift.set({ trips: this.#mine.filter((t) => t.id !== id) });
    else if (trip?.id) this.adopt(trip);
  }

  refused({ kind, id }, err) {
    const { offer } = this.shift.state;
    if (kind === 'decline') return;
    if (offer?.offer_id === id) this.shift.set({ offer: null });
    const wrong = err.code === 'wrong_pin';
    this.shift.set({ problem: wrong ? '' : problems[err.code] ?? err.message, wrongPin: wrong ? { id, at: Date.now() } : null });
    this.read();
  }
}
