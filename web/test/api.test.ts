import { afterEach, expect, it, vi } from 'vitest';

import { ApiError, asProblem, rankingPath, regions } from '../src/lib/api.ts';

afterEach(() => vi.unstubAllGlobals());

it('a problem of the server is shown in its own words', async () => {
  const problem = { type: 'about:blank', title: 'Unbekannte Region', status: 404, detail: 'Es gibt keine Region „x“.' };
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify(problem), { status: 404 })));
  const failure = await regions().catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ApiError);
  expect((failure as ApiError).problem).toMatchObject({
    title: 'Unbekannte Region',
    detail: 'Es gibt keine Region „x“.',
  });
});

it('a page instead of JSON, or no server at all, is said plainly', async () => {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response('<html>', { status: 502 })));
  await expect(regions()).rejects.toMatchObject({ problem: { status: 502, detail: 'HTTP 502' } });
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('failed')));
  await expect(regions()).rejects.toMatchObject({ problem: { title: 'Der Server ist nicht erreichbar.' } });
});

it('reads a problem only from something that looks like one', () => {
  expect(asProblem({ title: 5 }, 500).title).toBe('Der Server hat etwas Unverständliches geantwortet.');
});

it('download links carry the release, so that a file says what the page says', () => {
  expect(rankingPath('nrw', 'mobile', 'r1', 'csv')).toBe('/v1/rankings?region=nrw&track=mobile&release=r1&format=csv');
});
