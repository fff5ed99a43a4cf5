// Drawing an area on the map, corner by corner, with the mouse, a finger or keys.

import { html } from '../shared/html.js';
import { useStore } from '../shared/store.js';

const CLOSE = 14; // pixels around the first corner that end the ring

/**
 * Resolves to the ring [[lon, lat], …], closed, or to null when given up. The
 * corners so far are in the store areas as drawing.
 */
export function draw(map, areas) {
  const corners = [];
  const show = () => {
    areas.set({ drawing: { corners: [...corners], add, undo, finish, cancel, rectangle } });
    map.showDrawing(corners);
  };
  let done;
  const result = new Promise((resolve) => { done = resolve; });
  const add = ({ lng, lat }) => {
    corners.push([lng, lat]);
    show();
  };
  const undo = () => {
    corners.pop();
    show();
  };
  const end = (ring) => {
    stop();
    map.showDrawing([]);
    areas.set({ drawing: null });
    done(ring);
  };
  const finish = () => { if (corners.length >= 3) end([...corners, corners[0]]); };
  const cancel = () => end(null);
  const rectangle = () => {
    const [w, s, e, n] = map.view(0.15);
    corners.splice(0, corners.length, [w, s], [e, s], [e, n], [w, n]);
    show();
  };
  const click = (e) => {
    const first = corners.length >= 3 && map.project(corners[0]);
    if (first && Math.hypot(first.x - e.point.x, first.y - e.point.y) < CLOSE) finish();
    else add(e.lngLat);
  };
  const keydown = (e) => {
    if (e.target.closest?.('input, dialog')) return;
    const act = { Enter: () => { if (!e.target.closest('button, a')) finish(); }, Escape: cancel, Backspace: undo, ' ': () => { if (!e.target.closest('button, a')) add(map.centre()); } }[e.key];
    if (!act) return;
    if (!e.target.closest('button, a')) e.preventDefault();
    e.stopImmediatePropagation();
    act();
  };
  const stop = map.takeClicks(click);
  document.addEventListener('keydown', keydown, true);
  result.then(() => document.removeEventListener('keydown', keydown, true));
  show();
  return result;
}

/** What can be done while an area is drawn. */
export function DrawBar({ app }) {
  const { drawing } = useStore(app.areas);
  if (!drawing) return null;
  const { corners, undo, finish, cancel, rectangle, add } = drawing;
  return html`<div id="draw" role="group" aria-label="Draw an area">
    <p role="status">${corners.length < 3 ? `Click the corners of the area. ${corners.length} so far.` : `${corners.length} corners. Click the first again, or finish.`}</p>
    <p class="row"><button type="button" class="second small" onClick=${() => add(app.map.centre())}>Corner in the middle</button>
      <button type="button" class="second small" onClick=${rectangle}>What is in view</button>
      <button type="button" class="second small" onClick=${undo} disabled=${!corners.length}>Undo</button><span class="spring" />
      <button type="button" class="second small" onClick=${cancel}>Give up</button><button type="button" class="primary small" onClick=${finish} disabled=${corners.length < 3}>Finish</button></p>
  </div>`;
}
