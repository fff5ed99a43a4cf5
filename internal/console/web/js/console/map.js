// The map: the ground, areas, cells, trips and marks, and what a click on it means.

import { boxAround, grown } from '../shared/geometry.js';
import { recolour } from '../shared/look.js';
import { onTheme, reducedMotion } from '../shared/theme.js';
import { cellFeatures, cellLayers } from './cells.js';
import { Marks } from './marks.js';
import { extraLayers, nothing, areaFeatures, drawingFeatures } from './overlays.js';
import { drawnOf, hit, pixelOf } from './pick.js';
import { tripFeatures, tripLayers } from './trips.js';
import { narrow } from './use.js';

const TRIPS = 250; // ms between updates of the trips' lines, where they are few
const CELLS = 500; // ms between updates of the cells
const STEP = 0.7; // pixels that the fastest driver moves between two frames
const FAST = 20; // m/s
const FRAME = { least: 33, most: 250 }; // ms: between them is time enough for cars
const CALM = 500; // ms between pictures for who asked for less motion: marks jump, and nothing is to be seen between
const EQUATOR = 40075017; // metres, 512 pixels wide at zoom 0

/** MapLibre is a classic script; it defines this global. */
const { maplibregl } = window;

export class LiveMap {
  selected = null; // {kind, id}
  road = null; // the way of the selected trip along the streets: {id, now, plan}
  #tripsDrawn = false;
  #taken = null; // who gets the clicks
  #covered = { right: 0, bottom: 0 };

