import type { Map } from 'maplibre-gl';

import { LAYER, PIECE_LAYERS } from './ids.ts';

/** What the browser tests may ask the map; it reads and never changes anything. */
export interface TestWindow {
  /** Everything asked for has been drawn. */
  idle: () => boolean;
  /** Pieces on screen: their facts, the layer that draws them and a pixel inside them. */
  pieces: () => { properties: Record<string, unknown>; layer: string; pixel: [number, number] }[];
  /** Where a place is on screen, in CSS pixels from the map's corner. */
  pixelOf: (lng: number, lat: number) => [number, number];
  view: () => { zoom: number; lng: number; lat: number };
}

declare global {
  interface Window {
    __whitespot?: TestWindow;
  }
}

export function exposeForTests(map: Map): void {
  window.__whitespot = {
    idle: () => map.loaded() && map.areTilesLoaded() && !map.isMoving() && map.getLayer(LAYER.measured) !== undefined,
    pieces: () =>
      map.queryRenderedFeatures({ layers: PIECE_LAYERS }).map(({ properties, layer, geometry }) => {
        const ring =
          geometry.type === 'Polygon'
            ? geometry.coordinates[0]!
            : geometry.type === 'MultiPolygon'
              ? geometry.coordinates[0]![0]!
              : [];
        // A hexagon's corners lie around its middle.
        const mean = (axis: 0 | 1) => ring.reduce((sum, corner) => sum + corner[axis]!, 0) / ring.length;
        const { x, y } = map.project([mean(0), mean(1)]);
        return { properties, layer: layer.id, pixel: [x, y] };
      }),
    pixelOf: (lng, lat) => {
      const { x, y } = map.project([lng, lat]);
      return [x, y];
    },
    view: () => ({ zoom: map.getZoom(), ...map.getCenter() }),
  };
}
