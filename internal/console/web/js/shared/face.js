// A driver's initials, or a car where the name is not known.

import { html } from './html.js';
import { Icon } from './icons.js';

export function Face({ name }) {
  const initials = name?.split(/\s+/).map((w) => w[0]).slice(0, 2).join('');
  return html`<span class="face" aria-hidden="true">${initials || html`<${Icon} name="steer" />`}</span>`;
}