  /** site is the answer of /v1/site, below the ground that was opened for it. */
  constructor(element, site, below, city) {
    maplibregl.setWorkerUrl('/assets/vendor/maplibre-gl/maplibre-gl-csp-worker.js');
    this.city = city;
    this.marks = new Marks(city);
    this.map = new maplibregl.Map({
      container: element, style: below.style, hash: 'map', bounds: narrow() ? grown(site.bounds, -0.22) : site.bounds,
      fitBoundsOptions: { padding: 24 }, maxPitch: 0, dragRotate: false, pitchWithRotate: false, minZoom: 3, maxZoom: 18,
      attributionControl: false, fadeDuration: reducedMotion() ? 0 : 150,
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.map.addControl(new maplibregl.NavigationControl({ showCompass: false }), 'bottom-right');
    this.map.addControl(new maplibregl.ScaleControl({ maxWidth: 90 }), 'bottom-left');
    below.attach(this.map, 'bottom-left', { compact: narrow() });
    this.ready = new Promise((done) => this.map.once('style.load', done)).then(() => this.#fill());
  }

  #fill() {
    for (const name of ['cells', 'areas', 'trips', 'track', 'drawing']) this.map.addSource(name, { type: 'geojson', data: nothing, tolerance: 0 });
    for (const layer of this.#layers()) this.map.addLayer(layer);
    this.map.addLayer(this.marks, 'trip-wait');
    this.map.on('mousemove', (e) => { this.map.getCanvas().style.cursor = this.#taken ? 'crosshair' : hit(this, e.point) ? 'pointer' : ''; });
    onTheme(() => {
      recolour(this.map, this.#layers());
      this.#whenPainted(() => this.marks.recolour()); // white marks on a light ground would be seen by nobody
    });
    this.#animate();
  }

  /** Calls fn when the ground is drawn as it is to be, within two seconds. */
  #whenPainted(fn) {
    const until = performance.now() + 2000;
    const look = () => {
      if (!this.map.areTilesLoaded() && performance.now() < until) this.map.once('render', look);
      else fn();
    };
    this.map.once('render', look);
  }

  #layers() {
    return [...cellLayers(), ...extraLayers(), ...tripLayers()];
  }

  /** Calls fn with what was clicked, {kind, id} or null. */
  onPick(fn) {
    this.map.on('click', (e) => (this.#taken ? this.#taken(e) : fn(hit(this, e.point))));
  }

  /** Gives the clicks to fn until what it gives back is called. */
  takeClicks(fn) {
    this.#taken = fn;
    this.map.doubleClickZoom.disable();
    return () => {
      this.#taken = null;
      this.map.doubleClickZoom.enable();
    };
  }

  /** While a drag begins where grab(point) says so, it calls move({lng, lat}) instead of moving the map, until what it gives back is called. */
  takeDrags(grab, move) {
    let held = false;
    const handlers = {
      mousedown: (e) => {
        held = (e.points?.length ?? 1) === 1 && grab(e.point);
        if (held) e.preventDefault();
      },
      mousemove: (e) => { if (held) move(e.lngLat); },
      mouseup: () => { held = false; },
    };
    const touch = { mousedown: 'touchstart', mousemove: 'touchmove', mouseup: 'touchend' };
    const each = (what) => Object.entries(handlers).forEach(([name, fn]) => [name, touch[name]].forEach((type) => this.map[what](type, fn)));
    each('on');
    return () => each('off');
  }

  /** Calls fn with the box in view and the zoom, now and whenever it moved. */
  onView(fn) {
    const tell = () => fn(this.view(0), this.map.getZoom());
    this.map.on('moveend', tell);
    tell();
  }

  /** The box in view [w, s, e, n], without a margin of so much of it. */
  view(margin) {
    return grown(this.map.getBounds().toArray().flat(), -margin);
  }

  centre() {
    return this.map.getCenter();
  }

  project([lon, lat]) {
    return this.map.project([lon, lat]);
  }

  /** Where a place is on the page. */
  onPage(place) {
    const [{ x, y }, { left, top }] = [this.project(place), this.map.getContainer().getBoundingClientRect()];
    return { x: x + left, y: y + top };
  }

  unproject(point) {
    return this.map.unproject(point);
  }

  select(selected) {
    this.selected = this.marks.selected = selected;
    this.#drawTrips();
  }

  /** What the drawer covers, in pixels. */
  cover(covered) {
    this.#covered = { right: 0, bottom: 0, ...covered };
  }

  /** Brings points into view: nearer than now if need be, never farther than it must. */
  show(points) {
    if (!points.length) return;
    const { right, bottom } = this.#covered;
    const padding = { top: 60, left: 50, right: right + 50, bottom: bottom + 60 };
    this.map.fitBounds(boxAround(points), { padding, maxZoom: Math.max(15, this.map.getZoom()), animate: !reducedMotion(), duration: 900 });
  }

  /** The driven way as GeoJSON, or null for none. */
  showTrack(geometry) {
    this.#set('track', geometry ? { type: 'Feature', properties: {}, geometry } : nothing);
  }

  showAreas(areas) {
    this.#set('areas', areaFeatures(areas ?? []));
  }

  /** The corners [[lon, lat], …] of an area that is being drawn, which of them is chosen, and the middles of its sides, to be dragged. */
  showDrawing(corners, chosen, middles) {
    this.#set('drawing', drawingFeatures(corners, chosen, middles));
  }

  async #set(source, data) {
    await this.ready;
    this.map.getSource(source).setData(data);
  }

  pixelOf(id) {
    return pixelOf(this, id);
  }

  drawnOf(id) {
    return drawnOf(this, id);
  }

  #drawTrips() {
    const data = tripFeatures(this.city, this.selected?.id, this.road);
    if (data.features.length === 0 && !this.#tripsDrawn) return;
    this.#tripsDrawn = data.features.length > 0;
    this.map.getSource('trips')?.setData(data);
  }

  /** ms between two frames: the farther out, the less a driver moves on the screen. */
  #pause() {
    const metresAPixel = (EQUATOR * Math.cos((this.map.getCenter().lat * Math.PI) / 180)) / (512 * 2 ** this.map.getZoom());
    return Math.min(FRAME.most, Math.max(FRAME.least, (STEP * metresAPixel * 1000) / FAST));
  }

  /**
   * Repaints while the page is seen and something moves. Where painting is slow (no graphics card)
   * it takes at most half of the time, and the rest stays free for the page.
   */
  #animate() {
    let [painted, drawn, shaded, last, pace] = [0, 0, 0, 0, 16];
    const tick = (now) => {
      if (last) pace += (Math.min(now - last, 500) - pace) / 8;
      last = now;
      const { drivers, trips, cells } = this.city;
      const moving = drivers.size + trips.size > 0 || this.marks.drawn > 0;
      if (moving && now - painted >= Math.max(reducedMotion() ? CALM : this.#pause() - 4, 2 * pace - 4)) {
        painted = now;
        this.map.triggerRepaint();
      }
      if (now - drawn >= Math.max(TRIPS, trips.size)) {
        drawn = now;
        this.#drawTrips();
      }
      if (now - shaded >= CELLS && this.shown !== cells.changes) {
        [shaded, this.shown] = [now, cells.changes];
        this.map.getSource('cells').setData(cellFeatures(this.city));
      }
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }
}
