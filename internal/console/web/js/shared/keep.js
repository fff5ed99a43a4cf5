// What a page keeps over a reload, as JSON under a name. A browser that forbids
// storage (private windows of some) costs the reload its memory and nothing else.

export function kept(name) {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
}

/** Keeps the value; null forgets it. */
export function keep(name, value) {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // nothing is kept
  }
}
