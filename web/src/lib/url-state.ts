/** What a shared link carries. Everything is optional: a missing part falls back to the newest or first. */
export interface UrlState {
  page: 'map' | 'about';
  region?: string;
  release?: string;
  layer?: string;
  colouring: 'state' | 'value';
  area?: string;
  /** Zoom, latitude, longitude of the map's middle. It is a place on the map, never a person's. */
  at?: { zoom: number; lat: number; lng: number };
}

const PAGES = { karte: 'map', daten: 'about' } as const;

export function readHash(hash: string): UrlState {
  const [page = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const given = new URLSearchParams(query);
  const state: UrlState = {
    page: PAGES[page as keyof typeof PAGES] ?? 'map',
    colouring: given.get('farbe') === 'wert' ? 'value' : 'state',
  };
  const text = (name: string) => given.get(name) || undefined;
  const region = text('region');
  const release = text('stand');
  const layer = text('ebene');
  const area = text('gemeinde');
  const at = readPlace(text('ort'));
  return {
    ...state,
    ...(region && { region }),
    ...(release && { release }),
    ...(layer && { layer }),
    ...(area && { area }),
    ...(at && { at }),
  };
}

export function writeHash(state: UrlState): string {
  const query = new URLSearchParams();
  if (state.region) query.set('region', state.region);
  if (state.release) query.set('stand', state.release);
  if (state.layer) query.set('ebene', state.layer);
  if (state.colouring === 'value') query.set('farbe', 'wert');
  if (state.area) query.set('gemeinde', state.area);
  if (state.at) query.set('ort', `${state.at.zoom.toFixed(2)}/${state.at.lat.toFixed(4)}/${state.at.lng.toFixed(4)}`);
  const tail = query.toString().replaceAll('%2F', '/').replaceAll('%3A', ':');
  return `#/${state.page === 'about' ? 'daten' : 'karte'}${tail ? `?${tail}` : ''}`;
}

function readPlace(text: string | undefined): UrlState['at'] {
  if (!text) return undefined;
  const parts = text.split('/').map(Number);
  const [zoom, lat, lng] = parts;
  if (parts.length !== 3 || zoom === undefined || lat === undefined || lng === undefined) return undefined;
  if (![zoom, lat, lng].every(Number.isFinite) || zoom < 0 || zoom > 22 || Math.abs(lat) > 85 || Math.abs(lng) > 180)
    return undefined;
  return { zoom, lat, lng };
}
