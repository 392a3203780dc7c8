import { expect, it } from 'vitest';

import { hasValues, nearestLayer, operatorsIn, parseLayer, tracksIn, viewsOf } from '../src/lib/layers.ts';

const layers = ['fixed', 'mobile-26202-any', 'mobile-26202-5g', 'mobile-26201-broadband', 'mobile-26201-any'].map(
  (layer) => ({ layer, pieces: 1, operator_name: layer.includes('26201') ? 'Eins' : null }),
);

it('reads a layer, and refuses what names none', () => {
  expect(parseLayer('mobile-26201-broadband')).toEqual({ track: 'mobile', operator: '26201', view: 'broadband' });
  for (const text of ['', 'mobile', 'mobile-1-any', 'mobile-26201-6g', 'fixed-1']) expect(parseLayer(text)).toBeNull();
});

it('a wish that this release does not have leads to the closest layer', () => {
  expect(nearestLayer(layers, {})).toBe('mobile-26201-broadband');
  expect(nearestLayer(layers, { operator: '26202', view: 'broadband' })).toBe('mobile-26202-any');
  expect(nearestLayer(layers, { track: 'fixed', operator: '26202' })).toBe('fixed');
  expect(nearestLayer([{ layer: 'fixed', pieces: 1 }], { track: 'mobile' })).toBe('fixed');
  expect(nearestLayer([], {})).toBeNull();
});

it('offers signal as a colour only where it is of one generation', () => {
  expect(layers.filter(({ layer }) => hasValues(layer)).map(({ layer }) => layer)).toEqual([
    'fixed',
    'mobile-26202-5g',
    'mobile-26201-broadband',
  ]);
});

it('offers only what the release has', () => {
  expect(tracksIn(layers)).toEqual(['mobile', 'fixed']);
  expect(operatorsIn(layers)).toEqual([
    { code: '26201', name: 'Eins' },
    { code: '26202', name: '26202' },
  ]);
  expect(viewsOf(layers, '26202')).toEqual(['any', '5g']);
});
