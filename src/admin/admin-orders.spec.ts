import { describe, expect, it } from '@jest/globals';
import { jsonBodyOf } from './admin-exchange.js';
import type { AdminRequest } from './admin-exchange.js';
import { purgeOrderOf, questionOf } from './admin-orders.js';

const asked = (query: Record<string, string>) => () => questionOf(new URLSearchParams(query));

describe('What an operator asks for', () => {
  it.each(['/', '/a?b=c', '//double', '/ü', '*', 'http://host/a', 'HTTPS://host:8443/a?b'])(
    'may be %j',
    (url) => {
      expect(asked({ url })()).toMatchObject({ kind: 'url', target: url });
      expect(purgeOrderOf({ url })).toMatchObject({ kind: 'url', url });
    },
  );

  it.each([
    'a',
    '',
    '/a b',
    '/\r\nX: 1',
    '/\0',
    '/\u0085',
    'ftp://host/a',
    'http://[::1',
    'http://',
  ])('is not %j, which no client can ask for', (url) => {
    expect(asked({ url })).toThrow('"url" has to be');
    expect(() => purgeOrderOf({ url })).toThrow('"url" has to be');
  });

  it('has no header that would be several', () => {
    expect(asked({ url: '/', header: 'Host:a\r\nX:1' })).toThrow('a header is written');
    expect(asked({ url: '/', header: 'Accept:\ta, b\tc' })()).toMatchObject({
      headers: { accept: 'a, b\tc' },
    });
  });

  it.each([
    [{ 'content-encoding': 'gzip' }, 'application/json'],
    [{}, 'application/json; charset=utf-16'],
  ])('is not read in another coding: %j, %s', async (headers, type) => {
    const request = { headers: { ...headers, 'content-type': type }, body: { all: true } };
    await expect(jsonBodyOf(request as unknown as AdminRequest)).rejects.toMatchObject({
      status: 415,
    });
  });

  it.each(['application/json', 'application/json; charset="UTF-8"'])(
    'is read as %s',
    async (type) => {
      const request = { headers: { 'content-type': type }, body: { all: true } };
      expect(await jsonBodyOf(request as unknown as AdminRequest)).toEqual({ all: true });
    },
  );
});
