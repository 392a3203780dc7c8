import { expect, it } from 'vitest';

import { around, fromOutlines, labelPoints } from '../src/map/bounds.ts';

const square = (x: number, y: number) => [
  [
    [x, y],
    [x + 1, y],
    [x + 1, y + 2],
    [x, y + 2],
    [x, y],
  ],
];
const outlines: GeoJSON.FeatureCollection = {
  type: 'FeatureCollection',
  features: [
    {
      type: 'Feature',
      properties: { key: '01' },
      geometry: { type: 'MultiPolygon', coordinates: [square(5, 50), square(7, 51)] },
    },
    { type: 'Feature', properties: { key: '02' }, geometry: { type: 'Polygon', coordinates: square(9, 49) } },
    { type: 'Feature', properties: null, geometry: { type: 'Point', coordinates: [0, 0] } },
  ],
};

it('the box of an outline holds all its parts', () => {
  const found = fromOutlines(outlines);
  expect([...found]).toEqual([
    ['01', [5, 50, 8, 53]],
    ['02', [9, 49, 10, 51]],
  ]);
  expect(around(found.values())).toEqual([5, 49, 10, 53]);
  expect(around([])).toBeNull();
});

it('only municipalities with a known place get a label', () => {
  const area = { parent: null, inhabitants: 1, state: 'covered' as const, summary: null };
  const { features } = labelPoints(
    [
      { ...area, key: '02', level: 'municipality', name: 'A' },
      { ...area, key: '01', level: 'district', name: 'B' },
      { ...area, key: '03', level: 'municipality', name: 'C' },
    ],
    fromOutlines(outlines),
  );
  expect(features.map((each) => each.geometry)).toEqual([{ type: 'Point', coordinates: [9.5, 50] }]);
});
