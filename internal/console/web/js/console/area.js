// Areas of the city: drawn on the map, named, and given a policy of their own.

import { html, useEffect, useState } from '../shared/html.js';
import { policyNames } from '../shared/format.js';
import { Store, useStore } from '../shared/store.js';
import { FormDialog, openDialog } from './dialog.js';
import { PolicyFields, readPolicy, terms } from './policy.js';
import { go, selecting } from './route.js';
import { Facts, Note } from './ui.js';

const colours = ['#1659c7', '#8a35e0', '#08875a', '#b3261e', '#9a5b00', '#00708a'];

/** The areas that there are. */
export class Areas extends Store {
  constructor(api) {
    super({ areas: null, error: null, drawing: null });
    this.api = api;
  }

  async look() {
    await this.api.get('/v1/areas').then(({ areas }) => this.set({ areas, error: null }), (error) => this.set({ error }));
  }
}

/** Lets the operator draw an area on the map, then asks for the rest. */
export async function drawArea(app) {
  const ring = await app.draw();
  if (ring) openDialog(AreaDialog, { app, area: { id: newID(), area: { type: 'Polygon', coordinates: [ring] } }, fresh: true });
}

/** Lets the operator reshape the outline of an area on the map; its holes stay. */
async function reshapeArea(app, area) {
  const [outline, ...holes] = area.area.coordinates;
  const ring = await app.draw(outline);
  if (ring) openDialog(AreaDialog, { app, area: { ...area, area: { type: 'Polygon', coordinates: [ring, ...holes] } } });
}

const newID = () => `area-${crypto.getRandomValues(new Uint32Array(1))[0].toString(36)}`;

function AreaDialog({ app, area, fresh, close }) {
  const { told } = app.policy.state;
  const [own, set] = useState(Boolean(area.policy) || Boolean(fresh));
  const act = async ({ name, color }, form) => {
    const body = { name: name.trim(), color, area: area.area, ...(own ? { policy: readPolicy(form, area.policy ?? told.in_force) } : {}) };
    await app.api.call('PUT', `/v1/areas/${encodeURIComponent(area.id)}`, body);
    await app.areas.look();
    go(selecting('area', area.id));
  };
  return html`<${FormDialog} title=${fresh ? 'A new area' : `Change ${area.name}`} verb="Save" act=${act} close=${close} done="The area is in force from the next tick on.">
    <div class="pair"><label class="field"><span>Name</span><input name="name" required maxlength="64" defaultValue=${area.name ?? ''} autocomplete="off" /></label>
      <label class="field"><span>Colour</span><input type="color" name="color" defaultValue=${area.color || colours[(app.areas.state.areas?.length ?? 0) % colours.length]} /></label></div>
    <label class="toggle"><input type="checkbox" role="switch" name="own" checked=${own} onChange=${(e) => set(e.target.checked)} /><span>A policy of its own<small>Otherwise the installation’s is in force here too.</small></span></label>
    ${own && html`<${PolicyFields} policy=${area.policy ?? told.in_force} />`}<//>`;
}

export function AreaDrawer({ app, id, tools }) {
  const { areas, error } = useStore(app.areas);
  useEffect(() => { if (!areas) app.areas.look(); }, []);
  const area = areas?.find((a) => a.id === id);
  useEffect(() => { if (area) app.fly({ kind: 'area', id, area }); }, [Boolean(area)]);
  const remove = () => openDialog(FormDialog, {
    title: `Delete ${area.name}?`, verb: 'Delete the area', danger: true, done: 'The area is deleted.',
    act: async () => {
      await app.api.call('DELETE', `/v1/areas/${encodeURIComponent(id)}`);
      go(selecting());
      await app.areas.look();
    },
    children: html`<p>Requests in it are matched by the installation’s policy from the next tick on.</p>`,
  });
  return html`<header class="head"><div><p class="soft">Area</p><h2>${area?.name ?? id}</h2></div><span class="spring" />${tools}</header>
    ${!area && html`<${Note} error=${areas ? { message: 'There is no such area.' } : error} loading=${!areas} />`}
    ${area && html`<${Facts} rows=${[['Policy', area.policy ? policyNames[area.policy.policy] : 'the installation’s'], area.policy && ['Settings', terms(area.policy)],
        ['Corners', area.area.coordinates.flat(area.area.type === 'Polygon' ? 1 : 2).length - 1], area.set_by && ['Changed by', area.set_by]]} />
      <footer class="acts"><button type="button" class="second" onClick=${() => openDialog(AreaDialog, { app, area })}>Change</button>
        ${area.area.type === 'Polygon' && html`<button type="button" class="second" onClick=${() => reshapeArea(app, area)}>Reshape</button>`}
        <span class="spring" /><button type="button" class="danger-soft" onClick=${remove}>Delete</button></footer>`}`;
}
