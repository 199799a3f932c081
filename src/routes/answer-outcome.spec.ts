import { describe, expect, it } from '@jest/globals';
import type { BackendAnswer } from '../backend/index.js';
import { outcomeOf } from './answer-outcome.js';

describe('what an answer of the backend means for the cache', () => {
  const none: ReadonlySet<string> = new Set();
  const answer = (status: number, headers: Record<string, string> = {}): BackendAnswer => ({
    status,
    headers: Object.entries(headers),
    cookies: [],
    body: Buffer.from('not JSON'),
  });

  it.each([
    [200, 'keep'],
    [201, 'keep'],
    [204, 'keep'],
    [206, 'uncacheable'],
    [301, 'uncacheable'],
    [304, 'uncacheable'],
    [400, 'uncacheable'],
    [401, 'uncacheable'],
    [403, 'uncacheable'],
    [404, 'negative'],
    [410, 'negative'],
  ])('%d: %s', (status, kind) => {
    const outcome = outcomeOf(answer(status), none, []);
    expect([outcome.kind, outcome.failure]).toEqual([kind, undefined]);
  });

  it('304: not modified, where there was something to renew', () => {
    expect(outcomeOf(answer(304), none, [], { previous: answer(200) }).kind).toBe('not-modified');
  });

  it.each([408, 425, 429])('%d: a failure, and everybody’s where nothing is stale', (status) => {
    const given = answer(status, { 'retry-after': '7' });
    const outcome = outcomeOf(given, none, []);
    expect([outcome.kind, outcome.value]).toEqual(['uncacheable', given]);
    expect(outcome.failure).toMatchObject({ cause: `status ${status}`, retryAfterMs: 7_000 });
  });

  it('429 that is private is a failure, and one caller’s alone where nothing is stale', () => {
    const outcome = outcomeOf(answer(429, { 'cache-control': 'no-store' }), none, []);
    expect([outcome.kind, outcome.failure]).toEqual(['unshared', expect.any(Error)]);
  });

  it.each(['max-age=0', 'must-revalidate, s-maxage=0', 'max-age=86400', 'public'])(
    'how long it lives is the route’s to say, whatever the backend’s %s',
    (cacheControl) => {
      const kept = answer(200, { 'cache-control': cacheControl });
      expect(outcomeOf(kept, none, []).kind).toBe('keep');
      const passed = answer(403, { 'cache-control': cacheControl });
      expect(outcomeOf(passed, none, []).kind).toBe('uncacheable');
    },
  );

  it.each([200, 403, 404])('%d that is private is one caller’s alone', (status) => {
    const outcome = outcomeOf(answer(status, { 'cache-control': 'private' }), none, []);
    expect(outcome.kind).toBe('unshared');
  });

  it.each([
    ['cache-control', 'private'],
    ['vary', 'Cookie'],
  ])('an answer whose 304 says %s: %s is kept no longer, and one caller’s alone', (name, value) => {
    const previous = answer(200, { etag: '"1"' });
    const outcome = outcomeOf(answer(304, { [name]: value }), none, [], { previous });
    expect(outcome.kind).toBe('unshared');
    expect(outcome.value).toMatchObject({ status: 200, body: previous.body });
    expect(outcome.value?.headers).toEqual([
      ['etag', '"1"'],
      [name, value],
    ]);
  });

  it('a cookie that a 304 sets is its caller’s', () => {
    const news = { ...answer(304), cookies: ['a=b'] };
    const outcome = outcomeOf(news, none, [], { previous: answer(200, { etag: '"1"' }) });
    expect([outcome.kind, outcome.value?.status, outcome.value?.cookies]).toEqual([
      ...['unshared', 200, ['a=b']],
    ]);
  });

  it('is not asked to be renewed where it says that there is nothing', () => {
    const { kind, facts } = outcomeOf(answer(404, { etag: '"1"' }), none, []);
    expect([kind, facts.etag]).toEqual(['negative', undefined]);
  });

  it('keeps the bytes as they came, with the tags of the route and the entity tag', () => {
    const given = answer(200, { etag: '"1"' });
    const { value, facts } = outcomeOf(given, none, ['product:7']);
    expect(value).toBe(given);
    expect(facts).toMatchObject({ tags: ['product:7'], etag: '"1"' });
    expect(facts.sizeBytes).toBeGreaterThan(given.body.length);
  });
});
