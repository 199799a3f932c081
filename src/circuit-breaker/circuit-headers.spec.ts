import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { sealCircuitHeaders } from './circuit-headers.js';

function responseTo(): ServerResponse {
  return new ServerResponse(new IncomingMessage(new Socket()));
}

const closed = { state: 'closed' } as const;
const open = { state: 'open', retryAfterMs: 4_200 } as const;

describe('a sealed response', () => {
  it('has its headers at once, for whoever looks', () => {
    const response = responseTo();
    sealCircuitHeaders(response, open);
    expect(response.getHeaders()).toEqual({ 'x-circuit-state': 'open', 'retry-after': '5' });
  });

  it('is sealed by the first decision', () => {
    const response = responseTo();
    sealCircuitHeaders(response, closed);
    sealCircuitHeaders(response, open);
    response.writeHead(503);
    expect(response.getHeaders()).toEqual({
      'x-circuit-state': 'closed',
      'cache-control': 'no-store',
    });
  });

  it('loses a Retry-After that was there before', () => {
    const response = responseTo();
    response.setHeader('Retry-After', '9');
    sealCircuitHeaders(response, closed);
    expect(response.hasHeader('Retry-After')).toBe(false);
  });

  it('is put right when the head is written, however its headers are handed over', () => {
    const spoofed = { 'X-CIRCUIT-STATE': 'open', 'Retry-After': '9', 'cache-control': 'public' };
    const pairs = Object.entries(spoofed);
    for (const headers of [spoofed, pairs.flat(), pairs]) {
      for (const rest of [[headers], ['Message', headers], [undefined, headers]]) {
        const response = responseTo();
        sealCircuitHeaders(response, closed);
        const writeHead = response.writeHead.bind(response) as (...head: unknown[]) => unknown;
        expect(writeHead(500, ...rest)).toBe(response);
        expect(response.statusMessage).toBe(
          rest[0] === 'Message' ? 'Message' : 'Internal Server Error',
        );
        expect(response.getHeaders()).toEqual({
          'x-circuit-state': 'closed',
          'cache-control': 'no-store',
        });
      }
    }
  });

  it('keeps the repetitions in a list of headers, and only those', () => {
    const response = responseTo();
    response.setHeader('Set-Cookie', 'before=1');
    sealCircuitHeaders(response, closed);
    response.writeHead(200, ['Set-Cookie', 'a=1', 'X-One', '1', 'Set-Cookie', 'b=2']);
    expect(response.getHeaders()).toEqual({
      'x-circuit-state': 'closed',
      'set-cookie': ['a=1', 'b=2'],
      'x-one': '1',
    });
  });

  it('takes several values of one header in a list, and no headers at all', () => {
    const response = responseTo();
    sealCircuitHeaders(response, closed);
    response.writeHead(200, ['Set-Cookie', ['a=1', 'b=2']]);
    expect(response.getHeader('set-cookie')).toEqual(['a=1', 'b=2']);
    const bare = responseTo();
    sealCircuitHeaders(bare, closed);
    bare.writeHead(200, null as never);
    expect(bare.getHeaders()).toEqual({ 'x-circuit-state': 'closed' });
  });

  it('leaves Cache-Control alone below 500', () => {
    const response = responseTo();
    sealCircuitHeaders(response, closed);
    response.writeHead(404, { 'Cache-Control': 'public' });
    expect(response.getHeader('cache-control')).toBe('public');
  });

  it('reports a second head as Node does', () => {
    const response = responseTo();
    sealCircuitHeaders(response, closed);
    response.writeHead(200).flushHeaders();
    expect(() => response.writeHead(200, { 'x-late': '1' })).toThrow(
      expect.objectContaining({ code: 'ERR_HTTP_HEADERS_SENT' }),
    );
  });

  it('is left as it is if its head has gone already', () => {
    const response = responseTo();
    response.writeHead(200).flushHeaders();
    expect(() => sealCircuitHeaders(response, open)).not.toThrow();
    expect(response.hasHeader('X-Circuit-State')).toBe(false);
  });
});
