import { describe, expect, it } from '@jest/globals';
import type { BackendAnswer } from '../backend/index.js';
import { renewedAnswer } from './conditions.js';

const answerOf = (status: number, headers: Record<string, string>): BackendAnswer => ({
  ...{ status, headers: Object.entries(headers), cookies: [] },
  body: Buffer.from(status === 304 ? '' : 'body'),
});

const renewed = (kept: Record<string, string>, news: Record<string, string>) =>
  Object.fromEntries(renewedAnswer(answerOf(200, kept), answerOf(304, news)).headers);

describe('renewedAnswer', () => {
  it.each(['cache-control', 'expires', 'last-modified', 'etag', 'content-type', 'x-robots-tag'])(
    'has %s of the 304 in place of its own, or beside the others',
    (name) => {
      expect(renewed({ [name]: 'old', link: 'x' }, { [name]: 'new' })).toEqual({
        ...{ link: 'x', [name]: 'new' },
      });
      expect(renewed({ link: 'x' }, { [name]: 'new' })).toEqual({ link: 'x', [name]: 'new' });
    },
  );

  it.each(['content-encoding', 'content-range'])('keeps its own %s', (name) => {
    expect(renewed({ [name]: 'old' }, { [name]: 'new' })).toEqual({ [name]: 'old' });
    expect(renewed({}, { [name]: 'new' })).toEqual({});
  });

  it('is not older than the 304', () => {
    expect(renewed({ age: '50', etag: '"1"' }, { etag: '"1"' })).toEqual({ etag: '"1"' });
    expect(renewed({ age: '50' }, { age: '3' })).toEqual({ age: '3' });
  });

  it('keeps status, body and cookies', () => {
    const kept = { ...answerOf(203, { etag: '"1"' }), cookies: ['a=b'] };
    const { status, body, cookies } = renewedAnswer(kept, answerOf(304, { etag: '"2"' }));
    expect({ status, body: body.toString(), cookies }).toEqual({
      ...{ status: 203, body: 'body', cookies: ['a=b'] },
    });
  });

  it('is the kept answer itself where nothing has changed', () => {
    const kept = answerOf(200, { etag: '"1"', 'content-type': 'text/x' });
    expect(renewedAnswer(kept, answerOf(304, { etag: '"1"' }))).toBe(kept);
    expect(renewedAnswer(kept, answerOf(304, {}))).toBe(kept);
  });
});
