import type { ExpressionSpecification, GeoJSONSource, Map, StyleSpecification, VectorTileSource } from 'maplibre-gl';

import type { Palette } from '../lib/palette.ts';
import { IMAGE, LAYER, SOURCE, TILE_LAYER } from './ids.ts';
import { fillColour, IS_DEAD, IS_MEASURED, IS_NOT_MEASURED, type Colouring } from './paint.ts';
import { setPatterns } from './patterns.ts';

const FONT = ['Fira Sans'];
const INK = '#22313c';
/** Beyond this the server's tiles are stretched: a leaf hexagon is 66 m wide. */
const DEEPEST_TILE = 13;

/** A map of nothing: no tiles, glyphs or sprites from anywhere. Labels are drawn with the page's own font. */
export const emptyStyle: StyleSpecification = {
  version: 8,
  sources: {},
  layers: [{ id: LAYER.background, type: 'background', paint: { 'background-color': '#eceff1' } }],
};

export interface Content {
  areaTiles: string;
  hexTiles: string | null;
  palette: Palette;
  colouring: Colouring;
}

/** Every source and layer of the map, once. Later changes go through `showContent`. */
export function addEverything(map: Map, content: Content): void {
  setPatterns(map, content.palette.states.not_measured.colour);
  const none: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] };
  map.addSource(SOURCE.areas, {
    type: 'vector',
    tiles: [content.areaTiles],
    minzoom: 4,
    maxzoom: DEEPEST_TILE,
    promoteId: { [TILE_LAYER.areas]: 'key' },
  });
  map.addSource(SOURCE.hexes, {
    type: 'vector',
    tiles: [content.hexTiles ?? content.areaTiles],
    minzoom: 4,
    maxzoom: DEEPEST_TILE,
    promoteId: { [TILE_LAYER.hexes]: 'number' },
  });
  map.addSource(SOURCE.labels, { type: 'geojson', data: none });

  const areas = { source: SOURCE.areas, 'source-layer': TILE_LAYER.areas } as const;
  const hexes = { source: SOURCE.hexes, 'source-layer': TILE_LAYER.hexes } as const;
  const hovered: ExpressionSpecification = ['boolean', ['feature-state', 'hover'], false];
  const hover = (colour: string, width: number) => ({
    'line-color': colour,
    'line-width': ['case', hovered, width, 0] satisfies ExpressionSpecification as ExpressionSpecification,
  });
  const round = { 'line-join': 'round', 'line-cap': 'round' } as const;

  // Ground first: whatever no piece lies on is not measured.
  map.addLayer({
    id: LAYER.ground,
    type: 'fill',
    ...areas,
    filter: ['==', ['get', 'level'], 'municipality'],
    paint: { 'fill-pattern': IMAGE.notMeasured },
  });
  map.addLayer({
    id: LAYER.measured,
    type: 'fill',
    ...hexes,
    filter: IS_MEASURED,
    paint: { 'fill-color': fillColour(content.palette, content.colouring), 'fill-antialias': false },
  });
  map.addLayer({
    id: LAYER.notMeasured,
    type: 'fill',
    ...hexes,
    filter: IS_NOT_MEASURED,
    paint: { 'fill-pattern': IMAGE.notMeasured },
  });
  map.addLayer({
    id: LAYER.deadPattern,
    type: 'fill',
    ...hexes,
    filter: IS_DEAD,
    paint: { 'fill-pattern': IMAGE.dead },
  });
  map.addLayer({
    id: LAYER.hexOutline,
    type: 'line',
    ...hexes,
    minzoom: 8.5,
    filter: IS_MEASURED,
    layout: round,
    paint: { 'line-color': '#ffffff', 'line-opacity': 0.45, 'line-width': 0.7 },
  });
  map.addLayer({
    id: LAYER.municipality,
    type: 'line',
    ...areas,
    filter: ['==', ['get', 'level'], 'municipality'],
    layout: round,
    paint: {
      'line-color': INK,
      'line-opacity': ['interpolate', ['linear'], ['zoom'], 6, 0.25, 10, 0.6],
      'line-width': ['interpolate', ['linear'], ['zoom'], 6, 0.4, 11, 1.2],
    },
  });
  map.addLayer({
    id: LAYER.district,
    type: 'line',
    ...areas,
    filter: ['==', ['get', 'level'], 'district'],
    layout: round,
    paint: {
      'line-color': INK,
      'line-opacity': 0.75,
      'line-width': ['interpolate', ['linear'], ['zoom'], 6, 0.9, 11, 2],
    },
  });
  map.addLayer({
    id: LAYER.state,
    type: 'line',
    ...areas,
    filter: ['==', ['get', 'level'], 'state'],
    layout: round,
    paint: { 'line-color': INK, 'line-width': 1.8 },
  });
  map.addLayer({ id: LAYER.hexHover, type: 'line', ...hexes, layout: round, paint: hover('#0b1f2c', 2) });
  map.addLayer({
    id: LAYER.areaHover,
    type: 'line',
    ...areas,
    filter: ['==', ['get', 'level'], 'municipality'],
    layout: round,
    paint: hover(INK, 2),
  });
  map.addLayer({
    id: LAYER.areaChosen,
    type: 'line',
    ...areas,
    filter: ['==', ['get', 'key'], ''],
    layout: round,
    paint: { 'line-color': '#f5b700', 'line-width': 3.5, 'line-gap-width': 0 },
  });
  map.addLayer({
    id: LAYER.hexChosen,
    type: 'line',
    ...hexes,
    filter: ['==', ['get', 'number'], -1],
    layout: round,
    paint: { 'line-color': '#0b1f2c', 'line-width': 2.5 },
  });
  map.addLayer({
    id: LAYER.areaLabel,
    type: 'symbol',
    source: SOURCE.labels,
    minzoom: 6,
    layout: {
      'text-field': ['get', 'name'],
      'text-font': FONT,
      'text-size': ['interpolate', ['linear'], ['zoom'], 7, 11, 11, 14],
      'text-max-width': 8,
      'text-padding': 6,
      'symbol-sort-key': ['-', ['coalesce', ['get', 'inhabitants'], 0]],
    },
    paint: { 'text-color': INK, 'text-halo-color': 'rgba(255, 255, 255, 0.9)', 'text-halo-width': 1.6 },
  });
  showContent(map, content);
}

