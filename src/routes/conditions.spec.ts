import { describe, expect, it } from '@jest/globals';
import type { BackendAnswer } from '../backend/index.js';
import { conditionsOf } from './conditions.js';

const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT';

const answerOf = (status: number, headers: Record<string, string>): BackendAnswer => ({
  ...{ status, headers: Object.entries(headers), cookies: [], body: Buffer.from('body') },
});
const none = new Set<string>();

describe('what asks whether a stored answer still holds', () => {
  const dated = answerOf(200, { 'last-modified': DATE });

  it.each([
    [{ 'If-None-Match': '"1"' }, answerOf(200, {}), '"1"'],
    [{ 'If-Modified-Since': DATE }, dated, undefined],
    [{ 'If-None-Match': '"1"', 'If-Modified-Since': DATE }, dated, '"1"'],
    [undefined, answerOf(200, {}), undefined],
    [undefined, undefined, undefined],
  ])('is %j', (conditions, previous, etag) => {
    expect(conditionsOf({ previous, etag }, none)).toEqual(conditions);
  });

  it('is nothing for an answer that it is not there', () => {
    const previous = answerOf(404, { 'last-modified': DATE });
    expect(conditionsOf({ previous, etag: undefined }, none)).toBeUndefined();
  });

  it.each(['if-none-match', 'if-modified-since'])(
    'is left to the caller where the route passes %s on',
    (name) => {
      expect(conditionsOf({ previous: dated, etag: '"1"' }, new Set([name]))).toBeUndefined();
    },
  );
});
