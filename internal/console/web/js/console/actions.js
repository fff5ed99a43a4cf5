// What operators do to trips and drivers, each after a question.

import { html, useState } from '../shared/html.js';
import { distance, duration, shortID, statusNames } from '../shared/format.js';
import { FormDialog, openDialog, say } from './dialog.js';
import { Note } from './ui.js';
import { useAnswer } from './use.js';

const trip = (id, step) => `/v1/trips/${encodeURIComponent(id)}/${step}`;

function Reason({ hint }) {
  return html`<label class="field"><span>Reason <small>${hint}</small></span><input name="reason" maxlength="200" autocomplete="off" /></label>`;
}

/** Asks, then ends the trip for its rider and driver. */
export function cancelTrip(app, t) {
  openDialog(FormDialog, {
    title: 'Cancel this trip?', verb: 'Cancel the trip', danger: true, done: 'The trip is cancelled.',
    act: ({ reason }) => app.api.call('POST', trip(t.id, 'cancel'), reason ? { reason } : undefined).then(() => app.learned()),
    children: html`<p>It ends for its rider${t.driver_id ? html` and for driver <b>${t.driver_id}</b>` : ''} at once. This cannot be undone.</p><${Reason} hint="the rider sees it" />`,
  });
}

/** Asks, then takes the driver off; the search goes on with others. */
export function redispatchTrip(app, t) {
  openDialog(FormDialog, {
    title: 'Send back to matching?', verb: 'Find another driver', done: 'Another driver is being looked for.',
    act: ({ reason }) => app.api.call('POST', trip(t.id, 'redispatch'), { driver_id: t.driver_id, ...(reason ? { reason } : {}) }).then(() => app.learned()),
    children: html`<p>Driver <b>${t.driver_id}</b> is taken off trip ${shortID(t.id)} and is not offered it again. The rider keeps the trip, and waits for the next driver.</p><${Reason} hint="kept in the audit list" />`,
  });
}

export function assignTrip(app, t) {
  openDialog(AssignDialog, { app, trip: t });
}

/** Offers the trip to a driver of the operator's choice. */
function AssignDialog({ app, trip: t, close }) {
  const [driver, choose] = useState('');
  const [excluded, meet] = useState(false);
  const { lat, lon } = t.pickup;
  const near = useAnswer(app, `/v1/drivers/nearby?lat=${lat}&lon=${lon}&radius_m=10000&limit=8`);
  const act = async ({ override }) => {
    try {
      await app.api.call('POST', trip(t.id, 'assign'), { driver_id: driver.trim(), ...(override ? { override_exclusion: true } : {}) });
      app.learned();
    } catch (err) {
      if (/exclu|declin|taken off/i.test(err.message)) meet(true);
      throw err;
    }
  };
  return html`<${FormDialog} title="Assign by hand" verb="Offer the trip" act=${act} close=${close} done="The driver’s phone shows the offer now.">
    <p>The driver gets an offer as any other, and may decline it.</p>
    <label class="field"><span>Driver</span><input name="driver" required value=${driver} onInput=${(e) => choose(e.target.value)} autocomplete="off" spellcheck=${false} /></label>
    <fieldset class="choices"><legend>Nearest to the pickup</legend>
      ${(near.data?.drivers ?? []).map((d) => html`<label key=${d.id}>
        <input type="radio" name="near" checked=${driver === d.id} onChange=${() => choose(d.id)} />
        <b>${d.id}</b><small>${distance(d.distance_m)} · ${statusNames[d.status] ?? d.class}${d.age_s > 5 ? ` · seen ${duration(d.age_s)} ago` : ''}</small></label>`)}
      <${Note} error=${near.error} loading=${near.loading}>${near.data && !near.data.drivers.length ? 'Nobody is within 10 km.' : ''}<//>
    </fieldset>
    ${excluded && html`<label class="toggle"><input type="checkbox" role="switch" name="override" value="1" /><span>Offer it all the same<small>This driver declined or was taken off this trip before.</small></span></label>`}
  <//>`;
}

/** Asks, then ends the driver's sessions wherever they are. */
export function endSession(app, d) {
  openDialog(FormDialog, {
    title: `End the session of ${d.name || d.id}?`, verb: 'End the session', danger: true, done: 'The session is ended.',
    act: () => app.api.call('DELETE', `/v1/drivers/${encodeURIComponent(d.id)}/session`).then(() => app.learned()),
    children: html`<p>The driver’s app is disconnected and gets no offers until it connects again, which it may do at once. To keep a driver out, mark them as not active.</p>`,
  });
}

/** Changes fields of a driver without a question: it can be undone. */
export async function changeDriver(app, id, fields, done) {
  await app.api.call('PATCH', `/v1/drivers/${encodeURIComponent(id)}`, fields);
  app.learned();
  say(done);
}
