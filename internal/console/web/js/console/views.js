// The names of the views, and their addresses.

import { href, selecting } from './route.js';

export const viewNames = {
  live: 'Live', trips: 'Trips', drivers: 'Drivers', numbers: 'Numbers', matching: 'Matching', audit: 'Audit', accounts: 'People',
};

/** What a view starts with: nothing selected, no filter. */
export const blank = { view: '', state: '', q: '', rider: '', window: '', ...selecting() };

export const viewAddress = (view) => href({ ...blank, view });
