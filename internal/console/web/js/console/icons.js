// Signs as lines of 24 by 24.

import { html } from '../shared/html.js';

const paths = {
  live: 'M12 21s-7-6.2-7-11a7 7 0 0 1 14 0c0 4.800-7 11-7 11ZM12 7.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5Z',
  trips: 'M6 4a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5ZM18 15a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5ZM6 9v4a4 4 0 0 0 4 4h5.500M8.500 6.500H14a4 4 0 0 1 4 4V15',
  drivers: 'M5 16v-4l2-5.500h10l2 5.500v4M5 12h14M4 16h16v2.500M4 16v2.500M7.500 14h.01M16.500 14h.01',
  numbers: 'M4 20V4M4 20h16M8 16l3.500-5 3 2.500L20 7',
  matching: 'M7 4v10M7 18v2M17 4v2M17 10v10M4.500 14h5v4h-5zM14.500 6h5v4h-5z',
  audit: 'M6 3h9l4 4v14H6zM9.500 11h6M9.500 15h6M9.500 7h2.500',
  accounts: 'M9 4.500a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7ZM2.500 20c.5-4 2.800-6 6.500-6s6 2 6.500 6M16 5a3.300 3.300 0 0 1 0 6.300M17.500 14.300c2.300.6 3.600 2.500 4 5.200',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM16 16l4.500 4.500', close: 'M6 6l12 12M18 6L6 18', moon: 'M12 3a9 9 0 1 0 9 9 7 7 0 0 1-9-9Z',
  help: 'M9 9.200A3.100 3.100 0 0 1 15 10c0 2-3 2.300-3 4.300M12 17.800h.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z',
  link: 'M10 14a4 4 0 0 0 6 .4l3-3a4.200 4.200 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6-.4l-3 3a4.200 4.200 0 0 0 6 6l1-1',
  plus: 'M12 5v14M5 12h14', warn: 'M12 4 2.500 20h19zM12 10v4.500M12 17.300h.01', check: 'M5 12.500l5 5 9-11', out: 'M14 4H6v16h8M11 12h10M17 8l4 4-4 4',
  aim: 'M12 3v4M12 17v4M3 12h4M17 12h4M12 8.500a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7Z', next: 'M9 5l7 7-7 7', up: 'M6 15l6-6 6 6',
  phone: 'M8 3h8v18H8zM11 18h2', edit: 'M4 20l1-4L16 5l3 3L8 19z', trash: 'M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13', area: 'M5 7l8-3 6 6-3 9-10-1z',
};

/** The sign of the given name; it says nothing to a screen reader. */
export function Icon({ name }) {
  return html`<svg class="sign" viewBox="0 0 24 24" aria-hidden="true"><path d=${paths[name]} /></svg>`;
}
