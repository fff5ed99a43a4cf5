// Boxes that ask before something is done, and the short word afterwards.

import { html, useEffect, useRef, useState } from '../shared/html.js';
import { Store } from '../shared/store.js';
import { useStore } from '../shared/store.js';
import { route } from './route.js';
import { IconButton } from './ui.js';

const SHOWN = 6000; // ms that a word stays

const box = new Store({ open: null });
const words = new Store({ text: '', bad: false });
let fading = 0;

/** Opens a box; body is a component that gets close(). */
export function openDialog(body, props = {}) {
  box.set({ open: { body, props, key: Math.random() } });
}

function close() {
  document.querySelector('dialog[open]')?.close(); // gives the focus back to where it was
  box.set({ open: null });
}

/** Says in a word what was done. */
export function say(text, bad = false) {
  clearTimeout(fading);
  words.set({ text, bad });
  fading = setTimeout(() => words.set({ text: '' }), SHOWN);
}

/** Where boxes and words are shown; once on the page. */
export function Dialogs() {
  const { open } = useStore(box);
  const { text, bad } = useStore(words);
  const { view } = useStore(route);
  useEffect(close, [view]); // a box belongs to the view that opened it
  return html`
    <div class="toast" role="status" data-bad=${bad ? '' : undefined}>${text && html`<p>${text}</p>`}</div>
    ${open && html`<${open.body} key=${open.key} close=${close} ...${open.props} />`}`;
}

/** A box over everything else; Escape closes it, and the focus goes back. */
export function Dialog({ title, close: shut, children, wide }) {
  const element = useRef();
  useEffect(() => {
    element.current.showModal();
  }, []);
  return html`<dialog ref=${element} class=${`box ${wide ? 'wide' : ''}`} aria-labelledby="dialog-title"
      onCancel=${(e) => { e.preventDefault(); shut(); }}>
    <header><h2 id="dialog-title">${title}</h2><${IconButton} icon="close" label="Close" onClick=${shut} /></header>
    ${children}
  </dialog>`;
}

/**
 * A box with a form. act is called with the form's values and its button; what it
 * throws is shown, otherwise the box closes. done is what is said then.
 */
export function FormDialog({ title, verb, danger, act, done, close: shut, children, wide, extra }) {
  const [error, tell] = useState('');
  const [busy, work] = useState(false);
  const submit = async (e) => {
    e.preventDefault();
    work(true);
    tell('');
    try {
      const stay = await act(Object.fromEntries(new FormData(e.target)), e.target);
      if (stay === 'stay') return work(false);
      shut();
      if (done) say(done);
    } catch (err) {
      tell(err.message);
      work(false);
    }
    return undefined;
  };
  return html`<${Dialog} title=${title} close=${shut} wide=${wide}>
    <form onSubmit=${submit}>
      ${children}
      <p class="bad" role="alert">${error}</p>
      <footer>${extra}<span class="spring" /><button type="button" class="second" onClick=${shut}>Back</button>
        <button type="submit" class=${danger ? 'danger' : 'primary'} disabled=${busy}>${verb}</button></footer>
    </form>
  <//>`;
}
