// The sheet over the map: at the bottom of a phone, at the side of a screen.

import { html, useEffect, useRef, useState } from './html.js';
import { Icon } from './icons.js';

const WIDE = 820; // pixels from which the sheet lies at the side

/** Tells the map what the sheet covers of it. */
export function Sheet({ map, label, children }) {
  const sheet = useRef(null);
  useEffect(() => {
    const tell = () => {
      if (!sheet.current) return; // it was just taken away
      const { width, height, left } = sheet.current.getBoundingClientRect();
      map.cover(innerWidth >= WIDE ? { left: left + width } : { bottom: height });
    };
    const watcher = new ResizeObserver(tell);
    watcher.observe(sheet.current);
    addEventListener('resize', tell);
    return () => {
      watcher.disconnect();
      removeEventListener('resize', tell);
    };
  }, [map]);
  return html`<main class="sheet" ref=${sheet} aria-label=${label}><div class="sheet-in">${children}</div></main>`;
}

/** The headline of a state, with what goes beside it. */
export function Head({ title, sub, onBack, children }) {
  return html`<header class="head">
    ${onBack && html`<button type="button" class="round" onClick=${onBack} aria-label="Back"><${Icon} name="back" /></button>`}
    <div><h1>${title}</h1>${sub && html`<p class="soft">${sub}</p>`}</div>
    ${children}
  </header>`;
}

/** Tells screen readers what the sentence says, whenever it is another. */
export function Spoken({ text }) {
  return html`<p class="unseen" role="status" aria-live="polite">${text}</p>`;
}

/** A sentence about something that went wrong. */
export function Alert({ text, onClose }) {
  if (!text) return null;
  return html`<div class="alert" role="alert"><p>${text}</p>
    ${onClose && html`<button type="button" class="round small" onClick=${onClose} aria-label="Dismiss"><${Icon} name="close" /></button>`}
  </div>`;
}

/** A bar while there is no connection. */
export function Offline({ link, children }) {
  if (link !== 'lost') return null;
  return html`<p class="offline" role="status"><${Icon} name="lost" /><span>${children}</span></p>`;
}

/** Seconds until or since a time, counted every second. */
export function useSeconds(active = true) {
  const [, count] = useState(0);
  useEffect(() => {
    if (!active) return undefined;
    const timer = setInterval(() => count((n) => n + 1), 1000);
    return () => clearInterval(timer);
  }, [active]);
  return Date.now();
}
