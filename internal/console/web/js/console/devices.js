// The tracking apps that report where a driver is, and their tokens as QR codes.

import { html, useState } from '../shared/html.js';
import { encode } from '../../vendor/uqr/uqr.js';
import { Dialog, FormDialog, openDialog, say } from './dialog.js';
import { IconButton, Moment, Note, Section } from './ui.js';
import { useAnswer } from './use.js';

const QUIET = 4; // modules around the code, as scanners need

export function Devices({ app, driver: d }) {
  const path = `/v1/drivers/${encodeURIComponent(d.id)}/devices`;
  const { data, error, loading, reload } = useAnswer(app, path);
  const revoke = (device) => openDialog(FormDialog, {
    title: 'Revoke this token?', verb: 'Revoke', danger: true, done: 'The token is revoked.',
    act: () => app.api.call('DELETE', `${path}/${device.id}`).then(reload),
    children: html`<p>Trackers refuse <b>${device.name || `…${device.token_tail}`}</b> from now on. A new token can be issued at any time.</p>`,
  });
  return html`<${Section} title="Tracking apps" more=${html`<button type="button" class="second small" onClick=${() => issue(app, path, d, reload)}>Issue a token…</button>`}>
    <${Note} error=${error} loading=${loading}>${data && !data.devices.length ? 'None. Issue a token for an app from the stores.' : ''}<//>
    <ul class="lines">${(data?.devices ?? []).map((device) => html`<li key=${device.id} class="with">
      <span><b>${device.name || 'Device'}</b> <code>…${device.token_tail}</code><small class="soft">${[device.app, device.available ? 'makes available' : ''].filter(Boolean).join(' · ')} since <${Moment} at=${device.created_at} /></small></span>
      <${IconButton} icon="trash" label=${`Revoke ${device.name || device.token_tail}`} onClick=${() => revoke(device)} /></li>`)}</ul><//>`;
}

function issue(app, path, d, reload) {
  openDialog(FormDialog, {
    title: `A token for ${d.name || d.id}`, verb: 'Issue',
    act: async ({ name, app: kind, available }) => {
      const device = await app.api.call('POST', path, { name, app: kind, available: available === '1' });
      reload();
      setTimeout(() => openDialog(TokenShown, { device }));
    },
    children: html`<label class="field"><span>Name <small>whose phone it is</small></span><input name="name" maxlength="64" autocomplete="off" /></label>
      <label class="field"><span>App</span><select name="app"><option>Traccar Client</option><option>OsmAnd</option><option>OwnTracks</option><option>GPSLogger</option></select></label>
      <label class="toggle"><input type="checkbox" role="switch" name="available" value="1" /><span>Makes the driver available<small>Only where somebody dispatches by hand: the app shows no offers.</small></span></label>`,
  });
}

/** The token, which is shown this once. */
function TokenShown({ device, close }) {
  const [what, show] = useState('token');
  const text = what === 'token' ? device.token : addressFor(device);
  const copy = () => navigator.clipboard.writeText(text).then(() => say('Copied.'), () => say('The browser did not let it be copied.', true));
  return html`<${Dialog} title="Scan it with the phone" close=${close}>
    <div class="qr"><${QR} text=${text} label=${what === 'token' ? 'The token as a QR code' : 'The address with the token as a QR code'} /></div>
    <p class="switch" role="group" aria-label="What the code says">
      <button type="button" aria-pressed=${what === 'token'} onClick=${() => show('token')}>Token</button>
      <button type="button" aria-pressed=${what === 'address'} onClick=${() => show('address')}>Address for ${device.app || 'the app'}</button></p>
    <p class="secret"><code>${text}</code></p>
    <p class="soft">It is shown this once and not kept. Who has it can say where this driver is, and nothing else.</p>
    <footer><button type="button" class="second" onClick=${copy}>Copy</button><span class="spring" /><button type="button" class="primary" onClick=${close}>Done</button></footer><//>`;
}

/** What the app asks for as its server. */
function addressFor({ app, token }) {
  const { origin } = location;
  if (app === 'OwnTracks') return `${origin}/owntracks?token=${token}`;
  if (app === 'OsmAnd') return `${origin}/osmand?id=${token}&lat={0}&lon={1}&timestamp={2}&accuracy={3}&speed_mps={5}&bearing={6}`;
  if (app === 'GPSLogger') return `${origin}/gpslogger?token=${token}&lat=%LAT&lon=%LON&time=%TIME&spd=%SPD&dir=%DIR&acc=%ACC`;
  return `${origin}/osmand?id=${token}`;
}

function QR({ text, label }) {
  const { data, size } = encode(text, { ecc: 'M', border: QUIET });
  const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ''))).join('');
  return html`<svg viewBox=${`0 0 ${size} ${size}`} role="img" aria-label=${label} shape-rendering="crispEdges"><rect width=${size} height=${size} fill="#fff" /><path d=${path} fill="#000" /></svg>`;
}
