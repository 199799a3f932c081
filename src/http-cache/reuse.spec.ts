import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { answerControlOf } from './cache-control.js';
import type { RequestControl } from './cache-control.js';
import { staleWindowsOf } from './freshness.js';
import type { Trust } from './freshness.js';
import {
  currentAgeS,
  isFailure,
  mayReuse,
  mayStandIn,
  reuseFactsOf,
  unreachableStatus,
} from './reuse.js';
import type { Asker, ReuseFacts } from './reuse.js';

const ANYBODY: Asker = { authorization: false, onlyIfCached: false, advice: undefined };
const NO_ADVICE: RequestControl = {
  ...{ noCache: false, noStore: false, onlyIfCached: false },
  ...{ maxAge: undefined, minFresh: undefined, maxStale: undefined },
};
const advises = (advice: Partial<RequestControl>): Asker => ({
  ...ANYBODY,
  advice: { ...NO_ADVICE, ...advice },
});
const AUTHORIZED: Asker = { ...ANYBODY, authorization: true };

/** The facts of an answer with this `Cache-Control`, fresh for ten seconds where a rule has no stale windows. */
function factsOf(
  cacheControl: string,
  trust: Trust = 'guarded',
  windows = { whileRevalidateS: 0, ifErrorS: 60 },
): ReuseFacts {
  const control = answerControlOf(['Cache-Control', cacheControl], [], () => undefined);
  const freshness = { lifetimeS: 10, initialAgeS: 0, by: 'max-age' as const };
  return reuseFactsOf(control, freshness, staleWindowsOf(freshness, control, windows, trust));
}

describe('F7: the age of an answer', () => {
  it('is that on arrival, and the whole seconds since', () => {
    expect(currentAgeS({ initialAgeS: 5 }, 0)).toBe(5);
    expect(currentAgeS({ initialAgeS: 5 }, 999.9)).toBe(5);
    expect(currentAgeS({ initialAgeS: 5 }, 2_000)).toBe(7);
  });
});

describe('R1: a stored answer', () => {
  it('is fresh while its lifetime is longer than its age', () => {
    const facts = factsOf('max-age=10');
    expect(mayReuse(facts, 0, ANYBODY, 'guarded')).toBe('fresh');
    expect(mayReuse(facts, 9, ANYBODY, 'guarded')).toBe('fresh');
    expect(mayReuse(facts, 10, ANYBODY, 'guarded')).toBe('validate');
  });

  it('with no-cache is validated however fresh, with no-cache="field" it is not', () => {
    expect(mayReuse(factsOf('max-age=10, no-cache'), 0, ANYBODY, 'rfc')).toBe('validate');
    expect(mayReuse(factsOf('max-age=10, no-cache="x-a"'), 0, ANYBODY, 'rfc')).toBe('fresh');
  });

  it.each(['public', 's-maxage=10', 'must-revalidate'])(
    'with %s is for those with Authorization as well',
    (directive) => {
      expect(mayReuse(factsOf(`max-age=10, ${directive}`), 0, AUTHORIZED, 'guarded')).toBe('fresh');
    },
  );

  it('of a targeted max-age is for them as well, of a targeted anything else not', () => {
    const targeted = (name: string, value: unknown) =>
      reuseFactsOf(
        answerControlOf(
          ['CDN-Cache-Control', '…'],
          ['cdn-cache-control'],
          () => new Map([[name, value]]),
        ),
        { lifetimeS: 10, initialAgeS: 0, by: 'max-age' },
        { staleS: 10, staleIfErrorS: 10 },
      );
    expect(mayReuse(targeted('max-age', 10), 0, AUTHORIZED, 'guarded')).toBe('fresh');
    expect(mayReuse(targeted('no-transform', true), 0, AUTHORIZED, 'guarded')).toBe('forbidden');
  });

  it.each(['max-age=10', 'max-age=10, proxy-revalidate', 'max-age=10, no-cache'])(
    'with %s is not: neither used, nor validated, nor in place of a failure',
    (cacheControl) => {
      const facts = factsOf(cacheControl);
      for (const ageS of [0, 10, 99]) {
        expect(mayReuse(facts, ageS, AUTHORIZED, 'guarded')).toBe('forbidden');
        expect(mayStandIn(facts, ageS, AUTHORIZED, 'guarded')).toBe(false);
      }
    },
  );

  it('is for them by the letter, where that is asked for', () => {
    const facts = factsOf('max-age=10', 'rfc');
    expect(mayReuse(facts, 0, AUTHORIZED, 'rfc')).toBe('fresh');
    expect(mayStandIn(facts, 20, AUTHORIZED, 'rfc')).toBe(true);
  });
});

