// A PMTiles file as tiles: read in ranges, by the format's own reader.

import { Tiles } from './tiles.js';

const READER = '/assets/vendor/pmtiles/pmtiles.js';
const VECTORS = 1; // the tile type of the header; those above are pictures

/** Opens the file; the error says why it cannot be the ground of a city with the bounds. */
export async function openArchive({ url, attribution }, bounds) {
  await load(READER);
  const archive = new window.pmtiles.PMTiles(new URL(url, location.href).href);
  const [head, about] = [await archive.getHeader(), await archive.getMetadata().catch(() => ({}))];
  const box = [head.minLon, head.minLat, head.maxLon, head.maxLat];
  if (!overlap(box, bounds)) throw new Error('the file is of another place');
  const type = head.tileType === VECTORS ? { type: 'vector' } : { type: 'raster', tileSize: 256 };
  const source = { ...type, minzoom: head.minZoom, maxzoom: head.maxZoom, bounds: box, attribution: attribution || about?.attribution };
  return new Tiles({ source, get: (z, x, y, signal) => archive.getZxy(z, x, y, signal).then((tile) => tile?.data ?? null) });
}

const overlap = ([w, s, e, n], [W, S, E, N]) => w < E && e > W && s < N && n > S;

/** The reader is a classic script; it defines the global pmtiles. */
function load(address) {
  return new Promise((done, fail) => {
    const script = Object.assign(document.createElement('script'), { src: address, onload: done, onerror: () => fail(new Error('the reader did not come')) });
    document.head.append(script);
  });
}
