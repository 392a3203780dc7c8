import type { Area, Bounds } from '../lib/api-types.ts';

export type AreaBounds = Map<string, Bounds>;

/** Bounding boxes by official key, as the areas list gives them. */
export function fromAreas(areas: Area[]): AreaBounds {
  return new Map(areas.flatMap((area) => (area.bbox ? [[area.key, area.bbox]] : [])));
}

/** Bounding boxes by official key, worked out from outlines. */
export function fromOutlines({ features }: GeoJSON.FeatureCollection): AreaBounds {
  const found: AreaBounds = new Map();
  for (const { geometry, properties } of features) {
    const key: unknown = properties?.['key'];
    const box = typeof key === 'string' && geometry ? boundsOf(geometry) : null;
    if (box) found.set(key as string, box);
  }
  return found;
}

/** The box around all boxes; `null` for none. */
export function around(boxes: Iterable<Bounds>): Bounds | null {
  let all: Bounds | null = null;
  for (const [w, s, e, n] of boxes) {
    all = all ? [Math.min(all[0], w), Math.min(all[1], s), Math.max(all[2], e), Math.max(all[3], n)] : [w, s, e, n];
  }
  return all;
}

/** One point per municipality to write its name at. */
export function labelPoints(areas: Area[], bounds: AreaBounds): GeoJSON.FeatureCollection {
  const features = areas.flatMap((area): GeoJSON.Feature[] => {
    const box = area.level === 'municipality' ? bounds.get(area.key) : undefined;
    if (!box) return [];
    const coordinates = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
    return [
      {
        type: 'Feature',
        geometry: { type: 'Point', coordinates },
        properties: { name: area.name, inhabitants: area.inhabitants },
      },
    ];
  });
  return { type: 'FeatureCollection', features };
}

function boundsOf(geometry: GeoJSON.Geometry): Bounds | null {
  if (geometry.type === 'GeometryCollection') return null;
  const points = geometry.coordinates.flat(Infinity as 1) as unknown as number[];
  const box: Bounds = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i + 1 < points.length; i += 2) {
    const [lng, lat] = [points[i]!, points[i + 1]!];
    box[0] = Math.min(box[0], lng);
    box[1] = Math.min(box[1], lat);
    box[2] = Math.max(box[2], lng);
    box[3] = Math.max(box[3], lat);
  }
  return Number.isFinite(box[0]) ? box : null;
}
