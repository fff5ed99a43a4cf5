// The drawer at the right: all that is known of one trip, driver or area.

import { html, useEffect, useRef } from '../shared/html.js';
import { useStore } from '../shared/store.js';
import { AreaDrawer } from './area.js';
import { DriverDrawer } from './driver.js';
import { Late } from './health.js';
import { go, route, selectedIn, selecting } from './route.js';
import { TripDrawer } from './trip.js';
import { IconButton } from './ui.js';

const drawers = { trip: TripDrawer, driver: DriverDrawer, area: AreaDrawer };
const names = { trip: 'Trip', driver: 'Driver', area: 'Area' };

export function Drawer({ app }) {
  const selected = selectedIn(useStore(route));
  const element = useRef();
  const { kind, id } = selected ?? {};
  useEffect(() => {
    if (!id) return undefined;
    const before = document.activeElement;
    element.current?.focus({ preventScroll: true });
    return () => { if (before?.isConnected) before.focus({ preventScroll: true }); };
  }, [Boolean(id)]);
  useEffect(() => { if (element.current) element.current.scrollTop = 0; }, [kind, id]);
  if (!selected) return null;
  return html`<aside id="drawer" ref=${element} tabindex="-1" aria-label=${`${names[kind]} ${id}`} data-kind=${kind} data-id=${id}>
    <${Late} app=${app} />
    <${drawers[kind]} key=${`${kind} ${id}`} app=${app} id=${id} tools=${html`
      <${IconButton} icon="link" label="Copy the link" onClick=${() => app.copyLink()} />
      <${IconButton} icon="close" label="Close" id="drawer-close" onClick=${() => go(selecting())} />`} />
  </aside>`;
}
