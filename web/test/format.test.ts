import { describe, expect, it } from 'vitest';

import { count, day, measure, percent, percentRange, rankRange, score, share, windowTitle } from '../src/lib/format.ts';

describe('shares', () => {
  it('shows the value with its interval, rounded outwards', () => {
    expect(share({ low: 0.081, value: 0.12, high: 0.166 })).toBe('12 % (8–17 %)');
  });
  it('never lets something read as nothing, or nearly all as all', () => {
    expect(percent(0.001)).toBe('< 1 %');
    expect(percent(0.999)).toBe('> 99 %');
    expect(percent(0)).toBe('0 %');
    expect(percent(1)).toBe('100 %');
  });
  it('shows the unknown as unknown, never as zero', () => {
    expect([
      percent(null),
      percentRange(null, 1),
      share(null),
      count(undefined),
      measure(NaN, 'ms'),
      score(null),
    ]).toEqual(Array(6).fill('–'));
  });
});

describe('ranks', () => {
  it('are a range, or one number when both ends agree', () => {
    expect(rankRange(12, 18)).toBe('12–18');
    expect(rankRange(3, 3)).toBe('3');
    expect(rankRange(null, null)).toBe('–');
  });
});

describe('numbers and dates', () => {
  it('are written the German way', () => {
    expect(count(17890489)).toBe('17.890.489');
    expect(measure(8.25, 'Mbit/s')).toBe('8,3 Mbit/s');
    expect(measure(-109, 'dBm')).toBe('−109 dBm');
    expect(score(0.5)).toBe('0,50');
    expect(day('2026-11-21T22:00:00Z')).toBe('21.11.2026');
  });
  it('name each kind of window, and leave unknown text alone', () => {
    expect(['campaign:messwoche-2026', '2026-03', '2026', 'x'].map(windowTitle)).toEqual([
      'Kampagne messwoche-2026',
      'März 2026',
      'Jahr 2026',
      'x',
    ]);
  });
});
