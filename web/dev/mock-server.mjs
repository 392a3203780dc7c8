// Serves the read side of the API with invented data, and web/dist if it was built:
//   npm run mock            then open http://localhost:8090, or run `npm run dev` beside it
// Environment: PORT (default 8090).
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

import {
  AREAS,
  areaSummary,
  LAYERS,
  OPERATORS,
  pieceGeometry,
  pieces,
  ranking,
  REGION,
  RELEASES,
} from './mock-data.mjs';
import { tile } from './mock-tiles.mjs';

const DIST = fileURLToPath(new URL('../dist', import.meta.url));
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
};

// As strict as the real server, so that what works here works there.
const POLICY =
  "default-src 'self'; img-src 'self' data: blob:; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

class NotFound extends Error {}
const need = (value, what) => {
  if (value === undefined || value === null) throw new NotFound(`Es gibt kein ${what}.`);
  return value;
};
const releaseOf = (id) =>
  need(
    RELEASES.find((each) => each.id === id),
    `Release „${id}“`,
  );
const layerOf = (text) =>
  need(
    LAYERS.find((each) => each === text),
    `Ebene „${text}“`,
  );

function layerEntry(layer) {
  const [, operator = null, view = null] = layer.split('-');
  const operator_name = OPERATORS.find(([code]) => code === operator)?.[1] ?? null;
  return { layer, operator, operator_name, view, pieces: pieces(layer).length };
}

function bounds({ coordinates }) {
  const points = coordinates.flat(2);
  const [x, y] = [points.map((p) => p[0]), points.map((p) => p[1])];
  return [Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y)];
}

function hexPage(query) {
  const layer = layerOf(query.get('layer'));
  const box = query.get('bbox')?.split(',').map(Number);
  const after = Number(query.get('after') ?? 0);
  const limit = Number(query.get('limit') ?? 1000);
  const inside = (piece) => {
    if (!box) return true;
    const [w, s, e, n] = bounds(
      pieceGeometry(piece).type === 'Polygon'
        ? { coordinates: [pieceGeometry(piece).coordinates] }
        : pieceGeometry(piece),
    );
    return w <= box[2] && e >= box[0] && s <= box[3] && n >= box[1];
  };
  const found = pieces(layer).filter((piece) => piece.number > after && inside(piece));
  const items = found.slice(0, limit).map(({ owner, ...piece }) => piece);
  return {
    release: releaseOf(query.get('release')).id,
    layer,
    simulated: true,
    items,
    next: found.length > limit ? items.at(-1).number : null,
  };
}

const csv = ({ rows }) =>
  [
    'rank,key,name,need,share,devices',
    ...rows.map((row) => [row.rank, row.key, row.name, row.need, row.share?.value, row.devices].join(',')),
  ].join('\n');

function outlines({ rows }) {
  const features = rows.map((row) => ({
    type: 'Feature',
    geometry: AREAS.find((area) => area.key === row.key).geometry,
    properties: row,
  }));
  return { type: 'FeatureCollection', features };
}

/** [status, content type, body] of an API path. */
function answer(path, query) {
  const json = (body) => [200, 'application/json', JSON.stringify(body)];
  const parts = path.split('/').filter(Boolean).map(decodeURIComponent);
  if (path === '/v1/regions')
    return json([
      { id: REGION, title: 'Musterland (Attrappe)', credits: ['Erfundene Grenzen und Werte zum Entwickeln'] },
    ]);
  if (path === '/v1/releases') return json(RELEASES.filter((each) => each.region === query.get('region')));
  if (parts[1] === 'releases' && parts.length === 3)
    return json({ ...releaseOf(parts[2]), layers: LAYERS.map(layerEntry) });
  if (parts[1] === 'releases' && parts[3] === 'legend') {
    const fixed = layerOf(query.get('layer')) === 'fixed';
    const state = (state, label_de, colour, pattern) => ({ state, label_de, colour, pattern });
    return json({
      states: [
        state('covered', fixed ? 'Mindestwert erfüllt' : 'versorgt', '#4a90bd', 'solid'),
        state('dead', fixed ? 'unter Mindestwert' : 'Funkloch', '#b8412b', 'cross'),
        state('not_measured', 'nicht gemessen', '#ffffff', 'hatch'),
      ],
      signal_breaks: [-111, -95, -85],
    });
  }
  if (path === '/v1/hexes') return json(hexPage(query));
  if (path === '/v1/areas') {
    const layer = layerOf(query.get('layer'));
    return json({
      items: AREAS.map((area) => {
        const summary = areaSummary(layer, area);
        const { key, name, level, parent, inhabitants } = area;
        return {
          key,
          name,
          level,
          parent,
          inhabitants,
          state: summary.state,
          summary: summary.devices ? summary : null,
        };
      }),
    });
  }
  if (path === '/v1/rankings') {
    const result = ranking(query.get('track') ?? 'mobile', releaseOf(query.get('release')).id);
    const format = query.get('format') ?? 'json';
    if (format === 'csv') return [200, 'text/csv; charset=utf-8', csv(result)];
    return json(format === 'geojson' ? outlines(result) : result);
  }
  if (parts[0] === 'tiles') {
    const [z, x, y] = parts.slice(-3).map(Number);
    const bytes = tile(parts[1] === 'areas' ? 'areas' : layerOf(parts[2]), z, x, y);
    return bytes ? [200, 'application/vnd.mapbox-vector-tile', bytes] : [204, 'text/plain', ''];
  }
  throw new NotFound(`Unbekannter Pfad ${path}.`);
}

async function page(path) {
  const name = normalize(path === '/' ? '/index.html' : path);
  const file = join(DIST, name);
  const body = await readFile(file).catch(() => readFile(join(DIST, 'index.html')));
  return [200, TYPES[extname(file)] ?? TYPES['.html'], body];
}

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  let result;
  try {
    result = /^\/(v1|tiles)\//.test(pathname) ? answer(pathname, searchParams) : await page(pathname);
  } catch (error) {
    const status = error instanceof NotFound ? 404 : 500;
    const title = status === 404 ? 'Nicht gefunden' : 'Fehler der Attrappe';
    result = [
      status,
      'application/problem+json',
      JSON.stringify({ type: 'about:blank', title, status, detail: error.message }),
    ];
  }
  const [status, type, body] = result;
  response
    .writeHead(status, { 'content-type': type, 'cache-control': 'no-store', 'content-security-policy': POLICY })
    .end(body);
});
server.listen(Number(process.env.PORT ?? 8090), '127.0.0.1', () =>
  console.log(`Attrappe auf http://localhost:${server.address().port}`),
);
