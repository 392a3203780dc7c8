import type { Interval, State } from './api-types.ts';

/** What the reader clicked: a municipality, a piece of ground, or both. */
export interface Selection {
  areaKey: string | null;
  piece: PieceFacts | null;
  at: { lng: number; lat: number } | null;
}

/** What a tile says about a piece. */
export interface PieceFacts {
  number: number;
  kind: 'hex' | 'remainder';
  resolution: number;
  state: State;
  devices: number;
  attempts: number;
  share: Interval | null;
  grade: string | null;
  signal_dbm: number | null;
  download_mbps: number | null;
}

/** Reads a tile feature's properties. A state we do not know counts as not measured. */
export function pieceFacts(properties: Record<string, unknown>): PieceFacts {
  const number = (name: string) => (typeof properties[name] === 'number' ? properties[name] : null);
  const state = properties['state'];
  const [low, value, high] = [number('share_low'), number('share'), number('share_high')];
  return {
    number: number('number') ?? 0,
    kind: properties['kind'] === 'remainder' ? 'remainder' : 'hex',
    resolution: number('resolution') ?? 0,
    state: state === 'covered' || state === 'dead' ? state : 'not_measured',
    devices: number('devices') ?? 0,
    attempts: number('attempts') ?? 0,
    share: low === null || value === null || high === null ? null : { low, value, high },
    grade: typeof properties['grade'] === 'string' ? properties['grade'] : null,
    signal_dbm: number('signal_dbm'),
    download_mbps: number('download_mbps'),
  };
}
