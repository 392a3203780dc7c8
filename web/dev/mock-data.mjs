// A tiny invented country for development and component tests: nothing in it is real, and it says so.
import { cellToBoundary, cellToChildren, cellToLatLng, cellsToMultiPolygon, gridDisk, latLngToCell } from 'h3-js';

export const REGION = 'musterland';
export const RELEASES = [
  head('rel-campaign', 'campaign:messwoche-2026', '2026-11-16T03:00:00Z', true, 'simulated'),
  head('rel-year', '2026', '2026-11-01T03:00:00Z', true, 'simulated'),
];
export const OPERATORS = [
  ['26201', 'Netz Nord (Attrappe)'],
  ['26202', 'Netz Süd (Attrappe)'],
  ['26203', 'Netz West (Attrappe)'],
];
const VIEWS = ['any', 'broadband', '4g', '5g'];
export const LAYERS = ['fixed', ...OPERATORS.flatMap(([code]) => VIEWS.map((view) => `mobile-${code}-${view}`))];
const DISTRICTS = ['Kreis Auental', 'Kreis Bergland', 'Kreis Cronsee', 'Stadt Dornburg', 'Kreis Eichheim'];

function head(id, window, created_at, simulated, source) {
  return { id, region: REGION, window, source, simulated, created_at, manifest: { k: 5 } };
}

/** Numbers of 0 to 1 that are the same on every run. */
export function chance(...seed) {
  let h = 2166136261;
  for (const c of seed.join('|')) h = Math.imul(h ^ c.codePointAt(0), 16777619);
  h = Math.imul(h ^ (h >>> 15), 2246822507);
  h = Math.imul(h ^ (h >>> 13), 3266489909);
  return ((h ^ (h >>> 16)) >>> 0) / 4294967296;
}

const MIDDLE = latLngToCell(51.45, 7.9, 7);
const GROUND = gridDisk(MIDDLE, 15);
const SYLLABLES = [
  ['Auen', 'Birk', 'Dorn', 'Eich', 'Feld', 'Grün', 'Hohen', 'Linden', 'Mühl', 'Neu', 'Ober', 'Roth'],
  ['bach', 'berg', 'dorf', 'heim', 'stedt', 'au', 'hausen', 'feld'],
];

/** Municipalities: the ground shared out by the nearest of some seeds. */
function municipalities() {
  const seeds = GROUND.filter((hex) => chance('seed', hex) < 0.055).map((hex) => cellToLatLng(hex));
  const parts = seeds.map(() => []);
  for (const hex of GROUND) {
    const [lat, lng] = cellToLatLng(hex);
    let best = 0;
    let distance = Infinity;
    seeds.forEach(([y, x], i) => {
      const d = (lat - y) ** 2 + ((lng - x) * 0.62) ** 2;
      if (d < distance) [best, distance] = [i, d];
    });
    parts[best].push(hex);
  }
  return seeds.map(([lat, lng], i) => {
    const district = Math.min(4, Math.floor(((Math.atan2(lat - 51.45, lng - 7.9) + Math.PI) / (2 * Math.PI)) * 5));
    const name = SYLLABLES[0][i % 12] + SYLLABLES[1][Math.floor(i / 12 + i * 3) % 8];
    const key = `9900${district + 1}${String(i + 1).padStart(3, '0')}`;
    return {
      key,
      name,
      level: 'municipality',
      parent: `9900${district + 1}`,
      district,
      inhabitants: Math.round(3000 + 60000 * chance('inh', key) ** 3),
      hexes: parts[i],
    };
  });
}
export const MUNICIPALITIES = municipalities();
const hexOwner = new Map(MUNICIPALITIES.flatMap((area) => area.hexes.map((hex) => [hex, area])));

const outline = (hexes) => ({ type: 'MultiPolygon', coordinates: cellsToMultiPolygon(hexes, true) });
const districts = DISTRICTS.map((name, i) => ({
  key: `9900${i + 1}`,
  name,
  level: 'district',
  parent: '99',
  inhabitants: null,
  hexes: MUNICIPALITIES.filter((each) => each.district === i).flatMap((each) => each.hexes),
}));
const land = {
  key: '99',
  name: 'Musterland (Attrappe)',
  level: 'state',
  parent: null,
  inhabitants: null,
  hexes: GROUND,
};
export const AREAS = [land, ...districts, ...MUNICIPALITIES].map((area) => ({
  ...area,
  geometry: outline(area.hexes),
}));

/** How bad it is at a place: smooth waves, one pattern a layer. */
function badness(layer, hex) {
  const [lat, lng] = cellToLatLng(hex);
  const turn = 6.28 * chance('turn', layer);
  return 0.5 + 0.3 * Math.sin(lat * 31 + turn) * Math.cos(lng * 23 - turn) + 0.25 * (chance('spot', layer, hex) - 0.5);
}

