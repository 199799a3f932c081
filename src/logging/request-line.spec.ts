import { describe, expect, it } from '@jest/globals';
import { RequestLine } from './request-line.js';

/** `JSON.stringify` of the line itself, which is the measure. */
const expectAsJson = (line: RequestLine): void => {
  expect(line.toText()).toBe(JSON.stringify(line));
};

describe('RequestLine', () => {
  it.each([
    '/products?productId=1',
    '/"quoted"',
    '/back\\slash',
    '/line\r\nbreak\ttab',
    '/\u0000\u0001\u001f\u007f',
    '/half \ud83d of a pair',
    '/\udc00',
    '/\u2028\u2029',
    '/ä€😀',
    '","status":200,"x":"',
    '',
    '*',
  ])('is, as text, the JSON of what it says of %j', (url) => {
    expectAsJson(new RequestLine('id-1', { method: 'GET', url }, 200, 1.4));
    expectAsJson(new RequestLine('id-1', { method: 'GET', url }, 'aborted', 0, url));
  });

  it.each([
    [200, undefined],
    [502, 'connect ECONNREFUSED'],
    ['aborted' as const, undefined],
    ['aborted' as const, ''],
  ])('is JSON with status %j and cause %j', (status, cause) => {
    const line = new RequestLine(
      '7f/3:x@y+z=',
      { method: 'M-SEARCH', url: '/' },
      status,
      2.5,
      cause,
    );
    expectAsJson(line);
    expect(JSON.parse(line.toText())).toEqual({
      requestId: '7f/3:x@y+z=',
      method: 'M-SEARCH',
      target: '/',
      status,
      durationMs: 3,
      ...(cause !== undefined && { cause }),
    });
  });

  it('says no more than 256 characters of a target, even where that halves a character', () => {
    const url = `/${'😀'.repeat(1_000)}`;
    const line = new RequestLine('id', { method: 'GET', url }, 200, 0);
    expectAsJson(line);
    expect((JSON.parse(line.toText()) as RequestLine).target).toBe(url.slice(0, 256));
  });
});
