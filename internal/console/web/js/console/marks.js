// The moving marks as one WebGL layer: drivers as arrows, open requests as
// pulses. The card computes where each is between two reports; what is sent to
// it are the reports.

import { Extras, Field, FLOATS, TURN } from './field.js';
import { mercatorX, mercatorY } from '../shared/geometry.js';
import { channels, colour, reducedMotion } from '../shared/theme.js';

/** Looks by number: the colour of a mark in the shader's table. */
const looks = ['available', 'offered', 'enroute', 'waiting', 'riding', 'silent', 'request'];
const lookOf = Object.fromEntries(looks.map((name, i) => [name, i]));
const idle = new Set(['silent', 'available']);
const SHAPE = { arrow: 0, dot: 1, hollow: 2, pulse: 3, ring: 4 };
const LOOSE = { pulse: 20, ring: 18 }; // pixels that they are wider than a driver

const VERTEX = `#version 300 es
layout(location = 0) in vec4 way; // from, to; relative to the anchor
layout(location = 1) in vec4 turn; // headings from, to; start and span in ms
layout(location = 2) in vec3 look;
uniform vec3 colours[${looks.length}];
uniform vec4 view; // the middle, and how large a step is on the screen
uniform vec3 sizes; // of drivers, pulses and rings
uniform float now, ratio, pass;
out vec3 colour;
out vec2 ahead;
flat out int shape;
void main() {
  float t = now - turn.z;
  vec2 at = mix(way.xy, way.zw, clamp(t / turn.w, 0.0, 1.0));
  float heading = mix(turn.x, turn.y, clamp(t / ${TURN}.0, 0.0, 1.0));
  shape = int(look.y);
  gl_Position = look.z == pass ? vec4((at - view.xy) * view.zw, 0.0, 1.0) : vec4(2.0, 2.0, 2.0, 1.0);
  gl_PointSize = (shape == 3 ? sizes.y : shape == 4 ? sizes.z : sizes.x) * ratio;
  colour = colours[int(look.x)];
  ahead = vec2(sin(heading), -cos(heading));
}`;

const FRAGMENT = `#version 300 es
precision highp float;
in vec3 colour;
in vec2 ahead;
flat in int shape;
uniform vec3 halo;
uniform float pulse; // 0 to 1
out vec4 ink;

// Signed distance to an arrowhead: two half planes, mirrored at its axis.
float arrow(vec2 p) {
  vec2 q = vec2(abs(dot(p, vec2(-ahead.y, ahead.x))), dot(p, ahead));
  float outer = dot(q - vec2(0.0, 0.80), normalize(vec2(1.46, 0.58)));
  float under = dot(q - vec2(0.0, -0.34), normalize(vec2(-0.32, -0.58)));
  return max(outer, under);
}

void main() {
  vec2 p = gl_PointCoord * 2.0 - 1.0;
  float r = length(p);
  float soft = fwidth(p.x) * 0.9;
  if (shape == 3) { // a core and a ring that grows and fades
    float core = smoothstep(soft, -soft, r - 0.20);
    float rim = smoothstep(soft, -soft, r - 0.28);
    float wave = smoothstep(soft, -soft, abs(r - mix(0.28, 0.95, pulse)) - 0.05) * (1.0 - pulse);
    float glow = smoothstep(1.0, 0.0, r) * 0.30;
    vec3 inner = mix(halo, colour, core);
    float a = max(rim, max(wave, glow));
    ink = vec4(mix(colour, inner, rim) * a, a);
    return;
  }
  if (shape == 4) { // around what is selected
    float a = smoothstep(soft, -soft, abs(r - 0.80) - 0.07);
    ink = vec4(colour * a, a);
    return;
  }
  float d = shape == 0 ? arrow(p) : r - 0.42;
  if (shape == 2) d = abs(d) - 0.10;
  float body = smoothstep(soft, -soft, d);
  float edge = smoothstep(soft, -soft, d - 0.15);
  ink = vec4(mix(halo, colour, body) * edge, edge);
}`;

/** A custom layer of MapLibre. The map is never turned or tilted. */
export class Marks {
  id = 'marks';
  type = 'custom';
  selected = null; // {kind: 'driver' | 'trip', id}
  #drawn = 0; // marks in the last frame
  frames = 0; // that were drawn

  constructor(city) {
    this.city = city;
    this.field = new Field(city, shapeOf);
    this.extras = new Extras(this.field);
  }

  onAdd(map, gl) {
    this.map = map;
    this.gl = gl;
    this.program = link(gl);
    const uniforms = ['colours', 'halo', 'view', 'sizes', 'now', 'ratio', 'pass', 'pulse'];
    this.at = Object.fromEntries(uniforms.map((name) => [name, gl.getUniformLocation(this.program, name)]));
    this.drivers = layout(gl);
    this.others = layout(gl);
    this.recolour();
  }

