// The console of somebody who is signed in.

import { Api } from '../shared/api.js';
import { html, render } from '../shared/html.js';
import { Store } from '../shared/store.js';
import { reducedMotion } from '../shared/theme.js';
import { App } from './app.js';
import { Areas } from './area.js';
import { StreetNames } from '../shared/streetnames.js';
import { City } from './city.js';
import { say } from './dialog.js';
import { draw } from './draw.js';
import { known } from './features.js';
import { watchKeys } from './help.js';
import { hook } from './hook.js';
import { LiveMap } from './map.js';
import { placesOf } from './places.js';
import { Policy } from './policy.js';
import { go, route, selectedIn, selecting, watchRoute } from './route.js';
import { Stream, tooWide } from './stream.js';
import { narrow } from './use.js';

const TICK = 400; // ms between updates of what the stream feeds
const states = { connecting: 'connecting', live: 'live', lost: 'reconnecting' };

export async function start(root, { site, below, identity }) {
  const api = new Api(identity);
  const city = new City({ still: reducedMotion });
  const map = new LiveMap(document.querySelector('#map'), site, below, city);
  const app = {
    site, api, city, map, names: below.streets && new StreetNames(below.streets), ...(await known()),
    ticks: new Store({}), changes: new Store({}), connection: new Store({ state: 'connecting' }), health: new Store({ degraded: [] }),
    notices: new Store({ notice: '' }), policy: new Policy(api), areas: new Areas(api),
    learned: () => app.changes.set({}),
    signOut: site.demo ? null : () => identity.signOut(),
    copyLink: () => navigator.clipboard.writeText(location.href).then(() => say('The link is copied.'), () => say('The browser did not let it be copied.', true)),
    draw: (ring) => draw(map, app.areas, ring),
    fly: flights(map, city),
  };
  watchRoute();
  watchKeys(app);
  const stream = new Stream({
    identity, city, onState: (state) => app.connection.set({ state: states[state], since: since(app.connection.state, states[state]) }),
    onFrame: (frame) => {
      city.apply(frame);
      if (frame.type === 'stale') app.connection.set({ state: 'stale', since: frame.since });
      if (frame.type === 'fresh') app.connection.set({ state: 'live' });
      if (frame.type === 'error') app.notices.set({ notice: frame.detail });
      if (frame.type === 'stats' && String(frame.degraded ?? []) !== String(app.health.state.degraded)) app.health.set({ degraded: frame.degraded ?? [] });
    },
  });
  render(html`<${App} app=${app} />`, root);
  await begin(app, stream);
  window.cabstand = hook(app);
}

/** Since when a state holds: that it was lost before does not make it newer. */
const since = (old, state) => (old.state === state ? old.since : new Date().toISOString());

async function begin(app, stream) {
  const { map, city, site } = app;
  await map.ready;
  const show = () => {
    map.select(selectedIn(route.state));
    if (!selectedIn(route.state)) app.fly.stay(null);
    map.cover(selectedIn(route.state) ? (narrow() ? { bottom: innerHeight * 0.45 } : { right: 400 }) : {});
  };
  route.watch(show);
  show();
  map.onPick((picked) => {
    app.fly.stay(picked);
    go(selecting(picked?.kind, picked?.id));
  });
  map.onView((box, zoom) => {
    stream.look(box, zoom);
    app.notices.set({ notice: tooWide(box) ? 'Only the middle of this view is live. Zoom in to see all of it.' : '' });
  });
  app.areas.watch(({ areas }) => map.showAreas(areas));
  if (app.has('/v1/areas')) app.areas.look();
  setInterval(() => {
    city.sweep();
    if (!document.hidden) app.ticks.set({});
  }, TICK);
  stream.open();
  app.policy.start();
  if (tooWide(site.bounds) && !location.hash.includes('map=')) showNewestTrip(app); // nobody said where the city is
}

/** Flies to what was selected by a link or a search, and not to what was clicked on the map. */
function flights(map, city) {
  let flown = '';
  const fly = ({ kind, id, ...told }) => {
    const points = placesOf(city, kind, id, told);
    if (!points.length || flown === `${kind} ${id}`) return;
    flown = `${kind} ${id}`;
    const [w, s, e, n] = map.view(0.1);
    const seen = points.every(({ lat, lon }) => lon > w && lon < e && lat > s && lat < n);
    if (!seen || map.map.getZoom() < 12.5) map.show(points);
  };
  /** It is in view already, or nothing is selected any more. */
  fly.stay = (selected) => { flown = selected ? `${selected.kind} ${selected.id}` : ''; };
  return fly;
}

/** Where nobody said where the city is, the newest trip and the drivers around it do. */
async function showNewestTrip({ api, map }) {
  const { trips: [newest] } = await api.get('/v1/trips?limit=1').catch(() => ({ trips: [] }));
  if (!newest) return;
  const { lat, lon } = newest.pickup;
  const { drivers } = await api.get(`/v1/drivers/nearby?lat=${lat}&lon=${lon}&radius_m=5000&limit=20`)
    .catch(() => ({ drivers: [] })); // the store of positions may be away
  map.show([newest.pickup, newest.dropoff, ...drivers]);
}
