import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { answerControlOf, type AnswerControl } from './cache-control.js';
import { forbidsStale, staleWindowsOf } from './freshness.js';

const controlOf = (cacheControl: string): AnswerControl =>
  answerControlOf(['Cache-Control', cacheControl], [], () => undefined);

/** What a targeted field says. */
const targetedAs = (directives: Record<string, unknown>): AnswerControl =>
  answerControlOf(['T', ''], ['t'], () => new Map(Object.entries(directives)));

describe('L1: an answer forbids that it is used stale', () => {
  it.each(['must-revalidate', 'proxy-revalidate', 'no-cache', 's-maxage=5', 's-maxage=a'])(
    'by %s',
    (directive) => {
      expect(forbidsStale(controlOf(`max-age=5, ${directive}`))).toBe(true);
    },
  );

  it.each(['max-age=5', 'no-cache="a"', 'public', 'must-understand', 'private'])(
    'but not by %s',
    (directive) => {
      expect(forbidsStale(controlOf(directive))).toBe(false);
    },
  );

  it('by a targeted field too, but not by its s-maxage', () => {
    expect(forbidsStale(targetedAs({ 's-maxage': 5 }))).toBe(false);
    expect(forbidsStale(targetedAs({ 's-maxage': 5, 'must-revalidate': true }))).toBe(true);
    expect(forbidsStale(targetedAs({ 'proxy-revalidate': true }))).toBe(true);
  });
});

describe('until what age an answer may be used', () => {
  const FRESH = { lifetimeS: 10, initialAgeS: 0, by: 'max-age' } as const;
  const DEFAULTS = { whileRevalidateS: 5, ifErrorS: 60 };
  const windows = (control: AnswerControl, trust: 'guarded' | 'rfc' = 'guarded') => {
    const { staleS, staleIfErrorS } = staleWindowsOf(FRESH, control, DEFAULTS, trust);
    return [staleS, staleIfErrorS];
  };

  it.each([
    ['max-age=10', [15, 70]],
    ['max-age=10, stale-while-revalidate=30', [40, 70]],
    ['max-age=10, stale-if-error=30', [15, 40]],
    ['max-age=10, stale-while-revalidate=0, stale-if-error=0', [10, 10]],
    ['max-age=10, stale-while-revalidate=a, stale-if-error=a', [10, 10]],
  ])('L2, L3: is what it says past its lifetime, or else the rule: %s', (control, expected) => {
    expect(windows(controlOf(control))).toEqual(expected);
    expect(windows(controlOf(control), 'rfc')).toEqual(expected);
  });

  it.each(['must-revalidate', 'proxy-revalidate', 'no-cache'])(
    'L1: is its lifetime by %s, whatever window stands beside it, and whoever is trusted',
    (directive) => {
      const control = `s-maxage=10, ${directive}, stale-while-revalidate=30, stale-if-error=30`;
      for (const trust of ['guarded', 'rfc'] as const) {
        expect(windows(controlOf(directive), trust)).toEqual([10, 10]);
        expect(windows(controlOf(control), trust)).toEqual([10, 10]);
      }
    },
  );

  it.each([
    ['s-maxage=10', [10, 10], [10, 10]],
    ['s-maxage=10, stale-while-revalidate=30', [40, 10], [10, 10]],
    ['s-maxage=10, stale-if-error=30', [10, 40], [10, 10]],
  ])(
    'L1: is beside s-maxage what is said in so many words, for guarded alone: %s',
    (control, guarded, rfc) => {
      expect(windows(controlOf(control), 'guarded')).toEqual(guarded);
      expect(windows(controlOf(control), 'rfc')).toEqual(rfc);
    },
  );

  it('L1: is by a targeted s-maxage as by max-age', () => {
    for (const trust of ['guarded', 'rfc'] as const) {
      expect(windows(targetedAs({ 's-maxage': 10 }), trust)).toEqual([15, 70]);
    }
  });

  it('is never widened by a prohibition, nor below the lifetime', () => {
    const directives = [
      'max-age=10',
      's-maxage=10',
      'stale-while-revalidate=9',
      'stale-if-error=8',
      'public',
    ];
    const prohibitions = ['must-revalidate', 'proxy-revalidate', 'no-cache', 'no-store', 'private'];
    fc.assert(
      fc.property(
        fc.subarray(directives),
        fc.subarray(prohibitions),
        fc.constantFrom('guarded' as const, 'rfc' as const),
        (given, added, trust) => {
          const before = windows(controlOf(given.join()), trust);
          const after = windows(controlOf([...given, ...added].join()), trust);
          after.forEach((until, window) => {
            expect(until).toBeLessThanOrEqual(before[window]!);
            expect(until).toBeGreaterThanOrEqual(FRESH.lifetimeS);
          });
        },
      ),
    );
  });
});
