import type { Track, UnitSummary } from './api-types.ts';
import { measure, percent, plain } from './format.ts';
import { text } from './text.ts';

export interface Figure {
  label: string;
  value: string;
  range?: string;
}

/** A quantity as the summary carries it: one number, or named quantiles. */
type Quantity = number | Record<string, number | null> | null | undefined;

const middle = (given: Quantity): number | null => (typeof given === 'number' ? given : (given?.['p50'] ?? null));

function figure(label: string, given: Quantity, unit: string): Figure[] {
  const value = middle(given);
  if (value === null) return [];
  const [low, high] = typeof given === 'object' && given ? [given['p10'], given['p90']] : [null, null];
  const range =
    typeof low === 'number' && typeof high === 'number'
      ? { range: text.panel.middle(plain(low), measure(high, unit)) }
      : {};
  return [{ label, value: measure(value, unit), ...range }];
}

/** Which generations served, of a layer that asks for any service; 2G and 3G only where there were any. */
function served({ served }: UnitSummary): Figure[] {
  if (!served) return [];
  const generations = [
    { name: '5G', share: served.fifth },
    { name: '4G', share: served.fourth },
    { name: '3G', share: served.third },
    { name: '2G', share: served.second },
  ];
  return generations
    .filter(({ name, share }) => share > 0 || name > '4')
    .map(({ name, share }) => ({ label: text.panel.servedBy(name), value: percent(share) }));
}

/** What was measured, beyond the share: only what the release really gives. */
export function figures(track: Track, summary: UnitSummary): Figure[] {
  const of = (name: string) => summary[name] as Quantity;
  if (track === 'mobile') return [...served(summary), ...figure(text.panel.signal, of('signal_dbm'), 'dBm')];
  return [
    ...figure(text.panel.download, of('download_mbps'), 'Mbit/s'),
    ...figure(text.panel.upload, of('upload_mbps'), 'Mbit/s'),
    ...figure(text.panel.latency, of('idle_latency_ms'), 'ms'),
    ...figure(text.panel.loadedLatency, of('loaded_latency_ms'), 'ms'),
  ];
}
