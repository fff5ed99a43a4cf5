// A chart over time, by uPlot, in the colours of the theme.

import { html, useEffect, useRef } from '../shared/html.js';
import uPlot from '../../vendor/uplot/uplot.js';
import { colour, onTheme } from '../shared/theme.js';

const HEIGHT = 170;
const hour = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

/**
 * at is in unix seconds; series are {name, values, shade, fill?, bars?}, with null
 * where nothing was; format makes a value a text; marks are {at, name} in ms.
 */
export function Chart({ title, at, series, format = String, marks = [], from = 0, top }) {
  const element = useRef();
  const plot = useRef();
  const build = () => {
    plot.current?.destroy();
    if (!element.current) return; // it was taken off the page meanwhile
    plot.current = new uPlot(options(element.current.clientWidth, { series, format, marks, from, top }), [at, ...series.map((s) => s.values)], element.current);
  };
  const rebuild = useRef();
  rebuild.current = build;
  useEffect(() => {
    const size = new ResizeObserver(([{ contentRect }]) => { if (contentRect.width) plot.current?.setSize({ width: contentRect.width, height: HEIGHT }); });
    size.observe(element.current);
    const themed = onTheme(() => rebuild.current());
    return () => {
      size.disconnect();
      themed?.();
      plot.current?.destroy();
      plot.current = null;
    };
  }, []);
  useEffect(build, [at, series.length, marks.length]);
  return html`<figure class="chart"><figcaption>${title}</figcaption><div ref=${element} aria-hidden="true" />
    <p class="unseen">${series.map((s) => inWords(s, format)).join(' ')}</p></figure>`;
}

/** The end and the extremes of a line, for who cannot see it. */
function inWords({ name, values }, format) {
  const known = values.filter((v) => v !== null && v !== undefined);
  if (!known.length) return `${name}: nothing.`;
  return `${name}: last ${format(known.at(-1))}, least ${format(Math.min(...known))}, most ${format(Math.max(...known))}.`;
}

function options(width, { series, format, marks, from, top }) {
  const axis = { stroke: colour('soft'), grid: { stroke: colour('line'), width: 1 }, ticks: { show: false }, font: '11.5px system-ui' };
  return {
    width, height: HEIGHT, padding: [10, 6, 0, 0], cursor: { sync: { key: 'numbers' }, y: false, points: { size: 7 } }, legend: { live: true },
    scales: { x: { time: true }, y: { range: (_, least, most) => [from, top ?? Math.max(from + 1, (most ?? 1) * 1.12)] } },
    axes: [{ ...axis, grid: { show: false }, values: (_, ticks) => ticks.map((t) => hour.format(t * 1000)), space: 60, size: 28 },
      { ...axis, size: 52, values: (_, ticks) => ticks.map(format), space: 34 }],
    series: [{ value: (_, t) => (t === null ? '' : hour.format(t * 1000)) }, ...series.map((s) => line(s, format))],
    hooks: { draw: [(u) => drawMarks(u, marks)], ready: [showLast], setCursor: [(u) => { if (u.cursor.idx === null) showLast(u); }] },
  };
}

/** The legend has the newest values while nobody points at others. */
function showLast(u) {
  u.setLegend({ idx: u.data[1].findLastIndex((v) => v !== null && v !== undefined) });
}

function line({ name, shade, fill, bars }, format) {
  const ink = colour(shade);
  return {
    label: name, stroke: ink, width: bars ? 0 : 1.8, fill: fill || bars ? `${ink}${bars ? 'cc' : '24'}` : undefined, points: { show: false }, spanGaps: false,
    paths: bars ? uPlot.paths.bars({ size: [0.7, 24] }) : undefined, value: (_, v) => (v === null || v === undefined ? '–' : format(v)),
  };
}

/** When the policy was switched: a dashed line with the name of the new one. */
function drawMarks(u, marks) {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = colour('soft');
  ctx.font = `${11 * devicePixelRatio}px system-ui`;
  ctx.setLineDash([4, 4]);
  for (const { at, name } of marks) {
    const x = u.valToPos(at / 1000, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.fillText(name, x + 4, bbox.top + 10 * devicePixelRatio);
  }
  ctx.restore();
}
