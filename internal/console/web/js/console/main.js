// Puts the console together: somebody signs in, the stream feeds the city, map
// and panels show it.

import { openGround } from '../shared/ground.js';
import { html, render } from '../shared/html.js';
import { Identity } from '../shared/identity.js';
import { loadSite } from '../shared/site.js';
import { startTheme } from '../shared/theme.js';
import { start } from './start.js';
import { SignIn } from './signin.js';

async function main() {
  startTheme();
  const site = await loadSite();
  const below = await openGround(site);
  const identity = new Identity('operator', site);
  const note = site.oidc ? await identity.returned().then(() => '', (err) => err.message) : '';
  if (site.demo && !identity.signedIn) await identity.signInToDemo(); // anybody may look
  document.title = `${site.name} · Cabstand`;
  const root = document.querySelector('#app');
  let running = null;
  const draw = () => {
    if (identity.signedIn && !running) running = start(root, { site, below, identity });
    else if (!identity.signedIn && running) location.reload(); // nothing of what was seen stays
    else if (!identity.signedIn) render(html`<${SignIn} ...${{ identity, site, note }} />`, root);
  };
  identity.onChange(draw);
  draw();
}

main().catch((err) => {
  render(html`<section id="sign-in" class="box"><h1>The console could not be opened</h1><p role="alert">${err.message}</p>
    <button type="button" class="primary" onClick=${() => location.reload()}>Try again</button></section>`, document.querySelector('#app'));
});
