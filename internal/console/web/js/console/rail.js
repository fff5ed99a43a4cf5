// The rail of views, and the bar over the map.

import { html } from '../shared/html.js';
import { useStore } from '../shared/store.js';
import { switchTheme } from '../shared/theme.js';
import { openHelp } from './help.js';
import { Icon } from './icons.js';
import { route } from './route.js';
import { Search } from './search.js';
import { IconButton } from './ui.js';
import { viewAddress, viewNames } from './views.js';

const states = { connecting: 'Connecting', live: 'Live', stale: 'Stale', reconnecting: 'Reconnecting' };

export function Rail({ app }) {
  const { view } = useStore(route);
  const shown = Object.entries(viewNames).filter(([name]) => app.offers(name));
  return html`<nav id="rail" aria-label="Views">${shown.map(([name, label]) => html`
    <a key=${name} href=${viewAddress(name)} aria-current=${name === view ? 'page' : undefined}><${Icon} name=${name} /><span>${label}</span></a>`)}</nav>`;
}

export function TopBar({ app }) {
  const { state } = useStore(app.connection);
  const { degraded } = useStore(app.health);
  return html`<header id="top">
    <a class="brand" href=${viewAddress('live')}><img src="/assets/icon.svg" alt="" width="32" height="32" /><span><b>Cabstand</b><small>${app.site.name}</small></span></a>
    <${Search} app=${app} />
    <p id="connection" role="status" data-state=${degraded.length && state === 'live' ? 'degraded' : state}><i aria-hidden="true" /><span>${
      degraded.length && state === 'live' ? 'Degraded' : states[state]}</span></p>
    <${IconButton} icon="moon" label="Light or dark" id="theme" onClick=${switchTheme} />
    <${IconButton} icon="help" label="Keyboard shortcuts" id="help" onClick=${() => openHelp(app)} />
    ${app.signOut && html`<${IconButton} icon="out" label="Sign out" onClick=${app.signOut} />`}
  </header>`;
}
