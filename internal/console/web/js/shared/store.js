// What a page knows, in one place that its parts watch.

import { useEffect, useReducer } from './html.js';

export class Store {
  #watchers = new Set();

  constructor(state) {
    this.state = state;
  }

  /** Merges the given fields into the state and tells whoever watches. */
  set(fields) {
    this.state = { ...this.state, ...fields };
    for (const tell of [...this.#watchers]) tell(this.state);
  }

  /** Calls tell after each change. What it gives back ends that. */
  watch(tell) {
    this.#watchers.add(tell);
    return () => this.#watchers.delete(tell);
  }
}

/** The state of the store; the component is drawn again when it changes. */
export function useStore(store) {
  const [, redraw] = useReducer((n) => n + 1, 0);
  useEffect(() => {
    redraw(); // what changed between the drawing and now
    return store.watch(redraw);
  }, [store]);
  return store.state;
}
