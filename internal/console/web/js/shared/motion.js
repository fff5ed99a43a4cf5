// How a driver's mark moves between two positions: from where it is shown to
// where it was last reported, in about the time until the next report comes.

import { latOf, lonOf, mercatorX, mercatorY } from './geometry.js';

const FIRST_SPAN = 1000; // ms; the stream sends a cell's drivers once a second
const SPAN = { min: 300, max: 5000 };
export const TURN = 350; // ms for a change of heading
const LEAP = 2e-5; // of the mercator plane, about 600 m in mid latitudes: not driven, so not drawn
const STEADY = 5e-8; // about 1.5 m: a smaller move says nothing about the heading

export class Motion {
  /** heading in degrees, negative if unknown; now in ms. */
  constructor(lat, lon, heading, now) {
    this.fromX = this.toX = mercatorX(lon);
    this.fromY = this.toY = mercatorY(lat);
    this.fromHeading = this.toHeading = heading < 0 ? NaN : heading;
    this.start = this.reported = now;
    this.span = FIRST_SPAN;
  }

  /** A new report. Where still is true the mark jumps (reduced motion). */
  moveTo(lat, lon, heading, now, still = false) {
    const here = this.at(now);
    const [x, y] = [mercatorX(lon), mercatorY(lat)];
    const leap = still || Math.hypot(x - here.x, y - here.y) > LEAP;
    this.toHeading = this.#course(x, y, heading);
    this.fromHeading = leap ? this.toHeading : here.heading;
    [this.fromX, this.fromY] = leap ? [x, y] : [here.x, here.y];
    [this.toX, this.toY] = [x, y];
    // Half old, half new: one late report does not make the next way crawl.
    const gap = Math.min(SPAN.max, Math.max(SPAN.min, now - this.reported));
    this.span = (this.span + gap) / 2;
    this.start = this.reported = now;
  }

  #course(x, y, heading) {
    if (heading >= 0) return heading;
    const [dx, dy] = [x - this.toX, y - this.toY];
    if (Math.hypot(dx, dy) < STEADY) return this.toHeading;
    return (Math.atan2(dx, -dy) * 180) / Math.PI;
  }

  /** Where the mark is: x, y of the mercator plane; heading NaN if unknown. */
  at(now) {
    const f = Math.min(1, (now - this.start) / this.span);
    return {
      x: this.fromX + (this.toX - this.fromX) * f,
      y: this.fromY + (this.toY - this.fromY) * f,
      heading: turn(this.fromHeading, this.toHeading, Math.min(1, (now - this.start) / TURN)),
    };
  }

  /** The same as {lat, lon}. */
  point(now) {
    const { x, y } = this.at(now);
    return { lat: latOf(y), lon: lonOf(x) };
  }
}

/** The short way around from one heading to the other. */
function turn(from, to, f) {
  if (Number.isNaN(from)) return to;
  return from + (((((to - from) % 360) + 540) % 360) - 180) * f;
}
