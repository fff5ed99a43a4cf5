// The rider's page.

import { Api } from '../shared/api.js';
import { boot } from '../shared/boot.js';
import { CityMap } from '../shared/citymap.js';
import { html, render } from '../shared/html.js';
import { Places } from '../shared/places.js';
import { loadStreets } from '../shared/site.js';
import { Ways } from '../shared/ways.js';
import { App } from './app.js';
import { hook } from './hook.js';
import { Ride } from './model.js';

let city = null; // the map outlives who is signed in

function open(root, site, identity) {
  const api = new Api(identity);
  let ride = null;
  let ended = false;
  prepare(site).then(({ map, streets }) => {
    if (ended) return;
    const places = new Places(api, site, streets);
    ride = new Ride({ api, identity, places, ways: new Ways(api) });
    hook(ride, map);
    render(html`<${App} ...${{ ride, map, site, identity }} />`, root);
    ride.start();
  });
  return () => {
    ended = true;
    ride?.end();
  };
}

async function prepare(site) {
  if (!city) {
    const streets = site.basemap.kind === 'streets' ? await loadStreets().catch(() => null) : null;
    city = { map: new CityMap(document.querySelector('#map'), site, streets), streets };
  }
  return city;
}

boot('rider', {
  title: (site) => (site.name ? `Ride in ${site.name}` : 'Get a ride'),
  promise: 'Say where, see the price, and watch your driver come.',
  open,
});
