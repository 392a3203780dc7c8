import { expect, it } from 'vitest';

import { readHash, writeHash, type UrlState } from '../src/lib/url-state.ts';

it('a shared address brings back the same state', () => {
  const state: UrlState = {
    page: 'map',
    region: 'nrw',
    release: 'a:b/c',
    layer: 'mobile-26201-5g',
    colouring: 'value',
    area: '05315000',
    at: { zoom: 9.5, lat: 51.5, lng: 7.25 },
  };
  expect(readHash(writeHash(state))).toEqual(state);
});

it('an official key keeps its leading zero', () => {
  expect(readHash('#/karte?gemeinde=05315000').area).toBe('05315000');
});

it('an empty or foreign address is the map in its first state', () => {
  for (const hash of ['', '#', '#/', '#/gibtsnicht', '#rangliste'])
    expect(readHash(hash)).toEqual({ page: 'map', colouring: 'state' });
});

it('a place that cannot be on the map is ignored', () => {
  for (const at of ['9/91/7', '9/NaN/7', '99/51/7', '9/51', '9/51/7/1', 'x'])
    expect(readHash(`#/karte?ort=${at}`).at).toBeUndefined();
});
