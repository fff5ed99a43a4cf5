// Encoded polylines, precision 5, as POST /v1/routes answers them.

/** The points {lat, lon} of an encoded polyline. */
export function decode(text) {
  const points = [];
  let [i, lat, lon] = [0, 0, 0];
  const next = () => {
    let [value, shift, part] = [0, 0, 0];
    do {
      part = text.charCodeAt(i++) - 63;
      value |= (part & 31) << shift;
      shift += 5;
    } while (part >= 32);
    return value & 1 ? ~(value >> 1) : value >> 1;
  };
  while (i < text.length) {
    lat += next();
    lon += next();
    points.push({ lat: lat / 1e5, lon: lon / 1e5 });
  }
  return points;
}
