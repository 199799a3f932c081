import { describe, expect, it } from '@jest/globals';
import { RequestLine } from './request-line.js';

/** `JSON.stringify` of the line itself, which is the measure. */
const expectAsJson = (line: RequestLine): void => {
  const { method, target, status, durationMs } = line;
  const message = `${method} ${target} ${status} ${durationMs} ms`;
  expect(`{${line.toText('Http')}}`).toBe(JSON.stringify({ message, context: 'Http', ...line }));
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
    expectAsJson(new RequestLine('id-1', { method: 'GET', url }, 'aborted', 0, { cause: url }));
  });

  it.each([
    [200, undefined],
    [502, 'connect ECONNREFUSED'],
    ['aborted' as const, undefined],
    ['aborted' as const, ''],
  ])('is JSON with status %j and cause %j', (status, cause) => {
    const line = new RequestLine('7f/3:x@y+z=', { method: 'M-SEARCH', url: '/' }, status, 2.5, {
      cause,
    });
    expectAsJson(line);
    expect(JSON.parse(`{${line.toText('Http')}}`)).toEqual({
      message: `M-SEARCH / ${status} 3 ms`,
      context: 'Http',
      requestId: '7f/3:x@y+z=',
      method: 'M-SEARCH',
      target: '/',
      status,
      durationMs: 3,
      ...(cause !== undefined && { cause }),
    });
  });

  it('names the call of the backend, and its trace, where there was one', () => {
    const request = { method: 'GET', url: '/' };
    const call = { flightId: 'b7ad6b7169203331', traceId: '0af7651916cd43dd8448eb211c80319c' };
    const line = new RequestLine('id', request, 200, 2, { served: 'miss', call });
    expect(`{${line.toText('Http')}}`).toBe(
      JSON.stringify({ message: 'GET / 200 miss 2 ms', context: 'Http', ...line }),
    );
    expect(line).toMatchObject(call);
    // What another process has told may be anything.
    const odd = { flightId: '"},{', traceId: '\n' };
    const told = new RequestLine('id', request, 502, 2, { cause: 'down', call: odd }).toText(
      'Http',
    );
    expect(JSON.parse(`{${told}}`)).toMatchObject(odd);
    const none = new RequestLine('id', request, 200, 2, { served: 'hit' });
    expect(none.toText('Http')).not.toMatch(/flightId|traceId/);
  });

  it('names the route, the part in the flight and the time of the call, where there were any', () => {
    const request = { method: 'GET', url: '/' };
    const call = { flightId: 'b7ad6b7169203331', traceId: '0af7651916cd43dd8448eb211c80319c' };
    const facts = {
      route: '/a "b"/:c',
      served: 'miss',
      flight: 'led',
      call: { ...call, backendMs: 7 },
    };
    const line = new RequestLine('id', request, 200, 9, facts);
    const message = 'GET / 200 miss 9 ms';
    expect(`{${line.toText('Http')}}`).toBe(JSON.stringify({ message, context: 'Http', ...line }));
    expect(line).toMatchObject({ route: '/a "b"/:c', flight: 'led', backendMs: 7 });
    // A flight of another process may have no call that is known here.
    const joined = new RequestLine('id', request, 200, 9, { flight: 'joined' });
    expect(JSON.parse(`{${joined.toText('Http')}}`)).toMatchObject({
      flight: 'joined',
      status: 200,
    });
    const odd = { ...call, backendMs: '1,"status":0' as unknown as number };
    expect(new RequestLine('id', request, 200, 9, { call: odd }).toText('Http')).not.toContain(
      ',"status":0',
    );
    // Lines that end alike but for their route do not share an end.
    const ends = ['/a', '/b'].map((route) =>
      new RequestLine('id', request, 200, 1, { route }).toText('Http'),
    );
    expect(ends[1]).toContain('"route":"/b"');
  });

  it('says no more than 256 characters of a target, even where that halves a character', () => {
    const url = `/${'😀'.repeat(1_000)}`;
    const line = new RequestLine('id', { method: 'GET', url }, 200, 0);
    expectAsJson(line);
    expect((JSON.parse(`{${line.toText('Http')}}`) as RequestLine).target).toBe(url.slice(0, 256));
  });

  it('is one short line for people, which nothing in it can break', () => {
    const hit = new RequestLine('a', { method: 'GET', url: '/products?productId=7' }, 200, 2, {
      served: 'hit',
    });
    expect(hit.summary).toBe('GET /products?productId=7 200 hit 2 ms');
    const bad = new RequestLine('a', { method: 'GET', url: '/a\n\u001b[2J' }, 502, 9.7, {
      cause: 'no\nway',
    });
    expect(bad.summary).toBe('GET /a\\n\\u001b[2J 502 10 ms: no\\nway');
  });
});
