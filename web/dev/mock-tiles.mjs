// Vector tiles for the mock, made from GeoJSON with two small development packages.
import geojsonvt from 'geojson-vt';
import vtpbf from 'vt-pbf';

import { AREAS, pieceGeometry, pieces } from './mock-data.mjs';

const OPTIONS = { maxZoom: 14, indexMaxZoom: 4, buffer: 64, tolerance: 1 };
const indexes = new Map();

function index(name, features) {
  if (!indexes.has(name)) indexes.set(name, geojsonvt({ type: 'FeatureCollection', features: features() }, OPTIONS));
  return indexes.get(name);
}

const feature = (geometry, properties) => ({ type: 'Feature', geometry, properties });
const areaFeatures = () => AREAS.map(({ key, name, level, geometry }) => feature(geometry, { key, name, level }));
const pieceFeatures = (layer) => () =>
  pieces(layer).map((piece) => {
    const { number, kind, resolution, state, devices, attempts, summary } = piece;
    const known = {
      share: summary.share?.value,
      share_low: summary.share?.low,
      share_high: summary.share?.high,
      grade: summary.grade,
      signal_dbm: summary.signal_dbm?.p50,
      download_mbps: summary.download_mbps?.p50,
    };
    const given = Object.fromEntries(
      Object.entries(known).filter(([, value]) => value !== undefined && value !== null),
    );
    return feature(pieceGeometry(piece), { number, kind, resolution, state, devices, attempts, ...given });
  });

/** One tile as bytes; `null` for an empty one. */
export function tile(kind, z, x, y) {
  const [name, made] =
    kind === 'areas' ? ['areas', index('areas', areaFeatures)] : ['hexes', index(kind, pieceFeatures(kind))];
  const found = made.getTile(z, x, y);
  return found ? Buffer.from(vtpbf.fromGeojsonVt({ [name]: found }, { version: 2 })) : null;
}
