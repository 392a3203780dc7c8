import { expect, it } from 'vitest';

import type { RankRow } from '../src/lib/api-types.ts';
import { matching, sorted } from '../src/lib/rank-order.ts';

const row = (name: string, rank: number | null, need: number | null): RankRow => ({
  rank,
  rank_low: rank,
  rank_high: rank,
  tie: false,
  key: `05${name}`,
  name,
  district: 'Kreis Düren',
  need,
  need_low: need,
  need_high: need,
  components: {},
  share: null,
  devices: 0,
  attempts: 0,
  grade: null,
  inhabitants: null,
  state: 'covered',
  reason: '',
});
const names = (rows: RankRow[]) => rows.map((each) => each.name);
const rows = [row('Zülpich', 2, 0.4), row('Ungemessen', null, null), row('Ältena', 3, 0.4), row('Bonn', 1, 0.9)];

it('unmeasured municipalities come last in both directions', () => {
  expect(names(sorted(rows, { column: 'need', descending: true }))).toEqual([
    'Bonn',
    'Zülpich',
    'Ältena',
    'Ungemessen',
  ]);
  expect(names(sorted(rows, { column: 'need', descending: false }))).toEqual([
    'Zülpich',
    'Ältena',
    'Bonn',
    'Ungemessen',
  ]);
});

it('names sort the German way', () => {
  expect(names(sorted(rows, { column: 'name', descending: false }))).toEqual([
    'Ältena',
    'Bonn',
    'Ungemessen',
    'Zülpich',
  ]);
});

it('sorting leaves the list of the server as it is', () => {
  const before = names(rows);
  sorted(rows, { column: 'rank', descending: false });
  expect(names(rows)).toEqual(before);
});

it('search finds names, districts and official keys in any case', () => {
  expect(names(matching(rows, ' zÜl'))).toEqual(['Zülpich']);
  expect(matching(rows, 'düren')).toHaveLength(4);
  expect(names(matching(rows, '05Bo'))).toEqual(['Bonn']);
  expect(matching(rows, '')).toHaveLength(4);
});
