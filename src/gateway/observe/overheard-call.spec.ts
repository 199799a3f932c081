import { describe, expect, it } from '@jest/globals';
import { answerTo } from './overheard-call.js';

const TAGGED = [
  'Cache-Control',
  'max-age=5',
  'ETag',
  '"1"',
  'Content-Length',
  '9',
  'X-Own',
  'kept',
];
const OK = { status: 200, fields: TAGGED };

describe('The answer that a call would have had that is not made', () => {
  it('is the one to its request, where it would have asked for the same', () => {
    expect(answerTo([], OK)).toEqual(OK);
    const failing = { status: 503, fields: ['ETag', '"1"'] };
    expect(answerTo(['If-None-Match', '"1"'], failing)).toEqual(failing);
  });

  it.each([
    ['its tag', ['If-None-Match', '"0", "1"'], 304],
    ['another tag', ['If-None-Match', '"2"'], 200],
    ['a date', ['If-Modified-Since', 'Mon, 01 Jan 2024 00:00:00 GMT'], 200],
  ])('is a 304 where the conditions name what is there: %s', (_, conditions, status) => {
    const head = answerTo(conditions, OK);
    expect(head.status).toBe(status);
    if (status === 304) expect(head.fields).toEqual(['Cache-Control', 'max-age=5', 'ETag', '"1"']);
  });

  it('is whole where the client has been told that it has it already', () => {
    const own = { status: 304, fields: ['ETag', '"1"', 'Cache-Control', 'max-age=5'] };
    expect(answerTo([], own)).toEqual({ status: 200, fields: own.fields });
    expect(answerTo(['If-None-Match', '"1"'], own).status).toBe(304);
    expect(answerTo(['If-None-Match', '"0"'], own).status).toBe(200);
  });

  it('is whole where the client has asked for a part, as long as that says', () => {
    const part = (range: string) => ({
      status: 206,
      fields: ['Content-Range', range, 'Content-Length', '10', 'ETag', '"1"'],
    });
    expect(answerTo([], part('bytes 0-9/400'))).toEqual({
      status: 200,
      fields: ['ETag', '"1"', 'Content-Length', '400'],
    });
    expect(answerTo([], part('bytes 0-9/*'))).toEqual({ status: 200, fields: ['ETag', '"1"'] });
  });
});
