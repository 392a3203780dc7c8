import type { RankRow } from './api-types.ts';

export type RankColumn = 'rank' | 'name' | 'district' | 'need' | 'share' | 'devices' | 'grade';
export interface RankOrder {
  column: RankColumn;
  descending: boolean;
}

const value: Record<RankColumn, (row: RankRow) => string | number | null> = {
  rank: (row) => row.rank,
  name: (row) => row.name,
  district: (row) => row.district,
  need: (row) => row.need,
  share: (row) => row.share?.value ?? null,
  devices: (row) => row.devices,
  grade: (row) => row.grade,
};

/**
 * A sorted copy. What is unknown goes last in either direction: an unmeasured municipality is neither the
 * best nor the worst. Equal values keep the order of the rank.
 */
export function sorted(rows: RankRow[], { column, descending }: RankOrder): RankRow[] {
  const of = value[column];
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [of(a), of(b)];
    if (x === null || y === null) return x === y ? byRank(a, b) : x === null ? 1 : -1;
    const order = typeof x === 'string' ? x.localeCompare(String(y), 'de') : x - Number(y);
    return order === 0 ? byRank(a, b) : sign * order;
  });
}

/** Rows whose municipality, district or official key holds the text; all of them for an empty text. */
export function matching(rows: RankRow[], text: string): RankRow[] {
  const wanted = text.trim().toLocaleLowerCase('de');
  if (!wanted) return rows;
  return rows.filter((row) =>
    [row.name, row.district ?? '', row.key].some((each) => each.toLocaleLowerCase('de').includes(wanted)),
  );
}

/** Those that share a rank stand by need, as in every other form of the list. */
function byRank(a: RankRow, b: RankRow): number {
  const [x, y] = [a.rank ?? Number.MAX_SAFE_INTEGER, b.rank ?? Number.MAX_SAFE_INTEGER];
  return x - y || (b.need ?? 0) - (a.need ?? 0) || a.name.localeCompare(b.name, 'de');
}
