import type {
  Area,
  LegendAnswer,
  NextList,
  Piece,
  PiecePage,
  Problem,
  Ranking,
  Region,
  Release,
  ReleaseHead,
  Track,
} from './api-types.ts';
import { text } from './text.ts';

/** A failed request, in words that can be shown. */
export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.title);
  }
}

const query = (values: Record<string, string | number | undefined>): string => {
  const set = Object.entries(values).filter(([, value]) => value !== undefined);
  return new URLSearchParams(set.map(([name, value]) => [name, String(value)])).toString();
};

async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { headers: { accept: 'application/json' }, ...(signal && { signal }) });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError({ title: text.error.network, detail: text.error.networkDetail });
  }
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw new ApiError(asProblem(body, response.status));
  if (body === null) throw new ApiError({ title: text.error.unreadable, detail: path });
  return body as T;
}

export function asProblem(body: unknown, status: number): Problem {
  if (typeof body === 'object' && body !== null && 'title' in body && typeof body.title === 'string') {
    const detail = 'detail' in body && typeof body.detail === 'string' ? { detail: body.detail } : {};
    return { title: body.title, status, ...detail };
  }
  return { title: text.error.unreadable, status, detail: `HTTP ${status}` };
}

export const regions = (signal?: AbortSignal) => get<Region[]>('/v1/regions', signal);
export const releases = (region: string, signal?: AbortSignal) =>
  get<ReleaseHead[]>(`/v1/releases?${query({ region })}`, signal);
export const release = (id: string, signal?: AbortSignal) =>
  get<Release>(`/v1/releases/${encodeURIComponent(id)}`, signal);
export const legend = (id: string, layer: string, signal?: AbortSignal) =>
  get<LegendAnswer>(`/v1/releases/${encodeURIComponent(id)}/legend?${query({ layer })}`, signal);
export const areas = async (region: string, id: string, layer: string, signal?: AbortSignal) =>
  (await get<{ items: Area[] }>(`/v1/areas?${query({ region, release: id, layer })}`, signal)).items;

export const rankingPath = (region: string, track: Track, id: string, format?: 'csv' | 'geojson' | 'json') =>
  `/v1/rankings?${query({ region, track, release: id, format })}`;
export const ranking = (region: string, track: Track, id: string, signal?: AbortSignal) =>
  get<Ranking>(rankingPath(region, track, id), signal);
export const rankingOutlines = (region: string, track: Track, id: string, signal?: AbortSignal) =>
  get<GeoJSON.FeatureCollection>(rankingPath(region, track, id, 'geojson'), signal);

export const nextPath = (
  region: string,
  area: string,
  track: Track,
  release: string,
  top: number,
  format?: 'csv' | 'geojson' | 'json',
) => `/v1/campaigns/next?${query({ region, area, track, release, top, format })}`;
export const next = (region: string, area: string, track: Track, release: string, top: number, signal?: AbortSignal) =>
  get<NextList>(nextPath(region, area, track, release, top), signal);

/** The piece with this number near a place; `null` if the server does not list it there. */
export async function piece(
  id: string,
  layer: string,
  at: { lng: number; lat: number },
  number: number,
  signal?: AbortSignal,
): Promise<Piece | null> {
  const near = 0.0005;
  const bbox = [at.lng - near, at.lat - near, at.lng + near, at.lat + near].map((each) => each.toFixed(5)).join(',');
  const page = await get<PiecePage>(`/v1/hexes?${query({ release: id, layer, bbox, limit: 50 })}`, signal);
  return page.items.find((each) => each.number === number) ?? null;
}

export const tileUrls = {
  hexes: (id: string, layer: string) =>
    `${location.origin}/tiles/${encodeURIComponent(id)}/${encodeURIComponent(layer)}/{z}/{x}/{y}`,
  areas: (region: string) => `${location.origin}/tiles/areas/${encodeURIComponent(region)}/{z}/{x}/{y}`,
};
