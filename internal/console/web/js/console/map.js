// The map: the ground, the trips and the marks, and what a click on it means.

import { graticule, groundLayers, groundStyle, recolour } from '../shared/basemap.js';
import { boxAround, grown, mercatorX, mercatorY } from '../shared/geometry.js';
import { driverSize, Marks } from './marks.js';
import { onTheme, reducedMotion } from '../shared/theme.js';
import { tripFeatures, tripLayers } from './trips.js';

const FRAME = 33; // ms: thirty frames a second are smooth enough for cars
const TRIPS = 250; // ms between updates of the trips' lines, for up to a thousand of them
const REACH = 8; // pixels beyond a mark's edge that still hit it, for fingers

const tripLayerIDs = ['trip-ends', 'trip-now', 'trip-plan'];

/** MapLibre is a classic script; it defines this global. */
const { maplibregl } = window;

export class LiveMap {
  selected = null; // {kind, id}
  #tripsDrawn = false;

  /** info is the answer of /v1/map, base the GeoJSON of /v1/map/base or null. */
  constructor(element, info, base, city) {
    maplibregl.setWorkerUrl('/assets/vendor/maplibre-gl/maplibre-gl-csp-worker.js');
    this.city = city;
    this.marks = new Marks(city);
    this.map = new maplibregl.Map({
      container: element, style: groundStyle(base ?? graticule(info.bounds)), hash: 'map', bounds: opening(info.bounds),
      fitBoundsOptions: { padding: margins() }, maxPitch: 0, dragRotate: false, pitchWithRotate: false, minZoom: 3, maxZoom: 18,
      attributionControl: false, fadeDuration: reducedMotion() ? 0 : 150,
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.map.addControl(new maplibregl.NavigationControl({ showCompass: false }), 'bottom-right');
    this.map.addControl(new maplibregl.ScaleControl({ maxWidth: 90 }), 'bottom-right');
    if (base?.attribution) this.map.addControl(new maplibregl.AttributionControl({ compact: narrow() }), 'bottom-right');
    this.ready = new Promise((done) => this.map.once('load', done)).then(() => this.#fill());
  }

  #fill() {
    this.map.addSource('trips', { type: 'geojson', data: tripFeatures(this.city), tolerance: 0 });
    for (const layer of tripLayers()) this.map.addLayer(layer);
    this.map.addLayer(this.marks, 'trip-wait');
    this.map.on('mousemove', (e) => { this.map.getCanvas().style.cursor = this.hit(e.point) ? 'pointer' : ''; });
    onTheme(() => this.#recolour());
    if (narrow()) this.#foldAttribution();
    this.#animate();
  }

  /** MapLibre shows it unfolded until the map is moved; on a phone a tap is to unfold it. */
  #foldAttribution() {
    this.map.getContainer().querySelector('.maplibregl-ctrl-attrib')?.classList.remove('maplibregl-compact-show');
  }

  /** Calls fn with what was clicked, {kind, id} or null. */
  onPick(fn) {
    this.map.on('click', (e) => fn(this.hit(e.point)));
  }

  /** Calls fn with the box in view, now and whenever it moved. */
  onView(fn) {
    const tell = () => fn(this.map.getBounds().toArray().flat());
    this.map.on('moveend', tell);
    tell();
  }

  select(selected) {
    this.selected = this.marks.selected = selected;
    this.#drawTrips();
  }

  /** Brings points into view: nearer than now if need be, never farther than it must. */
  show(points) {
    if (!points.length) return;
    const animate = !reducedMotion();
    this.map.fitBounds(boxAround(points), { padding: margins(this.selected), maxZoom: Math.max(15, this.map.getZoom()), animate, duration: 900 });
  }

  #recolour() {
    this.marks.recolour();
    recolour(this.map, [...groundLayers(), ...tripLayers()]);
  }

  /** What is at a place on the screen: drivers before requests before other trips. */
  hit(at) {
    const { lng, lat } = this.map.unproject(at);
    const [x, y] = [mercatorX(lng), mercatorY(lat)];
    const reach = (driverSize(this.map.getZoom()) / 2 + REACH) / (512 * 2 ** this.map.getZoom());
    const now = this.city.now();
    const nearest = (kind, things, where) => {
      let best = null;
      let least = reach;
      for (const thing of things) {
        const p = where(thing);
        const d = Math.hypot(p.x - x, p.y - y);
        if (d < least) [best, least] = [{ kind, id: thing.id }, d];
      }
      return best;
    };
    const requests = [...this.city.trips.values()].filter((t) => t.state === 'searching');
    return nearest('driver', this.city.drivers.values(), (d) => d.motion.at(now))
      ?? nearest('trip', requests, ({ pickup }) => ({ x: mercatorX(pickup.lon), y: mercatorY(pickup.lat) }))
      ?? this.#tripLineAt(at);
  }

  /** Where a driver's mark is on the page. */
  pixelOf(id) {
    const { lat, lon } = this.city.drivers.get(id).motion.point(this.city.now());
    const { x, y } = this.map.project([lon, lat]);
    return { x, y };
  }

  /** The parts of a trip that are drawn in view: "leg:state". */
  drawnOf(id) {
    const found = this.map.queryRenderedFeatures({ layers: tripLayerIDs, filter: ['==', ['get', 'id'], id] });
    return found.map(({ properties: { leg, state } }) => `${leg}:${state}`);
  }

  #tripLineAt({ x, y }) {
    const box = [[x - REACH, y - REACH], [x + REACH, y + REACH]];
    const [found] = this.map.queryRenderedFeatures(box, { layers: tripLayerIDs });
    return found ? { kind: 'trip', id: found.properties.id } : null;
  }

  #drawTrips() {
    const data = tripFeatures(this.city, this.selected?.id);
    if (data.features.length === 0 && !this.#tripsDrawn) return;
    this.#tripsDrawn = data.features.length > 0;
    this.map.getSource('trips')?.setData(data);
  }

  /**
   * Repaints while the page is seen and something moves. Where painting is slow (no graphics card)
   * it takes at most half of the time, and the rest stays free for the page.
   */
  #animate() {
    let [painted, drawn, last, pace] = [0, 0, 0, 16];
    const tick = (now) => {
      if (last) pace += (Math.min(now - last, 500) - pace) / 8;
      last = now;
      const moving = this.city.drivers.size + this.city.trips.size > 0 || this.marks.drawn > 0;
      if (moving && now - painted >= Math.max(FRAME - 4, 2 * pace - 4)) {
        painted = now;
        this.map.triggerRepaint();
      }
      if (now - drawn >= Math.max(TRIPS, this.city.trips.size / 4)) {
        drawn = now;
        this.#drawTrips();
      }
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }
}

const narrow = () => innerWidth < 760;

/** What to show first: on a phone the middle, where most happens. */
function opening(bounds) {
  return narrow() ? grown(bounds, -0.22) : bounds;
}

/** What the panel and an open card cover, so that what is shown lies beside them. */
function margins(card) {
  if (!narrow()) return { top: 70, right: card ? 360 : 60, bottom: 60, left: 410 };
  return { top: 100, right: 40, bottom: card ? Math.min(400, innerHeight * 0.5) : 160, left: 40 };
}
