import type { Map, MapGeoJSONFeature } from 'maplibre-gl';

import { LAYER, PIECE_LAYERS, SOURCE, TILE_LAYER } from './ids.ts';

/** Marks what is below the pointer by feature-state; no data is uploaded again. */
export function watchHover(map: Map): void {
  const marked: Record<'hexes' | 'areas', string | number | null> = { hexes: null, areas: null };
  const mark = (kind: 'hexes' | 'areas', id: string | number | null) => {
    if (marked[kind] === id) return;
    const target = (id: string | number) => ({ source: SOURCE[kind], sourceLayer: TILE_LAYER[kind], id });
    if (marked[kind] !== null) map.setFeatureState(target(marked[kind]), { hover: false });
    if (id !== null) map.setFeatureState(target(id), { hover: true });
    marked[kind] = id;
  };
  map.on('mousemove', ({ point }) => {
    const found = map.queryRenderedFeatures(point, { layers: [...PIECE_LAYERS, LAYER.ground] });
    const id = (wanted: (feature: MapGeoJSONFeature) => boolean) => found.find(wanted)?.id ?? null;
    mark(
      'hexes',
      id((each) => each.source === SOURCE.hexes),
    );
    mark(
      'areas',
      id((each) => each.source === SOURCE.areas),
    );
    map.getCanvas().style.cursor = found.length > 0 ? 'pointer' : '';
  });
  map.on('mouseout', () => {
    mark('hexes', null);
    mark('areas', null);
  });
}
