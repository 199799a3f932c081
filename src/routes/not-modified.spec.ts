import { describe, expect, it } from '@jest/globals';
import type { BackendAnswer } from '../backend/index.js';
import { expectLinear } from '../ground/testing/hostile-text.js';
import { isNotModified, notModified } from './conditions.js';

const answerOf = (headers: Record<string, string>, status = 200): BackendAnswer => ({
  ...{ status, headers: Object.entries(headers), cookies: [] },
  body: Buffer.from('body'),
});

const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT';

describe('isNotModified', () => {
  it.each([
    ['"1"', '"1"'],
    ['"1"', 'W/"1"'],
    ['W/"1"', '"1"'],
    ['W/"1"', 'W/"1"'],
    ['"1"', '"0", W/"2" ,"1"'],
    ['"1"', '"0","1"'],
    ['"a,b"', '"a,b"'],
    ['"a,b"', '"x", "a,b"'],
    ['"1"', '*'],
    ['""', '""'],
    ...[', "1",', '"0",, "1"', ' "1" '].map((tags) => ['"1"', tags]),
    ['"\xe9"', '"\xe9"'],
    ['bare', 'bare'],
  ])('holds for ETag %s and If-None-Match %s', (etag, tags) => {
    expect(isNotModified(answerOf({ etag }), { 'if-none-match': tags })).toBe(true);
  });

  it.each([
    ['"1"', '"2"'],
    ['"1"', '1'],
    ['"1"', ''],
    ['"1"', 'w/"1"'],
    ['"1"', '"1'],
    ['"1"', '"a"1"'],
    ['"1"', 'x"1"'],
    ['"b"', '"a,"b""'],
    ...['"a,"e"', '"a,"e', 'x, "e"', '"e", x', '"e" "f"', '"e", *', '"e",W/', '"e";'].map(
      (tags) => ['"e"', tags],
    ),
    ['"A"', '"a"'],
    ['bare', '"bare"'],
  ])('does not hold for ETag %s and If-None-Match %s', (etag, tags) => {
    expect(isNotModified(answerOf({ etag }), { 'if-none-match': tags })).toBe(false);
  });

  it('takes "*" for whatever there is, and a tag for nothing where there is none', () => {
    expect(isNotModified(answerOf({}), { 'if-none-match': '*' })).toBe(true);
    expect(isNotModified(answerOf({}), { 'if-none-match': '"1"' })).toBe(false);
  });

  it.each([
    DATE,
    'Sunday, 06-Nov-94 08:49:37 GMT',
    'Sun Nov  6 08:49:37 1994',
    'Sun, 06 Nov 1994 08:49:38 GMT',
  ])('holds for what was not modified since %s', (since) => {
    const answer = answerOf({ 'last-modified': DATE });
    expect(isNotModified(answer, { 'if-modified-since': since })).toBe(true);
  });

  it.each([
    'Sun, 06 Nov 1994 08:49:36 GMT',
    ...[
      '',
      '1',
      '2030-01-01',
      '2030',
      'Sun, 06 Nov 2030 08:49:37',
      'Sun, 99 Nov 2030 99:49:37 GMT',
    ],
    ...['Sun, 06 Nov 2030 08:49:37 +0000', 'sun, 06 nov 2030 08:49:37 gmt'],
  ])('does not hold for what was modified since %j, or who knows', (since) => {
    const answer = answerOf({ 'last-modified': DATE });
    expect(isNotModified(answer, { 'if-modified-since': since })).toBe(false);
  });

  it('does not hold by date for what tells no date', () => {
    for (const headers of [{}, { 'last-modified': 'x' }] as Record<string, string>[]) {
      expect(isNotModified(answerOf(headers), { 'if-modified-since': DATE })).toBe(false);
    }
  });

  it('does not look at the date where there is a tag', () => {
    const answer = answerOf({ etag: '"1"', 'last-modified': DATE });
    const request = { 'if-none-match': '"2"', 'if-modified-since': DATE };
    expect(isNotModified(answer, request)).toBe(false);
  });

  it.each([301, 304, 404, 410])('does not hold for a %d', (status) => {
    const answer = answerOf({ etag: '"1"', 'last-modified': DATE }, status);
    expect(isNotModified(answer, { 'if-none-match': '"1"' })).toBe(false);
    expect(isNotModified(answer, { 'if-none-match': '*' })).toBe(false);
    expect(isNotModified(answer, { 'if-modified-since': DATE })).toBe(false);
  });

  it('takes time in proportion to what a request says', () => {
    const answer = answerOf({ etag: '"1"', 'last-modified': DATE });
    expectLinear([' ', '\t', ',', '"', 'W/', 'x', '*', '""', '",'], (text) => {
      isNotModified(answer, { 'if-none-match': text });
      isNotModified(answer, { 'if-modified-since': text });
    });
  });
});

describe('notModified', () => {
  it('tells what a 304 is to tell of the answer', () => {
    const told = {
      ...{ age: '1', 'cache-control': 'x', 'content-location': '/', etag: '"1"' },
      ...{ expires: 'x', vary: 'x' },
    };
    const answer = answerOf({ ...told, 'content-type': 'x', 'last-modified': DATE, link: 'x' });
    const { status, headers, body } = notModified({ ...answer, cookies: ['a=b'] });
    expect({ status, headers: Object.fromEntries(headers), bytes: body.length }).toEqual({
      ...{ status: 304, headers: told, bytes: 0 },
    });
  });

  it('tells the date of what has no tag', () => {
    expect(notModified(answerOf({ 'last-modified': DATE })).headers).toEqual([
      ['last-modified', DATE],
    ]);
  });
});
