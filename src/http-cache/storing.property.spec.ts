import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { GET, judged } from './testing/judged.js';

const TRUSTS = ['guarded', 'rfc'] as const;

describe('a verdict, whatever the answer', () => {
  const LINES = [
    ...['Cache-Control: max-age=60', 'Cache-Control: public', 'Cache-Control: s-maxage=1'],
    ...['Cache-Control: must-revalidate', 'ETag: "a"', 'Last-Modified: x', 'Set-Cookie: a=b'],
    ...['Vary: Cookie', 'Expires: 0', 'Cache-Control: no-cache="set-cookie"'],
  ];
  const FORBIDDING = ['Cache-Control: no-store', 'Cache-Control: private', 'Vary: *'];
  const history = fc.record({
    lines: fc.subarray(LINES),
    asked: fc.record({
      method: fc.constantFrom('GET', 'HEAD', 'POST'),
      authorization: fc.boolean(),
      cookie: fc.boolean(),
      range: fc.boolean(),
      uri: fc.constant(GET.uri),
    }),
    status: fc.constantFrom(200, 206, 304, 404, 429, 500),
    trust: fc.constantFrom(...TRUSTS),
  });

  it('keeps nothing and shares nothing once a prohibition is added', () => {
    fc.assert(
      fc.property(
        history,
        fc.subarray(FORBIDDING, { minLength: 1 }),
        ({ lines, ...how }, added) => {
          expect(judged([...lines, ...added], how)).toMatchObject({ store: false, share: false });
        },
      ),
    );
  });

  it('says why exactly where nothing is kept, marks only what is not shared, and guards more than it has to', () => {
    fc.assert(
      fc.property(history, ({ lines, ...how }) => {
        const { store, share, because, marks } = judged(lines, how);
        expect(because === undefined).toBe(store);
        expect(marks && (store || share)).toBe(false);
        const byLetter = judged(lines, { ...how, trust: 'rfc' });
        expect((store && !byLetter.store) || (share && !byLetter.share)).toBe(false);
      }),
    );
  });
});