describe('R2: what a request says of freshness', () => {
  const facts = factsOf('max-age=10');
  const swr = factsOf('max-age=10, stale-while-revalidate=5');

  it.each<[string, Partial<RequestControl>, number, string]>([
    ['no-cache', { noCache: true }, 0, 'validate'],
    ['max-age=0', { maxAge: 0 }, 0, 'validate'],
    ['max-age=1', { maxAge: 1 }, 1, 'fresh'],
    ['max-age=1', { maxAge: 1 }, 2, 'validate'],
    ['max-age=99', { maxAge: 99 }, 10, 'validate'],
    ['min-fresh=5', { minFresh: 5 }, 5, 'fresh'],
    ['min-fresh=5', { minFresh: 5 }, 6, 'validate'],
    ['min-fresh=20', { minFresh: 20 }, 0, 'validate'],
    ['max-stale', { maxStale: Infinity }, 9, 'fresh'],
    ['max-stale', { maxStale: Infinity }, 1_000_000, 'max-stale'],
    ['max-stale=5', { maxStale: 5 }, 15, 'max-stale'],
    ['max-stale=5', { maxStale: 5 }, 16, 'validate'],
    ['max-stale, max-age=12', { maxStale: Infinity, maxAge: 12 }, 12, 'max-stale'],
    ['max-stale, max-age=12', { maxStale: Infinity, maxAge: 12 }, 13, 'validate'],
    ['max-stale, no-cache', { maxStale: Infinity, noCache: true }, 12, 'validate'],
    ['no-store', { noStore: true }, 0, 'fresh'],
    ['nothing', {}, 0, 'fresh'],
    ['nothing', {}, 10, 'validate'],
  ])('%s (%j) at an age of %d seconds where it counts: %s', (_, advice, ageS, reuse) => {
    expect(mayReuse(facts, ageS, advises(advice), 'guarded')).toBe(reuse);
  });

  it.each<[string, Partial<RequestControl>, string]>([
    ['nothing', {}, 'stale'],
    ['max-stale', { maxStale: Infinity }, 'stale'],
    ['max-stale=1', { maxStale: 1 }, 'validate'],
    ['max-age=99', { maxAge: 99 }, 'validate'],
    ['min-fresh=0', { minFresh: 0 }, 'validate'],
    ['no-cache', { noCache: true }, 'validate'],
  ])('%s decides whether a stale answer will do: %j', (_, advice, reuse) => {
    expect(mayReuse(swr, 12, advises(advice), 'guarded')).toBe(reuse);
  });

  it('orders no call where it does not count', () => {
    expect(mayReuse(facts, 0, ANYBODY, 'guarded')).toBe('fresh');
  });

  it('only-if-cached gets what there is, or a 504', () => {
    const asks: Asker = { ...ANYBODY, onlyIfCached: true };
    expect(mayReuse(facts, 0, asks, 'guarded')).toBe('fresh');
    expect(mayReuse(swr, 12, asks, 'guarded')).toBe('stale');
    expect(mayReuse(facts, 10, asks, 'guarded')).toBe('gateway-timeout');
    expect(mayReuse(facts, 0, { ...asks, authorization: true }, 'guarded')).toBe('gateway-timeout');
    expect(
      mayReuse(facts, 12, { ...asks, ...advises({ maxStale: 9 }), onlyIfCached: true }, 'rfc'),
    ).toBe('max-stale');
  });
});

