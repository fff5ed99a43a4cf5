// Where the phone is, by its own word: a fix a second at most, and always the last.

const APART = 900; // ms
const OPTIONS = { enableHighAccuracy: true, maximumAge: 2000, timeout: 30000 };

const why = {
  1: 'This page may not know where you are. Allow it in the browser’s settings to drive.',
  2: 'Your phone does not know where it is. Riders cannot be offered to you.', 3: 'Waiting for your position.',
};

export class Geolocation {
  #watch = 0;
  #last = 0;
  #late = 0;

  start(onFix, onProblem) {
    if (!navigator.geolocation) {
      onProblem('This browser does not tell where you are.');
      return;
    }
    this.#watch = navigator.geolocation.watchPosition(({ coords, timestamp }) => {
      onProblem('');
      const fix = {
        lat: coords.latitude, lon: coords.longitude, t: Math.round(timestamp), accuracy: coords.accuracy,
        speed: coords.speed ?? -1, heading: Number.isFinite(coords.heading) ? coords.heading : -1,
      };
      clearTimeout(this.#late);
      this.#late = setTimeout(() => {
        this.#last = timestamp;
        onFix(fix);
      }, Math.max(0, this.#last + APART - timestamp));
    }, ({ code }) => onProblem(why[code]), OPTIONS);
  }

  stop() {
    if (this.#watch) navigator.geolocation.clearWatch(this.#watch);
    clearTimeout(this.#late);
    this.#watch = 0;
  }

  /** A real driver steers. */
  head() {}
}
