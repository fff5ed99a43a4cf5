// The moving marks as one WebGL layer: drivers as arrows, open requests as
// pulses. Positions are computed here at each frame and sent to the card in one
// buffer, so that ten thousand drivers cost one draw call and no worker.

import { mercatorX, mercatorY } from '../shared/geometry.js';
import { channels, colour, reducedMotion } from '../shared/theme.js';

/** Looks by number: the colour of a mark in the shader's table. */
const looks = ['available', 'offered', 'enroute', 'waiting', 'riding', 'silent', 'request'];
const idle = new Set(['silent', 'available']);
const SHAPE = { arrow: 0, dot: 1, hollow: 2, pulse: 3, ring: 4 };
const FLOATS = 6; // x, y, heading, look, shape, size
const rad = Math.PI / 180;

const VERTEX = `#version 300 es
layout(location = 0) in vec3 place;
layout(location = 1) in vec3 look;
uniform vec3 colours[${looks.length}];
uniform float ratio;
out vec3 colour;
out vec2 ahead;
flat out int shape;
void main() {
  gl_Position = vec4(place.xy, 0.0, 1.0);
  gl_PointSize = look.z * ratio;
  colour = colours[int(look.x)];
  shape = int(look.y);
  ahead = vec2(sin(place.z), -cos(place.z));
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
  #data = new Float32Array(FLOATS * 1024);
  #drawn = 0; // marks in the last frame

  constructor(city) {
    this.city = city;
  }

  onAdd(map, gl) {
    this.map = map;
    this.gl = gl;
    this.program = link(gl);
    this.buffer = gl.createBuffer();
    this.array = gl.createVertexArray();
    gl.bindVertexArray(this.array);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    for (const [at, offset] of [[0, 0], [1, 12]]) {
      gl.enableVertexAttribArray(at);
      gl.vertexAttribPointer(at, 3, gl.FLOAT, false, FLOATS * 4, offset);
    }
    gl.bindVertexArray(null);
    this.recolour();
  }

  onRemove(map, gl) {
    gl.deleteProgram(this.program);
    gl.deleteBuffer(this.buffer);
    gl.deleteVertexArray(this.array);
  }

  /** Reads the colours of the theme. */
  recolour() {
    this.colours = new Float32Array(looks.flatMap((name) => channels(colour(name))));
    this.halo = channels(colour('map-mark-halo'));
  }

  render(gl) {
    const count = this.#place(this.city.now());
    this.#drawn = count;
    gl.useProgram(this.program);
    gl.uniform3fv(gl.getUniformLocation(this.program, 'colours'), this.colours);
    gl.uniform3fv(gl.getUniformLocation(this.program, 'halo'), this.halo);
    gl.uniform1f(gl.getUniformLocation(this.program, 'ratio'), this.map.getPixelRatio());
    gl.uniform1f(gl.getUniformLocation(this.program, 'pulse'), reducedMotion() ? 0.5 : (performance.now() % 1600) / 1600);
    gl.bindVertexArray(this.array);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    gl.bufferData(gl.ARRAY_BUFFER, this.#data.subarray(0, count * FLOATS), gl.STREAM_DRAW);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.disable(gl.DEPTH_TEST);
    gl.drawArrays(gl.POINTS, 0, count);
    gl.bindVertexArray(null);
  }

  /** How many marks the last frame drew. */
  get drawn() {
    return this.#drawn;
  }

  /** Writes every mark in view into the buffer, the important ones last. */
  #place(now) {
    const put = this.#pen();
    const size = driverSize(this.map.getZoom());
    const busy = [];
    for (const d of this.city.drivers.values()) {
      if (idle.has(d.status)) this.#placeDriver(put, d, now, size);
      else busy.push(d);
    }
    for (const d of busy) this.#placeDriver(put, d, now, size);
    for (const t of this.city.trips.values()) {
      if (t.state !== 'searching') continue;
      const [x, y] = [mercatorX(t.pickup.lon), mercatorY(t.pickup.lat)];
      put(x, y, 0, 'request', SHAPE.pulse, size + 20);
      if (this.#is('trip', t.id)) put(x, y, 0, 'request', SHAPE.ring, size + 22);
    }
    return put.count;
  }

  #placeDriver(put, d, now, size) {
    const { x, y, heading } = d.motion.at(now);
    const shape = d.status === 'silent' ? SHAPE.hollow : Number.isNaN(heading) ? SHAPE.dot : SHAPE.arrow;
    if (this.#is('driver', d.id)) put(x, y, 0, d.status, SHAPE.ring, size + 18);
    put(x, y, heading || 0, d.status, shape, size);
  }

  #is(kind, id) {
    return this.selected?.kind === kind && this.selected.id === id;
  }

  /** A function that appends a mark; clip space is computed in double precision. */
  #pen() {
    const { lng, lat } = this.map.getCenter();
    const [cx, cy] = [mercatorX(lng), mercatorY(lat)];
    const { clientWidth, clientHeight } = this.map.getCanvas();
    const world = 512 * 2 ** this.map.getZoom();
    const [sx, sy] = [(2 * world) / clientWidth, (-2 * world) / clientHeight];
    const put = (x, y, heading, look, shape, size) => {
      const [u, v] = [(x - cx) * sx, (y - cy) * sy];
      if (Math.abs(u) > 1.1 || Math.abs(v) > 1.1) return;
      if ((put.count + 1) * FLOATS > this.#data.length) this.#data = doubled(this.#data);
      this.#data.set([u, v, heading * rad, Math.max(0, looks.indexOf(look)), shape, size], put.count++ * FLOATS);
    };
    put.count = 0;
    return put;
  }
}

function doubled(data) {
  const bigger = new Float32Array(data.length * 2);
  bigger.set(data);
  return bigger;
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
