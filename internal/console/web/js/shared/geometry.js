// Places on the map. Points are {lat, lon} in degrees, as in the interface; the
// mercator plane has x and y from 0 to 1, y downwards.

const EARTH = 6372797.56; // metres, as the engine has it
const rad = Math.PI / 180;

export const mercatorX = (lon) => (lon + 180) / 360;
export const mercatorY = (lat) => (1 - Math.log(Math.tan(Math.PI / 4 + (lat * rad) / 2)) / Math.PI) / 2;
export const lonOf = (x) => x * 360 - 180;
export const latOf = (y) => (2 * Math.atan(Math.exp(Math.PI * (1 - 2 * y))) - Math.PI / 2) / rad;

/** Great-circle distance in metres. */
export function metres(a, b) {
  const u = Math.sin(((b.lat - a.lat) * rad) / 2);
  const v = Math.sin(((b.lon - a.lon) * rad) / 2);
  const h = u * u + Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * v * v;
  return 2 * EARTH * Math.asin(Math.min(1, Math.sqrt(h)));
}

/**
 * Where on the line from (x, y) to (u, v) of a plane its nearest point to the
 * origin is: [share of the line, distance].
 */
export function nearestOn(x, y, u, v) {
  const [dx, dy] = [u - x, v - y];
  const t = Math.min(1, Math.max(0, -(x * dx + y * dy) / (dx * dx + dy * dy || 1)));
  return [t, Math.hypot(x + t * dx, y + t * dy)];
}

/** Metres that are left of a way {lat, lon}, … for who is at about a place of it. */
export function metresLeft(points, at) {
  const squeeze = Math.cos(at.lat * rad);
  const flat = ({ lat, lon }) => [(lon - at.lon) * squeeze, lat - at.lat];
  let [left, rest, least] = [0, 0, Infinity];
  for (let i = points.length - 1; i > 0; i--) { // from the end, so that rest is what comes after the leg
    const length = metres(points[i - 1], points[i]);
    const [share, off] = nearestOn(...flat(points[i - 1]), ...flat(points[i]));
    if (off < least) [left, least] = [rest + length * (1 - share), off];
    rest += length;
  }
  return left;
}

const ARC_STEPS = 20;
const BEND = 0.14; // of the arc's length, sideways

/**
 * A gently bent line of [lon, lat] from a to b. A straight one would look like a
 * street; a bend tells at a glance that it is a relation and not a way.
 */
export function arc(a, b) {
  const squeeze = Math.cos(a.lat * rad) || 1; // so that the bend looks the same in every direction
  const dx = (b.lon - a.lon) * squeeze;
  const dy = b.lat - a.lat;
  const side = dx < 0 ? 1 : -1;
  const mid = {
    lon: (a.lon + b.lon) / 2 + (side * -dy * BEND) / squeeze,
    lat: (a.lat + b.lat) / 2 + side * dx * BEND,
  };
  return Array.from({ length: ARC_STEPS + 1 }, (_, i) => {
    const t = i / ARC_STEPS;
    const [p, q, r] = [(1 - t) * (1 - t), 2 * t * (1 - t), t * t];
    return [p * a.lon + q * mid.lon + r * b.lon, p * a.lat + q * mid.lat + r * b.lat];
  });
}

/** Whether the box [w,s,e,n] lies within the other. */
export function within([w, s, e, n], [W, S, E, N]) {
  return w >= W && s >= S && e <= E && n <= N;
}

/** The box grown by a share of its size on each side, kept on the earth. */
export function grown([w, s, e, n], share) {
  const dx = (e - w) * share;
  const dy = (n - s) * share;
  return [Math.max(-180, w - dx), Math.max(-85, s - dy), Math.min(180, e + dx), Math.min(85, n + dy)];
}

/** The middle of the box, as much of it as fits into the given size in degrees. */
export function clipped([w, s, e, n], lon, lat) {
  const [x, y] = [(w + e) / 2, (s + n) / 2];
  return [Math.max(w, x - lon / 2), Math.max(s, y - lat / 2), Math.min(e, x + lon / 2), Math.min(n, y + lat / 2)];
}

/** The box [w,s,e,n] around points. */
export function boxAround(points) {
  const lons = points.map((p) => p.lon);
  const lats = points.map((p) => p.lat);
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}
