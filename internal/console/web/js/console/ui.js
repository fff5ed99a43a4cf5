// The small parts that the views are made of.

import { html } from '../shared/html.js';
import { clock, shortID, stateNames, statusNames } from '../shared/format.js';
import { Icon } from './icons.js';
import { href, selecting } from './route.js';

/** A state of a trip, or a status of a driver, in its colour. */
export function Badge({ state, status }) {
  if (!state && !status) return null;
  const look = state ? `state-${state}` : `status-${status}`;
  return html`<b class=${`badge ${look}`}><i aria-hidden="true" />${state ? stateNames[state] ?? state : statusNames[status] ?? status}</b>`;
}

/** Rows of [label, value, more?]; those without a value are left out. */
export function Facts({ rows }) {
  const shown = rows.filter((row) => row && row[1] !== undefined && row[1] !== null && row[1] !== '');
  return html`<dl class="facts">${shown.map(([label, value, more]) => html`
    <div key=${label}><dt>${label}</dt><dd>${value}${more && html` <small>${more}</small>`}</dd></div>`)}</dl>`;
}

/** A part of a drawer or panel under a heading. */
export function Section({ title, more, children, id, level = 3 }) {
  const heading = `${id ?? title.toLowerCase().replaceAll(/\W+/g, '-')}-title`;
  const H = `h${level}`;
  return html`<section class="part" aria-labelledby=${heading}>
    <header><${H} id=${heading}>${title}<//>${more}</header>${children}
  </section>`;
}

/** What is said where there is nothing, or where it could not be had. */
export function Note({ error, loading, children }) {
  if (error) return html`<p class="note bad" role="alert">${error.message}</p>`;
  if (loading) return html`<p class="note" role="status">Loading…</p>`;
  return children ? html`<p class="note">${children}</p>` : null;
}

export function TripLink({ id }) {
  return html`<a class="id" href=${href(selecting('trip', id))} title=${id}>${shortID(id)}</a>`;
}

export function DriverLink({ id, name }) {
  return id ? html`<a class="id" href=${href(selecting('driver', id))} title=${id}>${name || shortID(id)}</a>` : '';
}

/** A moment of today by its clock, another one with its day. */
export function Moment({ at }) {
  const date = new Date(at);
  const today = date.toDateString() === new Date().toDateString();
  const day = today ? '' : `${date.toLocaleDateString(undefined, { day: 'numeric', month: 'short' })}, `;
  return html`<time datetime=${at} title=${date.toLocaleString()}>${day}${clock(at)}</time>`;
}

/** A button with a sign, named for all. */
export function IconButton({ icon, label, ...rest }) {
  return html`<button type="button" class="icon" aria-label=${label} title=${label} ...${rest}><${Icon} name=${icon} /></button>`;
}

/** Chips of which one is chosen: options [[value, label]], as links. */
export function Chips({ label, options, value, to }) {
  return html`<nav class="chips" aria-label=${label}>${options.map(([key, name]) => html`
    <a key=${key} href=${to(key)} aria-current=${key === value ? 'true' : undefined}>${name}</a>`)}</nav>`;
}

export function More({ more }) {
  return more && html`<p class="more"><button type="button" class="second" onClick=${more}>Show more</button></p>`;
}
