import { describe, expect, it } from '@jest/globals';
import type { BackendAnswer } from '../backend/index.js';
import { conditionsOf, isAskable } from './conditions.js';

const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT';

const answerOf = (status: number, headers: Record<string, string>): BackendAnswer => ({
  ...{ status, headers: Object.entries(headers), cookies: [], body: Buffer.from('body') },
});
const none = new Set<string>();

describe('what asks whether a stored answer still holds', () => {
  const dated = answerOf(200, { 'last-modified': DATE });

  const both = { etag: '"1"', 'last-modified': DATE };

  it.each([
    [{ 'If-None-Match': '"1"' }, answerOf(200, { etag: '"1"' })],
    [{ 'If-Modified-Since': DATE }, dated],
    [{ 'If-None-Match': '"1"', 'If-Modified-Since': DATE }, answerOf(200, both)],
    [{ 'If-None-Match': 'unquoted' }, answerOf(200, { etag: 'unquoted' })],
    [undefined, answerOf(200, {})],
    [undefined, undefined],
    // It would be the condition that there be any answer at all.
    [undefined, answerOf(200, { etag: '*' })],
  ])('is %j', (conditions, previous) => {
    expect(conditionsOf(previous, none)).toEqual(conditions);
    expect(previous !== undefined && isAskable(previous)).toBe(conditions !== undefined);
  });

  it('is nothing for an answer that it is not there', () => {
    expect(conditionsOf(answerOf(404, both), none)).toBeUndefined();
  });

  it.each(['if-none-match', 'if-modified-since'])(
    'is left to the caller where the route passes %s on',
    (name) => {
      expect(conditionsOf(answerOf(200, both), new Set([name]))).toBeUndefined();
    },
  );
});
