import type { ReleaseLayer, Track } from './api-types.ts';

/** Order in which the views are offered: the broad question first. */
const VIEW_ORDER = ['any', 'broadband', '4g', '5g', '3g', '2g'];

export interface LayerParts {
  track: Track;
  operator: string | null;
  view: string | null;
}

/** `mobile-26201-broadband` -> its parts; `null` for text that names no layer. */
export function parseLayer(text: string): LayerParts | null {
  if (text === 'fixed') return { track: 'fixed', operator: null, view: null };
  const found = /^mobile-(\d{5,6})-(any|broadband|2g|3g|4g|5g)$/.exec(text);
  return found ? { track: 'mobile', operator: found[1]!, view: found[2]! } : null;
}

/** Whether its pieces have a value to be coloured by: generations measure different quantities, so `any` has none. */
export const hasValues = (layer: string): boolean => parseLayer(layer)?.view !== 'any';

export const trackOf = (layer: string): Track => parseLayer(layer)?.track ?? 'fixed';

export function tracksIn(layers: ReleaseLayer[]): Track[] {
  const present = new Set(layers.map((each) => trackOf(each.layer)));
  return (['mobile', 'fixed'] as const).filter((track) => present.has(track));
}

/** Operators of a release in the order of their codes, each once. */
export function operatorsIn(layers: ReleaseLayer[]): { code: string; name: string }[] {
  const names = new Map<string, string>();
  for (const each of layers) {
    const code = parseLayer(each.layer)?.operator;
    if (code && !names.has(code)) names.set(code, each.operator_name ?? code);
  }
  return [...names].map(([code, name]) => ({ code, name })).sort((a, b) => a.code.localeCompare(b.code));
}

export function viewsOf(layers: ReleaseLayer[], operator: string | null): string[] {
  const present = new Set(
    layers
      .map((each) => parseLayer(each.layer))
      .filter((each) => each?.operator === operator)
      .map((each) => each?.view),
  );
  return VIEW_ORDER.filter((view) => present.has(view));
}

/**
 * The layer of this release that comes closest to a wish: exactly it, else the same operator or view on
 * the same track, else the first one offered. `null` only for a release without layers.
 */
export function nearestLayer(layers: ReleaseLayer[], wish: Partial<LayerParts>): string | null {
  let best: { layer: string; points: number } | null = null;
  for (const { layer } of layers) {
    const parts = parseLayer(layer);
    if (!parts) continue;
    const rank = VIEW_ORDER.indexOf(parts.view ?? '');
    const points =
      (parts.track === (wish.track ?? 'mobile') ? 1000 : 0) +
      (wish.operator && parts.operator === wish.operator ? 100 : 0) +
      (parts.view === (wish.view ?? 'broadband') ? 50 : 0) -
      rank;
    if (!best || points > best.points) best = { layer, points };
  }
  return best?.layer ?? null;
}
