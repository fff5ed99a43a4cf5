// The ride of a friend: where it is, for whoever has the link, and nothing about
// who rides.

import { callOpen } from '../shared/api.js';
import { CityMap } from '../shared/citymap.js';
import { openGround } from '../shared/ground.js';
import { html, render } from '../shared/html.js';
import { loadSite } from '../shared/site.js';
import { startTheme } from '../shared/theme.js';
import { Shared } from './shared.js';
import { View } from './view.js';

const token = location.pathname.split('/').pop();
const root = document.querySelector('#app');

async function begin() {
  startTheme();
  const site = await loadSite();
  const map = new CityMap(document.querySelector('#map'), site, await openGround(site));
  const shared = new Shared(token);
  window.cabstand = Object.freeze({ shared: () => structuredClone(shared.state), car: () => map.carAt });
  render(html`<${View} ...${{ shared, map, site }} />`, root);
  shared.start(callOpen);
}

begin().catch((err) => {
  render(html`<main class="entry"><div class="entry-card"><h1>Nobody answers</h1><p class="soft" role="alert">${err.message}</p>
    <button type="button" class="main" onClick=${() => location.reload()}>Try again</button></div></main>`, root);
});
