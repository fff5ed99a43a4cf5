// Keeps the screen on while the driver is on duty: a dark phone stops its page.

export class Awake {
  #lock = null;
  #wanted = false;

  constructor() {
    document.addEventListener('visibilitychange', () => this.#ask()); // the browser lets go of it when the page is hidden
  }

  want(wanted) {
    this.#wanted = wanted;
    if (wanted) this.#ask();
    else {
      this.#lock?.release();
      this.#lock = null;
    }
  }

  async #ask() {
    if (!this.#wanted || document.hidden || !navigator.wakeLock) return;
    try {
      this.#lock = await navigator.wakeLock.request('screen');
      if (!this.#wanted) this.want(false);
    } catch {
      // low battery, or not allowed: the driver keeps it on
    }
  }
}
