// The registry of drivers: a new one, and changes of one.

import { html } from '../shared/html.js';
import { FormDialog, openDialog, say } from './dialog.js';
import { go, selecting } from './route.js';

/** Asks for what a driver has, and registers them. */
export function registerDriver(app, done) {
  openDialog(FormDialog, {
    title: 'Register a driver', verb: 'Register',
    act: async (form) => {
      const d = await app.api.call('POST', '/v1/drivers', { id: form.id.trim(), ...fields(app, form) });
      say(`${d.name || d.id} is registered.`);
      done?.();
      go(selecting('driver', d.id));
    },
    children: html`<label class="field"><span>Id <small>letters, digits, - and _; it stays for good</small></span>
      <input name="id" required maxlength="64" pattern="[A-Za-z0-9_\\-]+" autocomplete="off" spellcheck=${false} /></label><${Fields} app=${app} />`,
  });
}

/** Changes what is known of a driver. */
export function editDriver(app, d) {
  openDialog(FormDialog, {
    title: `Change ${d.name || d.id}`, verb: 'Save', done: 'The driver is changed.',
    act: async (form) => {
      await app.api.call('PATCH', `/v1/drivers/${encodeURIComponent(d.id)}`, fields(app, form));
      app.learned();
    },
    children: html`<${Fields} app=${app} driver=${d} />`,
  });
}

function fields(app, form) {
  const vehicle = { plate: form.plate, make: form.make, colour: form.colour };
  const own = { name: form.name.trim(), class: form.class, seats: Number(form.seats) };
  return app.knowsVehicles && Object.values(vehicle).some(Boolean) ? { ...own, vehicle } : own;
}

function Fields({ app, driver: d = {} }) {
  const classes = app.site.classes?.length ? app.site.classes.map((c) => c.class ?? c) : ['standard'];
  if (d.class && !classes.includes(d.class)) classes.push(d.class);
  const text = (name, label, value, hint) => html`<label class="field"><span>${label} <small>${hint}</small></span><input name=${name} defaultValue=${value ?? ''} maxlength="64" autocomplete="off" /></label>`;
  return html`${text('name', 'Name', d.name, 'riders see it')}
    <div class="pair"><label class="field"><span>Class</span><select name="class">${classes.map((c) => html`<option key=${c} value=${c} selected=${c === (d.class ?? 'standard')}>${c}</option>`)}</select></label>
      <label class="field"><span>Seats</span><input name="seats" type="number" min="1" max="16" required defaultValue=${d.seats ?? 4} /></label></div>
    ${app.knowsVehicles && html`<div class="pair">${text('plate', 'Plate', d.vehicle?.plate)}${text('make', 'Make', d.vehicle?.make)}</div>${text('colour', 'Colour', d.vehicle?.colour)}`}`;
}
