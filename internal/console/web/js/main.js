// Puts the page together: the stream feeds the city, map, panel and card show it.

import { selectedInAddress, selectInAddress } from './address.js';
import { Card } from './card.js';
import { City } from './city.js';
import { $, setText } from './dom.js';
import { LiveMap } from './map.js';
import { Panel } from './panel.js';
import { Session } from './session.js';
import { signIn } from './signin.js';
import { Stream } from './stream.js';
import { initTheme, reducedMotion } from './theme.js';

const TICK = 400; // ms between updates of panel and card
const stateTexts = { connecting: 'Connecting', live: 'Live', stale: 'Stale', reconnecting: 'Reconnecting' };

async function main() {
  const info = await getJSON('/v1/map');
  const base = info.base_map ? await getJSON('/v1/map/base') : null;
  document.title = `${info.name} · Cabstand`;
  setText($('#city'), info.name);

  const city = new City({ still: reducedMotion });
  const session = new Session(info);
  let map;
  initTheme($('#theme'), () => map?.recolour());
  map = new LiveMap($('#map'), info, base, city);
  const panel = new Panel(city);
  const card = new Card(city, session, () => choose(null));

  /** Selects {kind, id} or nothing, and puts it into the address. */
  function choose(selected) {
    selectInAddress(selected);
    return follow(selected);
  }

  /** Shows the selection and, where asked, brings it into view. */
  async function follow(selected, fly = false) {
    map.select(selected);
    const known = await card.show(selected);
    const points = fly && known ? places(known, city) : [];
    if (points.length) map.show(points);
  }

  const stream = new Stream({
    session,
    onFrame: (frame) => {
      city.apply(frame);
      if (frame.type === 'error') notice(frame.detail);
      if (frame.type === 'subscribed') notice('');
    },
    onState: showState,
    onRefused: async () => {
      await signIn(session);
      stream.start();
    },
  });

  await map.ready;
  map.onPick(choose);
  map.onView((box) => stream.look(box));
  addEventListener('hashchange', () => follow(selectedInAddress(), true));
  initFind(city, choose, (selected) => follow(selected, true));
  setInterval(() => {
    city.sweep();
    panel.update();
    card.update();
  }, TICK);
  stream.start();
  const first = selectedInAddress();
  if (first) follow(first, true);
  window.cabstand = hook(city, map);
}

/** Where a trip or a driver is, for the view. */
function places(known, city) {
  if (known.motion) return [known.motion.point(city.now())];
  if (!known.pickup) return [];
  const driver = city.drivers.get(known.driver_id);
  return [known.pickup, known.dropoff, ...(driver ? [driver.motion.point(city.now())] : [])];
}

function initFind(city, choose, fly) {
  $('#find').addEventListener('submit', (e) => {
    e.preventDefault();
    const id = $('#find input').value.trim();
    if (!id) return;
    const isTrip = city.trips.has(id) || (!city.drivers.has(id) && /^[0-9a-f]{8}-[0-9a-f-]{27}$/i.test(id));
    const selected = { kind: isTrip ? 'trip' : 'driver', id };
    selectInAddress(selected);
    fly(selected);
  });
}

function showState(state) {
  const pill = $('#connection');
  pill.dataset.state = state;
  setText($('span', pill), stateTexts[state]);
}

function notice(text) {
  $('#notice').hidden = !text;
  setText($('#notice'), text);
}

async function getJSON(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: the server answered ${response.status}`);
  return response.json();
}

/**
 * What tests may read of the page, as window.cabstand. All of it is a copy.
 *
 *   drivers()   [{id, status, lat, lon}] as the stream told
 *   trips()     [{id, state, version, driver_id}] the same
 *   events()    [{id, version, state}] of the list, newest first
 *   shown(id)   {lat, lon} where a driver's mark is drawn now, or null
 *   drawn()     how many marks the last frame had
 *   lines(id)   what is drawn of a trip in view: ["now:assigned", "plan:assigned", …]
 *   state()     of the connection
 */
function hook(city, map) {
  return Object.freeze({
    drivers: () => [...city.drivers.values()].map(({ id, status, lat, lon }) => ({ id, status, lat, lon })),
    trips: () => [...city.trips.values()].map(({ id, state, version, driver_id }) => ({ id, state, version, driver_id })),
    shown: (id) => city.drivers.get(id)?.motion.point(city.now()) ?? null,
    drawn: () => map.marks.drawn,
    lines: (id) => map.drawnOf(id),
    events: () => city.events.map(({ id, version, state }) => ({ id, version, state })),
    state: () => $('#connection').dataset.state,
  });
}

main().catch((err) => notice(`The map could not be opened: ${err.message}`));
