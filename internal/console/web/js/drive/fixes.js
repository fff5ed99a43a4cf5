// Where the phone is, by its own word: a fix a second at most.

const APART = 900; // ms
const OPTIONS = { enableHighAccuracy: true, maximumAge: 2000, timeout: 30000 };

const why = {
  1: 'This page may not know where you are. Allow it in the browser’s settings to drive.',
  2: 'Your phone does not know where it is. Riders cannot be offered to you.', 3: 'Waiting for your position.',
};

export class Geolocation {
  #watch = 0;
  #last = 0;

  start(onFix, onProblem) {
    if (!navigator.geolocation) {
      onProblem('This browser does not tell where you are.');
      return;
    }
    this.#watch = navigator.geolocation.watchPosition(({ coords, timestamp }) => {
      onProblem('');
      if (timestamp - this.#last < APART) return;
      this.#last = timestamp;
      onFix({
        lat: coords.latitude, lon: coords.longitude, t: Math.round(timestamp), accuracy: coords.accuracy,
        speed: coords.speed ?? -1, heading: Number.isFinite(coords.heading) ? coords.heading : -1,
      });
    }, ({ code }) => onProblem(why[code]), OPTIONS);
  }

  stop() {
    if (this.#watch) navigator.geolocation.clearWatch(this.#watch);
    this.#watch = 0;
  }

  /** A real driver steers. */
  head() {}
}
