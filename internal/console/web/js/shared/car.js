// A car on the map that glides from one report to the next.

import { CAR } from './icons.js';
import { Motion } from './motion.js';
import { reducedMotion } from './theme.js';

const { maplibregl } = window;

export class Car {
  #frame = 0;

  constructor(map, { lat, lon, heading = -1 }) {
    const element = document.createElement('div');
    element.className = 'car';
    element.setAttribute('role', 'img');
    element.setAttribute('aria-label', 'The car');
    element.innerHTML = CAR;
    this.motion = new Motion(lat, lon, heading, performance.now());
    this.marker = new maplibregl.Marker({ element, rotationAlignment: 'map' }).setLngLat([lon, lat]).addTo(map);
    this.#draw();
  }

  /** A new report. */
  moveTo({ lat, lon, heading }) {
    if (lat === this.lat && lon === this.lon) return;
    [this.lat, this.lon] = [lat, lon];
    this.motion.moveTo(lat, lon, heading ?? -1, performance.now(), reducedMotion() || document.hidden);
    cancelAnimationFrame(this.#frame);
    this.#draw();
  }

  get at() {
    return this.motion.point(performance.now());
  }

  #draw() {
    const now = performance.now();
    const { lat, lon } = this.motion.point(now);
    const { heading } = this.motion.at(now);
    this.marker.setLngLat([lon, lat]).setRotation(Number.isNaN(heading) ? 0 : heading);
    if (now - this.motion.start < this.motion.span) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  remove() {
    cancelAnimationFrame(this.#frame);
    this.marker.remove();
  }
}
