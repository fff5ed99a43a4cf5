// Pauses between tries, which grow and have some chance in them, so that a
// server that comes back does not meet every page at once.

const FIRST = 500; // ms
const MOST = 15000;

export class Pause {
  #tries = 0;
  #timer = 0;

  /** Calls fn after the next pause, at least least ms, or as soon as the network is back. */
  then(fn, least = 0) {
    this.stop();
    const wait = Math.max(least, Math.min(MOST, FIRST * 2 ** this.#tries++) * (0.5 + Math.random() / 2));
    const go = () => {
      this.stop();
      fn();
    };
    this.#timer = setTimeout(go, wait);
    addEventListener('online', go);
    this.stop = () => {
      clearTimeout(this.#timer);
      removeEventListener('online', go);
    };
  }

  /** It worked: the next pause is short again. */
  reset() {
    this.#tries = 0;
  }

  stop() {}
}
