import { expect, it } from 'vitest';

import { figures } from '../src/lib/figures.ts';
import { pieceFacts } from '../src/lib/selection.ts';

const unit = { state: 'covered' as const, devices: 40, attempts: 90 };

it('shows the median, and the outer tenths only where the release gives them', () => {
  expect(figures('mobile', { ...unit, signal_dbm: { p10: -119, p50: -101, p90: -80 } })).toEqual([
    { label: 'Signal (Median)', value: '−101 dBm', range: 'mittlere 80 %: −119 bis −80 dBm' },
  ]);
  expect(figures('mobile', { ...unit, signal_dbm: { p50: -101 } })).toEqual([
    { label: 'Signal (Median)', value: '−101 dBm' },
  ]);
});

it('leaves out what was not measured instead of showing a zero', () => {
  expect(figures('fixed', { ...unit, download_mbps: { p50: 15.5 }, upload_mbps: null })).toEqual([
    { label: 'Download (Median)', value: '15,5 Mbit/s' },
  ]);
});

it('says what served, and 2G and 3G only where they did', () => {
  const served = { second: 0.1, third: 0, fourth: 0.7, fifth: 0 };
  expect(figures('mobile', { ...unit, served }).map(({ label }) => label)).toEqual([
    'Anteil mit 5G',
    'Anteil mit 4G',
    'Anteil mit 2G',
  ]);
});

it('a tile feature with a state we do not know is not measured', () => {
  for (const state of ['new', undefined, 1])
    expect(pieceFacts({ number: 3, state, devices: 9 }).state).toBe('not_measured');
});

it('a share without its interval is not shown at all', () => {
  expect(pieceFacts({ share: 0.4 }).share).toBeNull();
  expect(pieceFacts({ share: 0.4, share_low: 0.2, share_high: 0.6 }).share).toEqual({
    low: 0.2,
    value: 0.4,
    high: 0.6,
  });
});
