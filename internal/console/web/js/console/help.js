// Shortcuts: what the keys do, and the list of them.

import { html, useState } from '../shared/html.js';
import { Dialog, openDialog } from './dialog.js';
import { adjust, go, selectedIn, selecting, route, VIEWS } from './route.js';
import { blank } from './views.js';
import { switchTheme } from '../shared/theme.js';

const KEY = 'cabstand.keys';

const keys = [
  ['/', 'Search'], ['?', 'This list'], ['1 – 7', 'Go to a view'], ['t', 'Light or dark'], ['l', 'Copy the link to what is shown'],
  ['Esc', 'Close what is open'], ['+ −', 'Zoom, while the map has the focus'], ['← ↑ → ↓', 'Move the map, while it has the focus'],
];

const on = () => localStorage.getItem(KEY) !== 'off';

/** Listens for the keys; keys of one character can be switched off. */
export function watchKeys(app) {
  const acts = {
    '/': () => document.querySelector('#search-input').focus(), '?': () => openHelp(app), t: switchTheme, l: () => app.copyLink(),
    ...Object.fromEntries(VIEWS.map((view, i) => [String(i + 1), () => { if (app.offers(view)) go({ ...blank, view }); }])),
  };
  document.addEventListener('keydown', (e) => {
    if (document.querySelector('dialog[open]')) return;
    if (e.key.toLowerCase() === 'k' && (e.ctrlKey || e.metaKey)) {
      e.preventDefault();
      acts['/']();
    } else if (e.key === 'Escape') leave(e);
    else if (on() && acts[e.key] && !e.ctrlKey && !e.metaKey && !e.altKey && !e.target.closest('input, textarea, select')) {
      e.preventDefault();
      acts[e.key]();
    }
  });
}

function leave(e) {
  if (e.defaultPrevented || e.target.closest('input, textarea, select')) return;
  if (selectedIn(route.state)) go(selecting());
  else if (route.state.q) adjust({ q: '' });
}

export function openHelp(app) {
  openDialog(Help, { app });
}

function Help({ close }) {
  const [enabled, enable] = useState(on());
  const toggle = (e) => {
    localStorage.setItem(KEY, e.target.checked ? 'on' : 'off');
    enable(e.target.checked);
  };
  return html`<${Dialog} title="Keyboard shortcuts" close=${close}>
    <dl class="keys">${keys.map(([key, what]) => html`<div key=${key}><dt><kbd>${key}</kbd></dt><dd>${what}</dd></div>`)}</dl>
    <label class="toggle"><input type="checkbox" role="switch" checked=${enabled} onChange=${toggle} /><span>Keys of one character<small>Off for speech input, or where they get in the way. Ctrl K searches all the same.</small></span></label>
  <//>`;
}
