// The button in the corner: who is signed in, light or dark, sign out.

import { html, useEffect, useRef, useState } from './html.js';
import { Icon } from './icons.js';
import { isDark, switchTheme } from './theme.js';

export function Menu({ identity, site, children }) {
  const [open, show] = useState(false);
  const [dark, shade] = useState(isDark());
  const box = useRef(null);
  useEffect(() => {
    if (!open) return undefined;
    const away = (event) => {
      if (event.type === 'keydown' ? event.key === 'Escape' : !box.current.contains(event.target)) show(false);
    };
    addEventListener('pointerdown', away);
    addEventListener('keydown', away);
    return () => {
      removeEventListener('pointerdown', away);
      removeEventListener('keydown', away);
    };
  }, [open]);
  const theme = () => {
    switchTheme();
    shade(isDark());
  };
  return html`<nav class="menu" aria-label="Account" ref=${box}>
    <button type="button" class="float" aria-expanded=${open} aria-controls="menu" aria-label="Menu" onClick=${() => show(!open)}><${Icon} name="user" /></button>
    ${open && html`<div id="menu" class="menu-box">
      <p><b>${site.name || 'Cabstand'}</b><span class="soft">${identity.sub}</span></p>
      ${children}
      <button type="button" onClick=${theme}><${Icon} name="moon" />${dark ? 'Light colours' : 'Dark colours'}</button>
      <button type="button" onClick=${() => identity.signOut()}><${Icon} name="out" />Sign out</button>
    </div>`}
  </nav>`;
}