function summary(layer, hexes, scale, seed) {
  const bad = hexes.reduce((sum, hex) => sum + badness(layer, hex), 0) / hexes.length;
  const devices = Math.round(5 + 60 * scale * chance('dev', seed) ** 2);
  const value = Math.max(0, Math.min(1, (bad - 0.42) * 2.4 + (/5g/.test(layer) ? 0.18 : 0)));
  const half = 0.9 / Math.sqrt(devices);
  const numbers =
    layer === 'fixed'
      ? {
          download_mbps: { p10: 8, p50: 140 * (1.1 - bad), p80: 260 },
          upload_mbps: { p50: 31 },
          idle_latency_ms: { p50: 21 },
          loaded_latency_ms: { p50: 96 },
        }
      : { signal_dbm: { p10: -119, p50: Math.round(-78 - 46 * bad), p90: -71 } };
  return {
    state: value > 0.5 ? 'dead' : 'covered',
    devices,
    attempts: devices * 7 + 3,
    days: 5,
    day_parts: 3,
    share: { low: Math.max(0, value - half), value, high: Math.min(1, value + half) },
    n_eff: devices * 0.8,
    grade: half < 0.12 ? 'B' : half < 0.2 ? 'C' : 'D',
    ...numbers,
  };
}
const unmeasured = () => ({ state: 'not_measured', devices: 0, attempts: 0, share: null, grade: null });

const madePieces = new Map();
/** One partition of the ground for a layer, with pieces of several sizes and gaps. */
export function pieces(layer) {
  const known = madePieces.get(layer);
  if (known) return known;
  const made = [];
  const add = (hexes, kind, resolution, summary) => {
    const { state, devices, attempts } = summary;
    made.push({
      number: made.length + 1,
      kind,
      resolution,
      hexes,
      state,
      devices,
      attempts,
      summary,
      owner: hexOwner.get(hexes[0])?.key,
    });
  };
  for (const hex of GROUND) {
    const luck = chance('measured', layer.slice(0, 12), hex);
    if (luck < 0.34) add([hex], 'hex', 7, unmeasured());
    else if (luck < 0.7) add([hex], 'hex', 7, summary(layer, [hex], 1, layer + hex));
    else {
      const children = cellToChildren(hex, 8);
      const alone = children.filter((child) => chance('alone', child) < 0.5);
      const rest = children.filter((child) => !alone.includes(child));
      for (const child of alone)
        add(
          [child],
          'hex',
          8,
          chance('gap', layer, child) < 0.25 ? unmeasured() : summary(layer, [child], 0.4, layer + child),
        );
      if (rest.length > 0) add(rest, 'remainder', 8, summary(layer, rest, 0.6, layer + hex + 'rest'));
    }
  }
  madePieces.set(layer, made);
  return made;
}
export const pieceGeometry = (piece) =>
  piece.hexes.length === 1
    ? { type: 'Polygon', coordinates: [cellToBoundary(piece.hexes[0], true)] }
    : outline(piece.hexes);

/** Every ninth municipality has nothing to say: the page must cope with it. */
export const areaSummary = (layer, area) =>
  area.level === 'municipality' && Number(area.key) % 9 === 0
    ? unmeasured()
    : summary(layer, area.hexes, 20, layer + area.key);

export function ranking(track, release) {
  const rows = MUNICIPALITIES.map((area) => {
    const layer = track === 'fixed' ? 'fixed' : 'mobile-26203-broadband';
    const { state, devices, attempts, share, grade } = areaSummary(layer, area);
    const need = share && 0.2 + 0.6 * share.value + 0.2 * chance('need', area.key);
    const names =
      track === 'fixed'
        ? ['severity', 'gap', 'latency', 'rural', 'public_interest']
        : ['worst_operator', 'grey', 'transport', 'rural', 'emergency'];
    return {
      rank: null,
      rank_low: null,
      rank_high: null,
      tie: false,
      key: area.key,
      name: area.name,
      district: DISTRICTS[area.district],
      need,
      need_low: need && Math.max(0, need - 0.08),
      need_high: need && Math.min(1, need + 0.08),
      components: Object.fromEntries(names.map((name) => [name, need === null ? null : chance(name, area.key)])),
      share,
      devices,
      attempts,
      grade,
      inhabitants: area.inhabitants,
      state,
      reason: share
        ? `${Math.round(share.value * 100)} % der Geräte ${track === 'fixed' ? 'unter dem Mindestwert' : 'ohne Empfang im schwächsten Netz'}; ${devices} Geräte, Aussagekraft ${grade}.`
        : 'Nicht gemessen: hier ist nichts bekannt.',
    };
  });
  rows.sort((a, b) => (b.need ?? -1) - (a.need ?? -1));
  rows.forEach((row, i) => {
    if (row.need === null) return;
    Object.assign(row, { rank: i + 1, rank_low: Math.max(1, i - 2), rank_high: i + 4, tie: i % 3 !== 0 });
  });
  const { window, source, simulated } = RELEASES.find((each) => each.id === release) ?? RELEASES[0];
  return {
    schema: 'whitespot-rank-1',
    region: REGION,
    track,
    release,
    window,
    source,
    simulated,
    ruleset_hash: 'mock',
    profile: 'mock',
    profile_adopted: false,
    missing_components: track === 'mobile' ? ['transport', 'emergency'] : [],
    generated_from: ['mock'],
    rows,
  };
}
