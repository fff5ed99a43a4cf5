// The rider's stream: the trip's changes, and where the car is.

import { Socket } from '../shared/socket.js';
import { finished } from './trip.js';

const ASK = 15000; // ms between looks at an unfinished trip, in case that the stream missed something

export class Follow {
  #timer = 0;

  constructor(ride, identity) {
    this.ride = ride;
    this.socket = new Socket({
      path: '/v1/stream', identity,
      onFrame: (frame) => this.#hear(frame),
      onState: (link) => this.#state(link),
    });
  }

  open() {
    this.socket.open();
    this.#timer = setInterval(() => this.#look(), ASK);
  }

  close() {
    clearInterval(this.#timer);
    this.socket.close();
  }

  #state(link) {
    this.ride.set({ link });
    if (link === 'live') this.#look(); // what ended meanwhile is not told of again
  }

  #look() {
    const { trip, tripID } = this.ride.state;
    if (tripID && !(trip && finished(trip))) this.ride.refresh();
  }

  #hear(frame) {
    const { state } = this.ride;
    if (frame.type === 'trip') this.ride.adopt(frame.trip);
    if (frame.type === 'position' && frame.trip_id === state.tripID) {
      const { lat, lon, heading, eta_s: eta } = frame;
      this.ride.set({ car: { lat, lon, heading, eta_s: eta } });
    }
  }
}