/** Another release, layer, region or colouring on a map that has its layers. */
export function showContent(map: Map, { areaTiles, hexTiles, palette, colouring }: Content): void {
  setPatterns(map, palette.states.not_measured.colour);
  retile(map, SOURCE.areas, areaTiles);
  if (hexTiles) retile(map, SOURCE.hexes, hexTiles);
  map.setPaintProperty(LAYER.measured, 'fill-color', fillColour(palette, colouring));
  const visibility = hexTiles ? 'visible' : 'none';
  for (const id of [LAYER.measured, LAYER.notMeasured, LAYER.deadPattern, LAYER.hexOutline, LAYER.hexHover])
    map.setLayoutProperty(id, 'visibility', visibility);
}

export function showLabels(map: Map, labels: GeoJSON.FeatureCollection): void {
  map.getSource<GeoJSONSource>(SOURCE.labels)?.setData(labels);
}

export function showChosen(map: Map, { area, piece }: { area: string | null; piece: number | null }): void {
  map.setFilter(LAYER.areaChosen, [
    'all',
    ['==', ['get', 'level'], 'municipality'],
    ['==', ['get', 'key'], area ?? ''],
  ]);
  map.setFilter(LAYER.hexChosen, ['==', ['get', 'number'], piece ?? -1]);
}

function retile(map: Map, id: string, url: string): void {
  const source = map.getSource<VectorTileSource>(id);
  if (source && source.tiles?.[0] !== url) source.setTiles([url]);
}
