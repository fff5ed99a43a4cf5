// The search over trips, drivers and riders, and over the views.

import { html, useEffect, useRef, useState } from '../shared/html.js';
import { shortID } from '../shared/format.js';
import { Icon } from './icons.js';
import { go, href, selecting } from './route.js';
import { narrow } from './use.js';
import { blank, viewAddress, viewNames } from './views.js';

const PAUSE = 150; // ms after the last key
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const kinds = { trip: 'Trip', driver: 'Driver', rider: 'Rider', view: 'View' };

const target = ({ kind, id }) => kind === 'view' ? viewAddress(id)
  : kind === 'rider' ? href({ ...blank, view: 'trips', rider: id }) : href(selecting(kind, id));

export function Search({ app }) {
  const [text, type] = useState('');
  const [results, find] = useState([]);
  const [at, move] = useState(0);
  const [open, show] = useState(false);
  const input = useRef();

  useEffect(() => {
    let gone = false;
    const timer = setTimeout(async () => {
      const got = text.trim() ? await lookUp(app, text.trim()) : [];
      if (gone) return;
      find(got);
      move(0);
    }, text.trim() ? PAUSE : 0);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [text]);

  const choose = (result) => {
    type('');
    show(false);
    input.current.blur();
    app.fly(result);
    const address = target(result);
    go({ ...blank, ...Object.fromEntries(new URLSearchParams(address.slice(1))) });
  };
  const keydown = (e) => {
    const last = results.length - 1;
    if (e.key === 'ArrowDown') move(at >= last ? 0 : at + 1);
    else if (e.key === 'ArrowUp') move(at <= 0 ? last : at - 1);
    else if (e.key === 'Escape') { show(false); input.current.blur(); } else return;
    e.preventDefault();
  };
  const submit = async (e) => {
    e.preventDefault();
    const found = results.length && results.text === text.trim() ? results : await lookUp(app, text.trim());
    if (found[at] ?? found[0]) choose(found[at] ?? found[0]);
    else find(found);
  };
  const listed = open && text.trim() !== '';
  return html`<form id="search" role="search" onSubmit=${submit}>
    <${Icon} name="search" />
    <input id="search-input" ref=${input} role="combobox" aria-label="Search trips, drivers and riders" placeholder=${narrow() ? 'Search' : 'Search trips, drivers, riders'} value=${text}
      aria-expanded=${listed} aria-controls="search-results" aria-autocomplete="list" aria-activedescendant=${listed && results[at] ? `result-${at}` : undefined}
      autocomplete="off" spellcheck=${false} onInput=${(e) => { type(e.target.value); show(true); }} onFocus=${() => show(true)}
      onBlur=${() => show(false)} onKeyDown=${keydown} />
    <kbd aria-hidden="true">/</kbd>
    <ul id="search-results" role="listbox" aria-label="Found" hidden=${!listed || !results.length}>${results.map((r, i) => html`
      <li key=${r.kind + r.id} id=${`result-${i}`} role="option" aria-selected=${i === at} onMouseDown=${(e) => { e.preventDefault(); choose(r); }}>
        <small>${kinds[r.kind]}</small><b>${r.label}</b><span>${r.sub}</span></li>`)}</ul>
    <p class="unseen" role="status">${listed ? (results.length ? `${results.length} found` : 'Nothing found') : ''}</p>
    ${listed && !results.length && results.text && html`<p class="none">Nothing found for “${results.text}”.</p>`}
  </form>`;
}

/** What the text may mean: views by their names, then what the server finds. */
async function lookUp(app, text) {
  const views = Object.entries(viewNames).filter(([id, name]) => app.offers(id) && name.toLowerCase().startsWith(text.toLowerCase()))
    .map(([id, name]) => ({ kind: 'view', id, label: name, sub: '' }));
  const told = app.has('/v1/search')
    ? await app.api.get(`/v1/search?q=${encodeURIComponent(text)}`).then((a) => a.results, () => []) : known(app.city, text);
  const found = [...views, ...told.map((r) => ({ ...r, label: r.label || shortID(r.id), sub: r.sub ?? '' }))];
  found.text = text;
  return found;
}

/** Where the server has no search: an id, or what is on the map. */
function known(city, text) {
  const begins = (id) => id.startsWith(text);
  const trips = [...city.trips.keys()].filter(begins).map((id) => ({ kind: 'trip', id }));
  const drivers = [...city.drivers.keys()].filter(begins).map((id) => ({ kind: 'driver', id }));
  const found = [...trips, ...drivers].slice(0, 8);
  return found.length ? found : [{ kind: UUID.test(text) ? 'trip' : 'driver', id: text, label: text, sub: 'by its id' }];
}
