// Signs as lines of 24 by 24.

import { html } from './html.js';

const paths = {
  back: 'M15 5l-7 7 7 7', close: 'M6 6l12 12M18 6L6 18', search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM16 16l4.5 4.5',
  here: 'M12 3v3M12 18v3M3 12h3M18 12h3M12 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10Z', moon: 'M12 3a9 9 0 1 0 9 9 7 7 0 0 1-9-9Z',
  share: 'M12 15V4M8 8l4-4 4 4M5 13v6h14v-6', out: 'M14 4H6v16h8M11 12h10M17 8l4 4-4 4', check: 'M5 12.5l5 5 9-11',
  seat: 'M12 4a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7ZM5 20c.5-4 3-6 7-6s6.5 2 7 6', next: 'M9 5l7 7-7 7',
  pin: 'M12 21c4.5-5.5 7-8.5 7-11.5a7 7 0 0 0-14 0c0 3 2.5 6 7 11.5ZM12 7.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5Z',
  clock: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM12 7v5l3.5 2', lost: 'M3 3l18 18M5 12a10 10 0 0 1 4-2.5M2 8.5a15 15 0 0 1 4-2.600M8.5 15.5a5 5 0 0 1 5.5-1M12 19h.01M13 5.100a15 15 0 0 1 9 3.400M16 10a10 10 0 0 1 3 2',
  user: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM4 21c.6-4.5 3.5-6.5 8-6.5s7.400 2 8 6.5', lock: 'M7 11V8a5 5 0 0 1 10 0v3M5 11h14v10H5z',
  steer: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM12 10a2 2 0 1 0 0 4 2 2 0 0 0 0-4ZM3.5 10.5L10 12M20.5 10.5L14 12M12 14v7', list: 'M4 6h16M4 12h16M4 18h10',
};

/** The sign of the given name; it says nothing to a screen reader. */
export function Icon({ name }) {
  return html`<svg class="sign" viewBox="0 0 24 24" aria-hidden="true"><path d=${paths[name]} /></svg>`;
}

/** A car from above, as on the map, or from the side of a card. */
export const CAR = '<svg viewBox="0 0 40 40" aria-hidden="true"><rect class="car-halo" x="10" y="3" width="20" height="34" rx="9"/><rect class="car-body" x="12" y="5" width="16" height="30" rx="7"/><path class="car-glass" d="M14.5 14c0-2 2-3 5.5-3s5.5 1 5.5 3l-1 3.5h-9zM15.5 28h9l.8 2.5c-1.400.9-3.200 1.200-5.300 1.200s-3.900-.3-5.300-1.200z"/><rect class="car-roof" x="17" y="20.5" width="6" height="4" rx="1.200"/></svg>';
