// How a page begins: what the site is, who uses it, and then the page itself.

import { CityMap } from './citymap.js';
import { Entry } from './entry.js';
import { openGround } from './ground.js';
import { html, render } from './html.js';
import { Identity } from './identity.js';
import { loadSite } from './site.js';
import { startTheme } from './theme.js';

/**
 * Signs somebody in and calls open(root, site, identity, city), which gives back
 * what ends it: then somebody signed out, or another one in.
 */
export async function boot(role, { title, promise, open }) {
  startTheme();
  const root = document.querySelector('#app');
  let site;
  try {
    site = await loadSite();
  } catch (err) {
    render(html`<${Failed} text=${err.message} />`, root);
    return;
  }
  const city = await openCity(site);
  const identity = new Identity(role, site);
  const note = site.oidc ? await identity.returned().then(() => '', (err) => err.message) : '';
  let end = null;
  const draw = () => {
    end?.();
    end = null;
    render(null, root);
    if (identity.signedIn) end = open(root, site, identity, city);
    else render(html`<${Entry} ...${{ identity, site, title: title(site), promise, note }} />`, root);
  };
  identity.onChange(draw);
  draw();
  if (navigator.serviceWorker && isSecureContext) navigator.serviceWorker.register('/sw.js').catch(() => {});
}

/** The map, which outlives who is signed in, and the names on it. */
async function openCity(site) {
  const below = await openGround(site);
  return { map: new CityMap(document.querySelector('#map'), site, below), streets: below.streets };
}

function Failed({ text }) {
  return html`<main class="entry"><div class="entry-card">
    <img src="/assets/icon.svg" alt="" width="64" height="64" />
    <h1>Nobody answers</h1><p class="soft" role="alert">${text}</p>
    <button type="button" class="main" onClick=${() => location.reload()}>Try again</button>
  </div></main>`;
}
