// Puts the page together: the stream feeds the city, map, panel and card show it.

import { selectedInAddress, selectInAddress } from './address.js';
import { Card } from './card.js';
import { City } from './city.js';
import { $, setText } from '../shared/dom.js';
import { initFind } from './find.js';
import { hook } from './hook.js';
import { LiveMap } from './map.js';
import { notice, showConnection } from './notice.js';
import { Panel } from './panel.js';
import { Policy } from './policy.js';
import { Session } from '../shared/session.js';
import { signIn } from '../shared/signin.js';
import { Stream, tooWide } from '../shared/stream.js';
import { initTheme, reducedMotion } from '../shared/theme.js';

const TICK = 400; // ms between updates of panel and card

async function main() {
  const info = await getJSON('/v1/map');
  const base = info.base_map ? await getJSON('/v1/map/base') : null;
  const lost = tooWide(info.bounds) && !location.hash; // nobody said where the city is
  document.title = `${info.name} · Cabstand`;
  setText($('#city'), info.name);
  initTheme($('#theme'));

  const city = new City({ still: reducedMotion });
  const session = new Session(info);
  const map = new LiveMap($('#map'), info, base, city);
  const select = initSelection(city, session, map);
  const policy = new Policy(session);
  const stream = connect(city, session, () => {
    policy.start();
    if (lost) showNewestTrip(session, map);
  });
  await map.ready;

  map.onView((box) => {
    stream.look(box);
    notice(tooWide(box) ? 'Only the middle of this view is live. Zoom in to see all of it.' : '');
  });
  initFind(city, select);
  const panel = new Panel(city, policy);
  setInterval(() => {
    city.sweep();
    panel.update();
  }, TICK);
  stream.start();
  window.cabstand = hook(city, map, policy);
}

/**
 * What is selected is in the address, and shown by map and card. Gives back a
 * function that selects {kind, id} and flies there.
 */
function initSelection(city, session, map) {
  const choose = (selected, fly) => {
    selectInAddress(selected);
    show(selected, fly);
  };
  const card = new Card(city, session, () => choose(null));
  async function show(selected, fly = false) {
    map.select(selected);
    const known = await card.show(selected);
    if (known && fly) map.show(card.places());
  }
  addEventListener('hashchange', () => show(selectedInAddress(), true));
  setInterval(() => card.update(), TICK);
  map.ready.then(() => {
    map.onPick((picked) => choose(picked));
    if (selectedInAddress()) show(selectedInAddress(), true);
  });
  return (selected) => choose(selected, true);
}

/** The stream that feeds the city; onFirst is called once it is live. */
function connect(city, session, onFirst) {
  let first = true;
  const stream = new Stream({
    session,
    onFrame: (frame) => {
      city.apply(frame);
      if (frame.type === 'error') notice(frame.detail);
    },
    onState: (state) => {
      showConnection(state);
      if (first && state === 'live') {
        first = false;
        onFirst();
      }
    },
    onRefused: async () => {
      await signIn(session);
      stream.start();
    },
  });
  return stream;
}

/** Where nobody said where the city is, the newest trip and the drivers around it do. */
async function showNewestTrip(session, map) {
  const { trips: [newest] } = await session.get('/v1/trips?limit=1');
  if (!newest) return;
  const { lat, lon } = newest.pickup;
  const { drivers } = await session.get(`/v1/drivers/nearby?lat=${lat}&lon=${lon}&radius_m=5000&limit=20`)
    .catch(() => ({ drivers: [] })); // the store of positions may be away
  map.show([newest.pickup, newest.dropoff, ...drivers]);
}

async function getJSON(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: the server answered ${response.status}`);
  return response.json();
}

main().catch((err) => notice(`The map could not be opened: ${err.message}`));
