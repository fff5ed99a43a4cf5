// The address bar is the state: #view=trips&state=searching&trip=…, and
// map=zoom/lat/lon, which MapLibre keeps.

import { Store } from '../shared/store.js';

export const VIEWS = ['live', 'trips', 'drivers', 'numbers', 'matching', 'audit', 'accounts'];
const KINDS = ['trip', 'driver', 'area'];

/** What the address says, but for the place on the map. */
export const route = new Store(read());

function read() {
  const state = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  delete state.map;
  return { ...state, view: VIEWS.includes(state.view) ? state.view : 'live' };
}

/** The address with some of the state changed; '' takes a field out. */
export function href(fields) {
  const next = { ...route.state, ...fields };
  const kept = Object.entries(next).filter(([name, value]) => value && !(name === 'view' && value === 'live'));
  return `#${kept.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')}`;
}

/** Goes there; one step back undoes it. */
export function go(fields) {
  follow(href(fields));
}

/** A change that is not worth a step of its own: what is typed into a filter. */
export function adjust(fields) {
  follow(href(fields), 'replaceState');
}

function follow(address, how = 'pushState') {
  const place = location.hash.slice(1).split('&').find((part) => part.startsWith('map='));
  history[how](null, '', `#${[address.slice(1), place].filter(Boolean).join('&')}`);
  learn();
}

function learn() {
  route.state = {};
  route.set(read());
}

/** The fields that select something, or nothing. */
export function selecting(kind, id) {
  return { ...Object.fromEntries(KINDS.map((k) => [k, ''])), ...(kind ? { [kind]: id } : {}) };
}

/** What is selected: {kind, id} or null. */
export function selectedIn(state) {
  const kind = KINDS.find((k) => state[k]);
  return kind ? { kind, id: state[kind] } : null;
}

/** Follows links within the page itself, so that the place on the map stays in the address. */
export function watchRoute() {
  addEventListener('hashchange', learn);
  addEventListener('popstate', learn);
  document.addEventListener('click', (e) => {
    const link = e.target.closest?.('a[href^="#"]');
    if (!link || link.matches('.skip') || e.ctrlKey || e.metaKey || e.shiftKey || e.button) return;
    e.preventDefault();
    follow(link.getAttribute('href'));
  });
}
