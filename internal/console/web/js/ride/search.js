// Finding a place by its name: a field with a list, as the ARIA combobox has it.

import { html, useEffect, useRef, useState } from '../shared/html.js';
import { Icon } from '../shared/icons.js';

const REST = 180; // ms without a key before the search begins

export function Search({ places, label, near, onPick }) {
  const [text, write] = useState('');
  const [found, list] = useState([]);
  const [at, move] = useState(-1);
  const asked = useRef(0);
  useEffect(() => {
    const number = ++asked.current;
    const timer = setTimeout(async () => {
      const answer = await places.find(text, near()).catch(() => []);
      if (number === asked.current) list(answer);
    }, REST);
    return () => clearTimeout(timer);
  }, [text]);
  const pick = (place) => {
    asked.current++;
    write('');
    list([]);
    move(-1);
    onPick(place);
  };
  const key = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length) move((at + step + found.length) % found.length);
    else if (event.key === 'Enter' && found.length) pick(found[Math.max(at, 0)]);
    else if (event.key === 'Escape') list([]);
    else return;
    event.preventDefault();
  };
  return html`<div class="search">
    <label class="unseen" for="search">${label}</label>
    <${Icon} name="search" />
    <input id="search" type="text" role="combobox" autocomplete="off" spellcheck="false" placeholder="Street or place" value=${text}
      aria-expanded=${found.length > 0} aria-controls="found" aria-autocomplete="list" aria-activedescendant=${at >= 0 ? `found-${at}` : null}
      onInput=${(event) => write(event.target.value)} onKeyDown=${key} />
    <ul id="found" role="listbox" aria-label="Places" hidden=${found.length === 0}>
      ${found.map((place, i) => html`<li id="found-${i}" role="option" aria-selected=${i === at} onPointerDown=${(e) => e.preventDefault()} onClick=${() => pick(place)}>
        <${Icon} name="pin" /><span>${place.name}<small class="soft">${place.detail}</small></span></li>`)}
    </ul>
  </div>`;
}
