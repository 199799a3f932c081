import { describe, expect, it } from '@jest/globals';
import { sortHeaders } from './backend-answer.js';
import type { AnswerHeaders } from './backend-answer.js';

const passedOf = (headers: AnswerHeaders) => sortHeaders(headers).headers;

describe('sortHeaders', () => {
  it('passes what describes the answer, in the order in which it came', () => {
    expect(
      passedOf({ etag: '"1"', 'content-type': 'text/plain', vary: ['Accept', 'Origin'] }),
    ).toEqual([
      ['etag', '"1"'],
      ['content-type', 'text/plain'],
      ['vary', 'Accept, Origin'],
    ]);
  });

  it.each([
    ...['content-language', 'content-location', 'content-range', 'accept-ranges', 'age'],
    ...['content-digest', 'repr-digest', 'deprecation', 'sunset', 'pragma', 'refresh'],
    ...['content-security-policy', 'content-security-policy-report-only', 'referrer-policy'],
    ...['x-content-type-options', 'x-frame-options', 'x-robots-tag', 'permissions-policy'],
    ...['cross-origin-opener-policy', 'cross-origin-embedder-policy'],
    ...['cross-origin-resource-policy', 'strict-transport-security'],
  ])('passes %s: it describes the answer, or protects its reader', (name) => {
    expect(passedOf({ [name]: 'x' })).toEqual([[name, 'x']]);
  });

  it.each([
    ...['set-cookie', 'cache-status', 'access-control-allow-origin', 'clear-site-data'],
    ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding'],
    ...['upgrade', 'proxy-authenticate', 'content-length', '__proto__', 'constructor'],
    ...['server', 'via', 'x-powered-by', 'x-circuit-state'],
  ])('keeps %s back: it is one caller’s, one connection’s, or of the backend’s insides', (name) => {
    const headers = Object.create(null) as Record<string, string>;
    headers[name] = 'x';
    expect(passedOf(headers)).toEqual([]);
  });

  it('keeps a header back that Connection nominates, and does not forget what it says', () => {
    expect(
      sortHeaders({
        ...{ connection: 'close, ETag,set-cookie', etag: '"1"', vary: 'Accept' },
        'set-cookie': ['a=b', 'c=d'],
      }),
    ).toEqual({
      headers: [['vary', 'Accept']],
      withheld: [
        ['etag', '"1"'],
        ['set-cookie', 'a=b, c=d'],
      ],
      cookies: [],
    });
  });

  it.each<[string, string[], string]>([
    ['the same twice', ['text/plain', 'text/plain'], 'text/plain'],
    ['the same but for case and space', ['text/x;a=b', 'Text/X; a=b'], 'Text/X; a=b'],
    ['the valid one before another', ['text/x', 'nonsense'], 'text/x'],
    ['the valid one after another', ['', 'text/x;a'], 'text/x;a'],
    ['one that is not valid', ['nonsense'], 'nonsense'],
  ])('takes of several Content-Types %s', (_what, lines, expected) => {
    expect(passedOf({ 'content-type': lines })).toEqual([['content-type', expected]]);
  });

  it.each([[['text/html', 'text/plain']], [['text/x', 'text/x;a=b', 'text/x']], [['a', 'b']]])(
    'takes for no answer what has the Content-Types %j',
    (lines) => {
      expect(() => sortHeaders({ 'content-type': lines })).toThrow('different Content-Types');
    },
  );

  it('takes the first of several values that cannot be a list', () => {
    expect(passedOf({ etag: ['"1"', '"2"'], location: ['/a', '/b'] })).toEqual([
      ['etag', '"1"'],
      ['location', '/a'],
    ]);
  });

  it.each(['a\r\nb: c', 'a\nb', '\0', '\x7f', 'č'])(
    'takes for no answer a header of %j',
    (value) => {
      expect(() => sortHeaders({ etag: value })).toThrow('characters that none can have');
    },
  );
});