  onRemove(map, gl) {
    gl.deleteProgram(this.program);
    for (const { buffer, array } of [this.drivers, this.others]) {
      gl.deleteBuffer(buffer);
      gl.deleteVertexArray(array);
    }
  }

  /** Reads the colours of the theme. */
  recolour() {
    this.colours = new Float32Array(looks.flatMap((name) => channels(colour(name))));
    this.halo = channels(colour('map-mark-halo'));
  }

  render(gl) {
    const now = this.city.now();
    this.#look(gl, now);
    this.#placeOthers(now);
    this.#sendDrivers(gl);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.bindVertexArray(this.drivers.array);
    for (const pass of [0, 1]) { // the busy ones last, over the others
      gl.uniform1f(this.at.pass, pass);
      gl.drawArrays(gl.POINTS, 0, this.field.count);
    }
    gl.bindVertexArray(this.others.array);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.others.buffer);
    gl.bufferData(gl.ARRAY_BUFFER, this.extras.data.subarray(0, this.extras.count * FLOATS), gl.STREAM_DRAW);
    gl.uniform1f(this.at.pass, 0);
    gl.drawArrays(gl.POINTS, 0, this.extras.count);
    gl.bindVertexArray(null);
    this.#drawn = this.city.drivers.size + this.extras.count;
    this.frames++;
  }

  /** How many marks the last frame had. */
  get drawn() {
    return this.#drawn;
  }

  /** Tells the shader where the map looks. The difference to the anchor is taken in double precision. */
  #look(gl, now) {
    const { lng, lat } = this.map.getCenter();
    const [x, y] = [mercatorX(lng), mercatorY(lat)];
    this.field.settle(x, y, now);
    const { anchor } = this.field;
    const { clientWidth, clientHeight } = this.map.getCanvas();
    const zoom = this.map.getZoom();
    const world = 512 * 2 ** zoom;
    const size = driverSize(zoom);
    gl.useProgram(this.program);
    gl.uniform4f(this.at.view, x - anchor.x, y - anchor.y, (2 * world) / clientWidth, (-2 * world) / clientHeight);
    gl.uniform3f(this.at.sizes, size, size + LOOSE.pulse, size + LOOSE.ring);
    gl.uniform1f(this.at.now, now - anchor.at);
    gl.uniform1f(this.at.ratio, this.map.getPixelRatio());
    gl.uniform1f(this.at.pulse, reducedMotion() ? 0.5 : (performance.now() % 1600) / 1600);
    gl.uniform3fv(this.at.colours, this.colours);
    gl.uniform3fv(this.at.halo, this.halo);
  }

  /** Sends what changed: all of it only where there are more than before. */
  #sendDrivers(gl) {
    const { field } = this;
    const [first, end] = field.taken();
    gl.bindBuffer(gl.ARRAY_BUFFER, this.drivers.buffer);
    if (this.drivers.size !== field.data.length) {
      this.drivers.size = field.data.length;
      gl.bufferData(gl.ARRAY_BUFFER, field.data, gl.DYNAMIC_DRAW);
    } else if (end > first) {
      gl.bufferSubData(gl.ARRAY_BUFFER, first * FLOATS * 4, field.data.subarray(first * FLOATS, end * FLOATS));
    }
  }

  #placeOthers(now) {
    const { extras, selected, city } = this;
    extras.clear();
    for (const t of city.trips.values()) {
      if (t.state !== 'searching') continue;
      extras.put(t.pickup, lookOf.request, SHAPE.pulse);
      if (selected?.kind === 'trip' && selected.id === t.id) extras.put(t.pickup, lookOf.request, SHAPE.ring);
    }
    const chosen = selected?.kind === 'driver' && city.drivers.get(selected.id);
    if (!chosen) return;
    const { x, y } = chosen.motion.at(now);
    extras.putAt(x, y, lookOf[chosen.status] ?? 0, SHAPE.ring);
  }
}

/** How a driver looks: [look, shape, whether busy]. */
function shapeOf({ status, motion }) {
  const shape = status === 'silent' ? SHAPE.hollow : Number.isNaN(motion.toHeading) ? SHAPE.dot : SHAPE.arrow;
  return [lookOf[status] ?? 0, shape, idle.has(status) ? 0 : 1];
}

function layout(gl) {
  const [buffer, array] = [gl.createBuffer(), gl.createVertexArray()];
  gl.bindVertexArray(array);
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  for (const [at, size, offset] of [[0, 4, 0], [1, 4, 16], [2, 3, 32]]) {
    gl.enableVertexAttribArray(at);
    gl.vertexAttribPointer(at, size, gl.FLOAT, false, FLOATS * 4, offset);
  }
  gl.bindVertexArray(null);
  return { buffer, array, size: 0 };
}

/** Pixels across a driver's mark: small in a wide view, where there are many. */
export function driverSize(zoom) {
  return Math.min(34, Math.max(9, 10 + (zoom - 10) * 3.4));
}

function link(gl) {
  const program = gl.createProgram();
  for (const [type, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(type);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  return program;
}