describe('L1: no stale answer of any kind', () => {
  it.each(['must-revalidate', 'proxy-revalidate', 'no-cache', 's-maxage=10'])(
    'with %s, whatever the rule and the client say',
    (directive) => {
      const facts = factsOf(`max-age=10, ${directive}`, 'guarded', {
        whileRevalidateS: 60,
        ifErrorS: 60,
      });
      expect(mayReuse(facts, 10, ANYBODY, 'guarded')).toBe('validate');
      expect(mayReuse(facts, 10, advises({ maxStale: Infinity }), 'rfc')).toBe('validate');
      expect(mayStandIn(facts, 10, ANYBODY, 'guarded')).toBe(false);
      expect(unreachableStatus(facts)).toBe(504);
    },
  );

  it.each(['must-revalidate', 'proxy-revalidate', 'no-cache'])(
    'with %s, though it names a window itself',
    (directive) => {
      const facts = factsOf(
        `max-age=10, ${directive}, stale-while-revalidate=60, stale-if-error=60`,
      );
      expect(mayReuse(facts, 10, ANYBODY, 'guarded')).toBe('validate');
      expect(mayStandIn(facts, 10, ANYBODY, 'guarded')).toBe(false);
    },
  );

  it('but for a window that the answer names beside s-maxage, and not for the client', () => {
    const said = 's-maxage=10, stale-while-revalidate=20, stale-if-error=30';
    expect(mayReuse(factsOf(said), 29, ANYBODY, 'guarded')).toBe('stale');
    expect(mayStandIn(factsOf(said), 39, ANYBODY, 'guarded')).toBe(true);
    expect(mayReuse(factsOf(said), 30, advises({ maxStale: Infinity }), 'guarded')).toBe(
      'validate',
    );
    expect(mayReuse(factsOf(said, 'rfc'), 10, ANYBODY, 'rfc')).toBe('validate');
    expect(mayStandIn(factsOf(said, 'rfc'), 10, ANYBODY, 'rfc')).toBe(false);
  });

  it('leaves 502 to what may be stale, or is not there', () => {
    expect(unreachableStatus(factsOf('max-age=10'))).toBe(502);
    expect(unreachableStatus(undefined)).toBe(502);
  });

  it('holds for all answers, requests and ages', () => {
    const directive = fc.constantFrom(
      ...['public', 'max-age=5', 's-maxage=5', 'must-revalidate', 'proxy-revalidate', 'no-cache'],
      ...['stale-while-revalidate=9', 'stale-if-error=9', 'immutable', 'no-cache="a"'],
    );
    const seconds = fc.option(fc.nat(30), { nil: undefined });
    const advice = fc.record({
      ...{ noCache: fc.boolean(), noStore: fc.boolean(), onlyIfCached: fc.boolean() },
      ...{
        maxAge: seconds,
        minFresh: seconds,
        maxStale: fc.option(fc.constantFrom(0, 9, Infinity), { nil: undefined }),
      },
    });
    const asker = fc.record({
      authorization: fc.boolean(),
      onlyIfCached: fc.boolean(),
      advice: fc.option(advice, { nil: undefined }),
    });
    fc.assert(
      fc.property(
        fc.array(directive),
        fc.nat(30),
        asker,
        fc.constantFrom('guarded', 'rfc'),
        directive,
        (directives, ageS, asks, trust, another) => {
          const facts = factsOf(directives.join(), trust, { whileRevalidateS: 5, ifErrorS: 5 });
          const reuse = mayReuse(facts, ageS, asks, trust);
          const isUsed = ['fresh', 'stale', 'max-stale'].includes(reuse);
          if (reuse === 'fresh') expect(facts.lifetimeS).toBeGreaterThan(ageS);
          if (facts.noCache)
            expect([isUsed, mayStandIn(facts, ageS, asks, trust)]).toEqual([false, false]);
          const says = (name: string) => directives.some((one) => one === name);
          if ((says('must-revalidate') || says('proxy-revalidate')) && ageS >= facts.lifetimeS) {
            expect([isUsed, mayStandIn(facts, ageS, asks, trust)]).toEqual([false, false]);
          }
          // A restriction more never lets more be used.
          if (['no-cache', 'proxy-revalidate'].includes(another)) {
            const stricter = factsOf([...directives, another].join(), trust, {
              whileRevalidateS: 5,
              ifErrorS: 5,
            });
            if (!isUsed) {
              expect(['fresh', 'stale', 'max-stale']).not.toContain(
                mayReuse(stricter, ageS, asks, trust),
              );
            }
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe('L2: stale-while-revalidate', () => {
  it('gives a stale answer at once within the window, that of the answer or that of the rule', () => {
    const said = factsOf('max-age=10, stale-while-revalidate=5');
    const ruled = factsOf('max-age=10', 'guarded', { whileRevalidateS: 5, ifErrorS: 0 });
    for (const facts of [said, ruled]) {
      expect(mayReuse(facts, 9, ANYBODY, 'guarded')).toBe('fresh');
      expect(mayReuse(facts, 14, ANYBODY, 'guarded')).toBe('stale');
      expect(mayReuse(facts, 15, ANYBODY, 'guarded')).toBe('validate');
    }
  });
});

describe('L3, L4: in place of a backend that fails', () => {
  it('stands what is within the window, fresh or stale', () => {
    const facts = factsOf('max-age=10, stale-if-error=20');
    for (const ageS of [0, 10, 29]) expect(mayStandIn(facts, ageS, ANYBODY, 'guarded')).toBe(true);
    expect(mayStandIn(facts, 30, ANYBODY, 'guarded')).toBe(false);
    expect(mayStandIn(factsOf('max-age=10'), 69, ANYBODY, 'guarded')).toBe(true);
    expect(mayStandIn(factsOf('max-age=10'), 70, ANYBODY, 'guarded')).toBe(false);
  });

  it('a failure is 500, 502, 503 or 504', () => {
    const failures = Array.from({ length: 500 }, (_, at) => at + 100).filter(isFailure);
    expect(failures).toEqual([500, 502, 503, 504]);
  });
});
