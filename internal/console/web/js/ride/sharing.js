// The link that shows the ride to a friend.

import { html, useState } from '../shared/html.js';
import { Icon } from '../shared/icons.js';

/** Shares by the phone's own sheet, or copies the link. */
export function ShareButton({ api, trip }) {
  const [told, tell] = useState('');
  const [link, show] = useState('');
  const share = async () => {
    tell('');
    try {
      const { url } = await api.post(`/v1/trips/${trip.id}/share`);
      const address = new URL(url, location.origin).href;
      show(address);
      if (!await handed(address)) await copy(address);
    } catch (err) {
      tell(why(err));
    }
  };
  const copy = (address) => copied(address).then(() => tell('The link is copied.'));
  return html`<div class="sharing ${link && 'wide'}">
    <button type="button" class="plain" onClick=${share}><${Icon} name="share" />Share</button>
    <p class="fine" role="status">${told}</p>
    ${link && html`<div class="copy"><input class="link" readonly value=${link} aria-label="Link to your ride" onFocus=${(e) => e.target.select()} />
      <button type="button" class="plain" onClick=${() => copy(link).catch((err) => tell(why(err)))}>Copy</button></div>`}
  </div>`;
}

/** Puts the text where it can be pasted from: browsers have no clipboard for pages without TLS. */
async function copied(text) {
  if (!navigator.clipboard) throw new DOMException('no clipboard', 'NotAllowedError');
  await navigator.clipboard.writeText(text);
}

/** What to say when there is no link, or it could not be copied. */
function why(err) {
  if (err.name === 'NotAllowedError') return 'Copy the link below.';
  return err.status === 404 ? 'This ride cannot be shared.' : err.message;
}

/** Whether the phone's own sheet took it; somebody who closed that wants nothing else. */
async function handed(url) {
  if (!navigator.share) return false;
  return navigator.share({ title: 'My ride', text: 'Follow my ride', url }).then(() => true, (err) => err.name === 'AbortError');
}
