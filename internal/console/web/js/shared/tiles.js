// Tiles from a server or a file that may fail: it is asked a few times and then
// left alone, and once in a while looked for again.

const PATIENCE = 6000; // ms for one tile
const MOST = { first: 2, later: 4 }; // failures in a row that count as trouble: before any tile came, and after
const AGAIN = { least: 15000, most: 240000 }; // ms between looks while there is trouble

export class Tiles {
  troubled = false;
  onChange = () => {}; // told when trouble begins, and when it is over
  #known = false; // some tile has come
  #asking = null; // the first of all, which the others wait for
  #failures = 0;
  #pause = AGAIN.least;
  #missed = null; // one that did not come
  #timer = 0;
  #looking = false;

  /** source is what MapLibre is told; get(z, x, y, signal) gives bytes, or null where there is no tile. */
  constructor({ source, get, later = (fn, ms) => setTimeout(fn, ms) }) {
    Object.assign(this, { source, get, later });
  }

  /** The tile's bytes: none where there is none, or where it is no use to ask. */
  async load(z, x, y, signal) {
    while (!this.#known && this.#asking) await this.#asking;
    if (this.troubled) return new ArrayBuffer(0);
    const asked = this.#ask(z, x, y, signal);
    if (!this.#known) this.#asking = asked.catch(() => {}).then(() => { this.#asking = null; });
    return asked;
  }

  async #ask(z, x, y, signal) {
    try {
      const data = await this.#fetch(z, x, y, signal);
      this.#failures = 0;
      return data;
    } catch (err) {
      if (!signal.aborted) this.#failed(z, x, y);
      throw err;
    }
  }

  async #fetch(z, x, y, signal) {
    const data = await this.get(z, x, y, AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]));
    if (!data && !this.#known) throw new Error('there are no tiles'); // of a city at sea, or at a wrong address
    this.#known = true;
    return data ?? new ArrayBuffer(0);
  }

  #failed(...at) {
    this.#failures++;
    this.#missed = at;
    if (!this.#timer) this.#lookLater();
    if (this.troubled || this.#failures < (this.#known ? MOST.later : MOST.first)) return;
    this.troubled = true;
    this.onChange();
  }

  #lookLater() {
    this.#timer = this.later(() => this.look(), this.#pause);
  }

  /** Asks for one that failed: when it comes, all of them may be asked for again. */
  async look() {
    if (!this.#timer || this.#looking) return;
    this.#looking = true;
    const well = await this.#fetch(...this.#missed, new AbortController().signal).then(() => true, () => false);
    this.#looking = false;
    clearTimeout(this.#timer);
    this.#pause = well ? AGAIN.least : Math.min(2 * this.#pause, AGAIN.most);
    if (!well) {
      this.#lookLater();
      return;
    }
    [this.#timer, this.#failures, this.troubled] = [0, 0, false];
    this.onChange();
  }
}

/** Tiles of a server, by an address with {z}, {x} and {y}. */
export function tilesOf({ kind, url, attribution }) {
  const source = kind === 'raster' ? { type: 'raster', tileSize: 256, maxzoom: 19 } : { type: 'vector', maxzoom: 14 };
  return new Tiles({ source: { ...source, attribution }, get: (...at) => fetched(url, ...at) });
}

async function fetched(url, z, x, y, signal) {
  const response = await fetch(url.replace('{z}', z).replace('{x}', x).replace('{y}', y), { signal });
  if ([204, 404, 410].includes(response.status)) return null;
  if (!response.ok) throw new Error(`tiles: ${response.status}`);
  return response.arrayBuffer();
}
