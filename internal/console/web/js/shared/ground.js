// What a map has below everything else, as the site says: tiles of the
// operator's choice, or the city's own streets.

import { graticule, groundLayers, groundStyle, recolour } from './basemap.js';

/** {style, repaint(map), credit} for MapLibre; streets is GeoJSON or null. */
export function ground(site, streets) {
  if (site.basemap.kind === 'raster') return pictures(site.basemap);
  const data = streets ?? graticule(site.bounds);
  return { style: groundStyle(data), repaint: (map) => recolour(map, groundLayers()), credit: data.attribution };
}

function pictures({ url, attribution }) {
  const style = {
    version: 8,
    sources: { ground: { type: 'raster', tiles: [url], tileSize: 256, maxzoom: 19, attribution } },
    layers: [{ id: 'ground', type: 'raster', source: 'ground' }],
  };
  return { style, repaint: () => {}, credit: attribution };
}
