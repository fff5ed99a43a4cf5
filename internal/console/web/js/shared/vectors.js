// Layers for vector tiles, in the colours of the pages. They go by the names of
// OpenMapTiles, Protomaps and Shortbread all at once: a layer that the tiles do
// not have costs nothing, and nobody has to say which of them it is.

import { districtNames, fill, minorNames, river, streetLayers, streetNames } from './look.js';

const kind = ['coalesce', ['get', 'kind_detail'], ['get', 'class'], ['get', 'kind'], ''];
const is = (...names) => ['match', kind, names, true, false];

const green = is(
  'park', 'national_park', 'nature_reserve', 'protected_area', 'recreation_ground', 'village_green', 'golf_course', 'garden', 'cemetery', 'grave_yard',
  'pitch', 'grass', 'grassland', 'meadow', 'scrub', 'wood', 'forest', 'orchard', 'allotments',
);
const classes = {
  motorway: is('motorway', 'motorway_link', 'highway'),
  primary: is('trunk', 'trunk_link', 'primary', 'primary_link'),
  secondary: is('secondary', 'secondary_link', 'tertiary', 'tertiary_link', 'major_road'),
  residential: is('minor', 'minor_road', 'unclassified', 'residential', 'living_street', 'service', 'busway'),
};
const towns = is('city', 'town', 'suburb', 'quarter', 'borough', 'village');
const small = is('neighbourhood', 'hamlet', 'macrohood', 'locality', 'island');

const part = (layer, filter = true) => ({ source: 'ground', 'source-layer': layer, filter });
const each = (layers, drawn) => layers.flatMap(drawn);

/** The layers on the background, of a source "ground". */
export function vectorLayers() {
  return [
    ...each(['landcover', 'landuse', 'park', 'land'], (l) => fill(`tiles-${l}`, part(l, green), 'map-park')),
    ...each(['water', 'ocean', 'water_polygons'], (l) => fill(`tiles-${l}`, part(l), 'map-water')),
    ...each(['water', 'waterway', 'water_lines'], (l) => river(`tiles-${l}-line`, part(l), [9, 0.6, 16, 6])),
    ...each(['building', 'buildings'], (l) => fill(`tiles-${l}`, part(l), 'map-casing', { minzoom: 14 })),
    ...each(['transportation', 'roads', 'streets'], (l) => streetLayers(`tiles-${l}-`, (name) => part(l, classes[name]))),
    ...each(['transportation_name', 'roads', 'street_labels'], (l) => streetNames(`tiles-${l}-name`, part(l, ['has', 'name']))),
    ...each(['place', 'places', 'place_labels'], (l) => [minorNames(`tiles-${l}-minor`, part(l, small)), districtNames(`tiles-${l}-district`, part(l, towns))]),
  ];
}
