import type { Interval } from './api-types.ts';

const whole = new Intl.NumberFormat('de-DE', { maximumFractionDigits: 0 });
const oneDecimal = new Intl.NumberFormat('de-DE', { maximumFractionDigits: 1 });
const twoDecimals = new Intl.NumberFormat('de-DE', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** Stands where a number is unknown. Never a zero. */
export const UNKNOWN = '–';

const finite = (value: number | null | undefined): value is number =>
  typeof value === 'number' && Number.isFinite(value);

export const count = (value: number | null | undefined): string => (finite(value) ? whole.format(value) : UNKNOWN);

/** Small numbers keep one decimal, large ones none. */
export const measure = (value: number | null | undefined, unit: string): string =>
  finite(value) ? `${plain(value)} ${unit}` : UNKNOWN;

/** The number of `measure`, without its unit. */
export const plain = (value: number): string =>
  (Math.abs(value) < 20 ? oneDecimal : whole).format(value).replace('-', '−');

export const score = (value: number | null | undefined): string =>
  finite(value) ? twoDecimals.format(value) : UNKNOWN;

/**
 * A share of 0 to 1 in per cent. What is not zero never reads as 0 %, and what is not everything never
 * reads as 100 %.
 */
export function percent(value: number | null | undefined): string {
  if (!finite(value)) return UNKNOWN;
  if (value > 0 && value < 0.005) return '< 1 %';
  if (value < 1 && value > 0.995) return '> 99 %';
  return `${whole.format(value * 100)} %`;
}

/** `8–17 %`: the interval alone. */
export function percentRange(low: number | null | undefined, high: number | null | undefined): string {
  if (!finite(low) || !finite(high)) return UNKNOWN;
  return `${whole.format(Math.floor(low * 100))}–${whole.format(Math.ceil(high * 100))} %`;
}

/** `12 % (8–17 %)`. */
export const share = (interval: Interval | null | undefined): string =>
  interval ? `${percent(interval.value)} (${percentRange(interval.low, interval.high)})` : UNKNOWN;

/** `12–18`, or `12` when both ends agree. */
export function rankRange(low: number | null, high: number | null): string {
  if (!finite(low) || !finite(high)) return UNKNOWN;
  return low === high ? whole.format(low) : `${whole.format(low)}–${whole.format(high)}`;
}

/** `2026-11-21T...` -> `21.11.2026`; text that is no date stays as it is. */
export function day(timestamp: string): string {
  const found = /^(\d{4})-(\d{2})-(\d{2})/.exec(timestamp);
  return found ? `${found[3]}.${found[2]}.${found[1]}` : timestamp;
}

const MONTHS = [
  'Januar',
  'Februar',
  'März',
  'April',
  'Mai',
  'Juni',
  'Juli',
  'August',
  'September',
  'Oktober',
  'November',
  'Dezember',
];

/** `campaign:messwoche-2026` -> `Kampagne messwoche-2026`, `2026-03` -> `März 2026`, `2026` -> `Jahr 2026`. */
export function windowTitle(window: string): string {
  if (window.startsWith('campaign:')) return `Kampagne ${window.slice('campaign:'.length)}`;
  const month = /^(\d{4})-(\d{2})$/.exec(window);
  if (month) return `${MONTHS[Number(month[2]) - 1] ?? month[2]} ${month[1]}`;
  return /^\d{4}$/.test(window) ? `Jahr ${window}` : window;
}
