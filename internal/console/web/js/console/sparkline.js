// A small line of the last values, drawn as SVG.

const WIDTH = 120;
const HEIGHT = 34;
const NS = 'http://www.w3.org/2000/svg';

export class Sparkline {
  #area = document.createElementNS(NS, 'path');
  #line = document.createElementNS(NS, 'path');

  constructor(svg) {
    svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
    svg.setAttribute('preserveAspectRatio', 'none');
    svg.setAttribute('aria-hidden', 'true');
    this.#area.setAttribute('class', 'area');
    this.#line.setAttribute('class', 'line');
    svg.append(this.#area, this.#line);
  }

  /** Draws the values, oldest first, over the whole width. */
  draw(values) {
    if (values.length < 2) return;
    const top = Math.max(...values, 4) * 1.1;
    const x = (i) => ((i / (values.length - 1)) * WIDTH).toFixed(1);
    const y = (v) => (HEIGHT - 1.5 - (v / top) * (HEIGHT - 3)).toFixed(1);
    const path = values.map((v, i) => `${i ? 'L' : 'M'}${x(i)} ${y(v)}`).join('');
    this.#line.setAttribute('d', path);
    this.#area.setAttribute('d', `${path}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z`);
  }
}
