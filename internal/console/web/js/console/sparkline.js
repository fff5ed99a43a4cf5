// A small line of the last values.

import { html } from '../shared/html.js';

const WIDTH = 120;
const HEIGHT = 34;

/** The values, oldest first, over the whole width. */
export function Sparkline({ values }) {
  if (values.length < 2) return null;
  const top = Math.max(...values, 4) * 1.1;
  const x = (i) => ((i / (values.length - 1)) * WIDTH).toFixed(1);
  const y = (v) => (HEIGHT - 1.5 - (v / top) * (HEIGHT - 3)).toFixed(1);
  const path = values.map((v, i) => `${i ? 'L' : 'M'}${x(i)} ${y(v)}`).join('');
  return html`<svg class="spark" viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
    <path class="area" d=${`${path}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z`} /><path class="line" d=${path} /></svg>`;
}
