// Preact with htm: html`<b>…</b>` makes elements without a build step.

import { h } from '../../vendor/preact/preact.js';
import htm from '../../vendor/htm/htm.js';

export { render } from '../../vendor/preact/preact.js';
export { useCallback, useEffect, useLayoutEffect, useMemo, useReducer, useRef, useState } from '../../vendor/preact/hooks.js';

export const html = htm.bind(h);
