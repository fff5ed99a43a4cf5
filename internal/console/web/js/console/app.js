// What the parts of the page share, and how they are laid out.

import { html, useEffect, useRef } from '../shared/html.js';
import { Store, useStore } from '../shared/store.js';
import { Accounts } from './accounts.js';
import { Audit } from './audit.js';
import { Dialogs } from './dialog.js';
import { DrawBar } from './draw.js';
import { Drawer } from './drawer.js';
import { Live } from './live.js';
import { Drivers, Trips } from './lists.js';
import { Matching } from './matching.js';
import { Numbers } from './numbers.js';
import { Health } from './health.js';
import { Rail, TopBar } from './rail.js';
import { route } from './route.js';
import { IconButton } from './ui.js';
import { viewNames } from './views.js';

const panels = { live: Live, trips: Trips, drivers: Drivers, numbers: Numbers, matching: Matching, audit: Audit, accounts: Accounts };
const sheet = new Store({ open: false });

export function App({ app }) {
  return html`
    <a class="skip" href="#panel" onClick=${skip}>Skip to the figures</a>
    <${TopBar} app=${app} />
    <${Rail} app=${app} />
    <${Panel} app=${app} />
    <${Drawer} app=${app} />
    <${DrawBar} app=${app} />
    <${Dialogs} />`;
}

function skip(e) {
  e.preventDefault();
  document.querySelector('#panel').focus();
}

function Panel({ app }) {
  const { view } = useStore(route);
  const { open } = useStore(sheet);
  const { notice } = useStore(app.notices);
  const element = useRef();
  useEffect(() => {
    element.current.scrollTop = 0;
    document.title = `${viewNames[view]} · ${app.site.name} · Cabstand`;
  }, [view]);
  const { trip, driver } = useStore(route);
  useEffect(() => { if (trip || driver) sheet.set({ open: false }); }, [trip, driver]); // the drawer comes over the same place
  const full = view !== 'live';
  return html`<section id="panel" ref=${element} tabindex="-1" aria-labelledby="panel-title" data-view=${view} data-open=${open || full ? '' : undefined}>
    ${!full && html`<${IconButton} id="panel-toggle" icon="up" label=${open ? 'Less' : 'More figures'} aria-expanded=${open} aria-controls="panel" onClick=${() => sheet.set({ open: !open })} />`}
    <h1 id="panel-title">${viewNames[view]}</h1>
    ${notice && html`<p class="note" role="alert" id="notice">${notice}</p>`}
    <${Health} app=${app} />
    <${panels[view]} key=${view} app=${app} />
  </section>`;
}
