// The map behind the sheets of riders, drivers and their friends: pins, a car
// and ways on the city's ground.

import { Car } from './car.js';
import { boxAround } from './geometry.js';
import { recolour } from './look.js';
import { pin } from './pins.js';
import { colour, onTheme, reducedMotion } from './theme.js';

const EDGE = 56; // pixels that what is shown stays away from the edges
const CLOSE = 15.5; // zoom of a single place
const WAYS = ['ahead', 'driven', 'near'];

/** MapLibre is a classic script; it defines this global. */
const { maplibregl } = window;

const line = (points) => ({ type: 'LineString', coordinates: points.map(({ lat, lon }) => [lon, lat]) });

export class CityMap {
  #pins = new Map();
  #car = null;
  #focus = '';
  #scene = {};
  #padding = { top: 0, right: 0, bottom: 0, left: 0 };

  /** below is the ground that was opened for the site. */
  constructor(element, site, below) {
    maplibregl.setWorkerUrl('/assets/vendor/maplibre-gl/maplibre-gl-csp-worker.js');
    this.map = new maplibregl.Map({
      container: element, style: below.style, center: site.center, zoom: 14, minZoom: 3, maxZoom: 18.5, maxPitch: 0,
      dragRotate: false, pitchWithRotate: false, attributionControl: false, fadeDuration: reducedMotion() ? 0 : 150,
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    below.attach(this.map, 'top-left');
    this.ready = new Promise((done) => this.map.once('style.load', done)).then(() => this.#begin());
  }

  #begin() {
    const data = { type: 'FeatureCollection', features: [] };
    this.map.addSource('ways', { type: 'geojson', data, tolerance: 0.2 });
    for (const layer of wayLayers()) this.map.addLayer(layer);
    onTheme(() => recolour(this.map, wayLayers()));
    this.loaded = true;
    this.show(this.#scene);
  }

  /**
   * Shows a scene: pins {name: {lat, lon, kind, label}}, car {lat, lon, heading}, ways
   * {ahead, driven, near: points}, focus {key, points}. The view moves when the key
   * of the focus changes, so that somebody who looks around is left alone.
   */
  show(scene) {
    this.#scene = scene;
    if (!this.loaded) return;
    this.#showPins(scene.pins ?? {});
    this.#showCar(scene.car);
    this.#showWays(scene.ways ?? {});
    if (scene.focus && scene.focus.key !== this.#focus) {
      this.#focus = scene.focus.key;
      this.frame(scene.focus.points);
    }
  }

  #showPins(pins) {
    for (const [name, marker] of this.#pins) {
      if (pins[name]) continue;
      marker.remove();
      this.#pins.delete(name);
    }
    for (const [name, { lat, lon, kind = name, label = '' }] of Object.entries(pins)) {
      let marker = this.#pins.get(name);
      if (marker?.look !== kind + label) {
        marker?.remove();
        marker = new maplibregl.Marker({ element: pin(kind, label), anchor: 'bottom' }).setLngLat([lon, lat]).addTo(this.map);
        marker.look = kind + label;
        this.#pins.set(name, marker);
      }
      marker.setLngLat([lon, lat]);
    }
  }

  #showCar(at) {
    if (!at) {
      this.#car?.remove();
      this.#car = null;
    } else if (this.#car) this.#car.moveTo(at);
    else this.#car = new Car(this.map, at);
  }

  #showWays(ways) {
    const key = WAYS.map((kind) => ways[kind]);
    if (this.shownWays?.every((way, i) => way === key[i])) return;
    this.shownWays = key;
    const features = WAYS.filter((kind) => ways[kind]?.length > 1)
      .map((kind) => ({ type: 'Feature', properties: { kind }, geometry: line(ways[kind]) }));
    this.map.getSource('ways').setData({ type: 'FeatureCollection', features });
  }

  /** Where the car is drawn now, null without one. */
  get carAt() {
    return this.#car?.at ?? null;
  }

  /** What a sheet covers of the map, in pixels: the middle is that of the rest. */
  cover(padding) {
    this.#padding = { top: 0, right: 0, bottom: 0, left: 0, ...padding };
    if (!this.map.isMoving()) this.map.easeTo({ padding: this.#padding, duration: 0 });
    if (this.loaded && this.#scene.focus) this.frame(this.#scene.focus.points);
  }

  /** Brings the points into view, above the sheet. */
  frame(points) {
    if (!points?.length) return;
    const [w, s, e, n] = boxAround(points);
    const { width, height } = this.map.getContainer().getBoundingClientRect();
    const edge = Math.min(EDGE, (width - this.#padding.left) / 6, (height - this.#padding.bottom) / 6);
    const still = reducedMotion() || document.hidden;
    this.map.easeTo({ padding: this.#padding, duration: 0 });
    this.map.fitBounds([[w, s], [e, n]], {
      padding: { top: edge + 44, right: edge, bottom: edge, left: edge }, maxZoom: CLOSE, animate: !still, duration: 700,
    });
  }

  /** Goes to a place, near enough to see its streets. */
  goTo({ lat, lon }) {
    this.map.easeTo({
      center: [lon, lat], zoom: Math.max(CLOSE, this.map.getZoom()), padding: this.#padding, animate: !reducedMotion(), duration: 600,
    });
  }

  /** The middle of what no sheet covers: the place, and where it is on the page. */
  middle() {
    const { lng, lat } = this.map.getCenter();
    const { x, y } = this.map.project([lng, lat]);
    return { place: { lat: round(lat), lon: round(lng) }, x, y };
  }

  /** Calls fn when the map came to rest, and once now. What it gives back ends that. */
  onRest(fn) {
    this.map.on('moveend', fn);
    fn();
    return () => this.map.off('moveend', fn);
  }

  /** Calls fn with the place {lat, lon} of a click. What it gives back ends that. */
  onClick(fn) {
    const tell = ({ lngLat: { lat, lng } }) => fn({ lat: round(lat), lon: round(lng) });
    this.map.on('click', tell);
    return () => this.map.off('click', tell);
  }
}

const round = (degrees) => Number(degrees.toFixed(6)); // a decimetre

function wayLayers() {
  const width = (px) => ['interpolate', ['linear'], ['zoom'], 10, px * 0.6, 16, px * 1.3];
  const layer = (id, kind, shade, px, more = {}) => ({
    id, type: 'line', source: 'ways', filter: ['==', ['get', 'kind'], kind],
    layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': colour(shade), 'line-width': width(px), ...more },
  });
  return [
    layer('near-casing', 'near', 'map-mark-halo', 7), layer('near', 'near', 'way-near', 4),
    layer('ahead-casing', 'ahead', 'map-mark-halo', 8), layer('ahead', 'ahead', 'way', 5),
    layer('driven-casing', 'driven', 'map-mark-halo', 8), layer('driven', 'driven', 'way', 5),
  ];
}
