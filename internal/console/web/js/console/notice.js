// What the page has to say about itself.

import { $, setText } from '../shared/dom.js';

const names = { connecting: 'Connecting', live: 'Live', stale: 'Stale', reconnecting: 'Reconnecting' };

/** Shows how the stream does. */
export function showConnection(state) {
  const pill = $('#connection');
  pill.dataset.state = state;
  setText($('span', pill), names[state]);
}

/** Shows a sentence above the figures; an empty one takes it away. */
export function notice(text) {
  $('#notice').hidden = !text;
  setText($('#notice'), text);
}
