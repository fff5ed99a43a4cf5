// The driver's page.

import { Api } from '../shared/api.js';
import { boot } from '../shared/boot.js';
import { html, render } from '../shared/html.js';
import { Places } from '../shared/places.js';
import { Ways } from '../shared/ways.js';
import { App } from './app.js';
import { hook } from './hook.js';
import { Shift } from './model.js';

function open(root, site, identity, { map, streets }) {
  const api = new Api(identity);
  const shift = new Shift({ api, site, identity, ways: new Ways(api), streets });
  const places = new Places(api, site, streets);
  hook(shift, map);
  render(html`<${App} ...${{ shift, map, site, identity, places }} />`, root);
  shift.start();
  return () => {
    shift.end();
    map.show({});
  };
}

boot('driver', {
  title: ({ name }) => (name && name !== 'Cabstand' ? `Drive in ${name}` : 'Drive'),
  promise: 'Go online when you want, and see each ride before you take it.',
  open,
});
