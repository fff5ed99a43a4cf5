// The rider's page.

import { Api } from '../shared/api.js';
import { boot } from '../shared/boot.js';
import { html, render } from '../shared/html.js';
import { Places } from '../shared/places.js';
import { Ways } from '../shared/ways.js';
import { App } from './app.js';
import { hook } from './hook.js';
import { Ride } from './model.js';

function open(root, site, identity, { map, streets }) {
  const api = new Api(identity);
  const ride = new Ride({ api, identity, places: new Places(api, site, streets), ways: new Ways(api) });
  hook(ride, map);
  render(html`<${App} ...${{ ride, map, site, identity }} />`, root);
  ride.start();
  return () => {
    ride.end();
    map.show({});
  };
}

boot('rider', {
  title: ({ name }) => (name && name !== 'Cabstand' ? `Ride in ${name}` : 'Get a ride'),
  promise: 'Say where, see the price, and watch your driver come.',
  open,
});
