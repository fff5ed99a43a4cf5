// What a map has below everything else, as the site says: tiles of a server or a
// file, as pictures or vectors, or the city's own streets. Where tiles do not
// come the streets stand in for them, and the map says so.

import { openArchive } from './archive.js';
import { background, recolour } from './look.js';
import { loadStreets } from './site.js';
import { cityLayers, streetsSource } from './streets.js';
import { isDark, onTheme } from './theme.js';
import { tilesOf } from './tiles.js';
import { vectorLayers } from './vectors.js';

const PROTOCOL = 'ground';
const ADDRESS = [`${PROTOCOL}://{z}/{x}/{y}`];

/** MapLibre is a classic script; it defines this global. */
const { maplibregl } = window;

/** Opens the ground of the site. It fails never: in need the ground is a graticule. */
export async function openGround(site) {
  const { kind } = site.basemap;
  const tiles = kind === 'pmtiles' ? await openArchive(site.basemap, site.bounds).catch(() => null) : kind === 'streets' ? null : tilesOf(site.basemap);
  return new Ground(site, tiles, tiles ? null : await streetsOf(site));
}

/** A site of streets that names none has none. */
const streetsOf = async ({ basemap: { kind, url } }) => (kind === 'streets' && !url ? null : loadStreets().catch(() => null));

class Ground {
  #note = Object.assign(document.createElement('p'), { className: 'maplibregl-ctrl map-note', hidden: true });

  /** Without tiles the ground is the streets: GeoJSON, or null for a graticule. */
  constructor(site, tiles, streets) {
    Object.assign(this, { site, tiles, streets });
    this.#note.setAttribute('role', 'status');
  }

  /** The style that a map begins with. */
  get style() {
    const sources = this.tiles ? { ground: { ...this.tiles.source, tiles: ADDRESS } } : { streets: streetsSource(this.streets, this.site.bounds) };
    if (this.tiles) maplibregl.addProtocol(PROTOCOL, ({ url }, { signal }) => this.#load(url, signal));
    return { version: 8, sources, layers: [background(), ...(this.tiles ? this.#tileLayers() : cityLayers())] };
  }

  async #load(url, signal) {
    const [z, x, y] = url.slice(`${PROTOCOL}://`.length).split('/').map(Number);
    return { data: await this.tiles.load(z, x, y, signal) };
  }

  /** Follows the theme, and says in the corner who made the map and what of it is missing; folded is until a tap. */
  attach(map, corner, { compact = true, folded = compact } = {}) {
    map.on('error', ({ error, sourceId }) => { if (sourceId !== 'ground') console.error(error); }); // those of tiles are counted, and told in words
    map.addControl(new maplibregl.AttributionControl({ compact }), corner);
    map.addControl({ onAdd: () => this.#note, onRemove: () => this.#note.remove() }, corner);
    map.once('style.load', () => {
      onTheme(() => recolour(map, [background(), ...cityLayers(), ...this.#tileLayers()]));
      if (this.tiles) this.#follow(map);
      else this.#say(this.site.basemap.kind !== 'streets');
    });
    if (folded) map.once('load', () => map.getContainer().querySelector('.maplibregl-ctrl-attrib')?.classList.remove('maplibregl-compact-show'));
  }

  #follow(map) {
    this.tiles.onChange = () => this.#draw(map);
    addEventListener('online', () => this.tiles.look());
    if (this.tiles.troubled) this.#draw(map);
  }

  /** Draws the tiles, or while they do not come the streets. */
  async #draw(map) {
    if (this.tiles.troubled && !map.getSource('streets')) await this.#addStreets(map);
    const { troubled } = this.tiles;
    const show = (layers, shown) => { for (const { id } of layers) if (map.getLayer(id)) map.setLayoutProperty(id, 'visibility', shown ? 'visible' : 'none'); };
    show(cityLayers(), troubled);
    show(this.#tileLayers(), !troubled);
    if (!troubled) map.getSource('ground').setTiles(ADDRESS); // those that did not come are asked for again
    this.#say(troubled);
  }

  #say(away) {
    this.#note.hidden = !away;
    this.#note.textContent = away ? `The base map does not come. ${this.streets ? 'These are the city’s own streets.' : 'There is a grid instead.'}` : '';
  }

  async #addStreets(map) {
    this.streets ??= await streetsOf(this.site);
    if (map.getSource('streets')) return;
    const own = new Set(this.#tileLayers().map(({ id }) => id));
    const above = map.getLayersOrder().find((id) => id !== 'background' && !own.has(id));
    map.addSource('streets', streetsSource(this.streets, this.site.bounds));
    for (const layer of cityLayers()) map.addLayer(layer, above);
  }

  #tileLayers() {
    if (!this.tiles) return [];
    return this.tiles.source.type === 'vector' ? vectorLayers() : [pictures()];
  }
}

/** Pictures are made for light pages: dark ones dim them. */
function pictures() {
  const paint = { 'raster-brightness-max': isDark() ? 0.62 : 1, 'raster-saturation': isDark() ? -0.3 : 0, 'raster-fade-duration': 0 };
  return { id: 'tiles', type: 'raster', source: 'ground', paint };
}
