import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineRoute } from './route-declaration.js';
import type { RouteDeclaration } from './route-declaration.js';

const declare = (more: Partial<RouteDeclaration>) =>
  defineRoute({
    path: '/p',
    params: z.object({}),
    key: () => [],
    backend: () => 'http://b/',
    freshness: 'http',
    ...more,
  });

describe('a route whose answers say how long they live', () => {
  it.each<[Partial<RouteDeclaration>, string]>([
    [{ freshMs: 10_000 }, 'freshMs'],
    [{ staleMs: 0 }, 'staleMs'],
    [{ staleIfErrorMs: 60_000 }, 'staleIfErrorMs'],
    [{ negativeMs: 1_000 }, 'negativeMs'],
    [{ jitter: 0.2 }, 'jitter'],
    [{ earlyRefresh: 1 }, 'earlyRefresh'],
    [{ cacheable: () => true }, 'cacheable'],
    [{ trustTtl: false }, 'trustTtl'],
  ])('does not say it itself: %j', (more, name) => {
    const words =
      `"routes./p.${name}" must be left out: with freshness 'http' the answers say whether and how ` +
      'long they live';
    expect(() => declare(more)).toThrow(words);
    expect(() => declare({ ...more, freshness: 'fixed' })).not.toThrow();
  });

  it.each(['If-None-Match', 'range', 'If-Match', 'If-Range'])(
    'answers what the caller says in %s, and does not hand it on',
    (header) => {
      const words =
        '"routes./p.headers[1]" must be left out: with freshness \'http\' it is answered by what is kept';
      expect(() => declare({ headers: ['Accept', header] })).toThrow(words);
    },
  );

  it('may say how large its entries are, and how its cache works beside that', () => {
    const more = { maxEntryBytes: 1_000, softTimeoutMs: 50, passMs: 5_000, circuit: 'shop' };
    expect(declare(more)).toMatchObject({ ...more, freshness: 'http' });
  });

  it('is one of two kinds', () => {
    expect(() => declare({ freshness: 'HTTP' as 'http' })).toThrow(/routes\.\/p\.freshness/);
  });
});
