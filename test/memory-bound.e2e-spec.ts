import { Agent, createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { get } from './support/http-client.js';
import { Fixtures } from './support/running-service.js';

// A busy machine is no failure.
jest.setTimeout(300_000);

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const BOUND_BYTES = 8 * 2 ** 20;

/** Requests at once. */
const CALLERS = 32;

/** Bytes that are alive, on the heap and beside it. */
async function held(): Promise<number> {
  for (let i = 0; i < 4; i += 1) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe('MEMORY_CACHE_MAX_BYTES', () => {
  const fixtures = new Fixtures('express');
  let backend: Server | undefined;
  const agent = new Agent({ keepAlive: true, maxSockets: CALLERS });

  afterEach(() => {
    agent.destroy();
    backend?.closeAllConnections();
    backend?.close();
  });

  it.each<[string, number, Record<string, string>, number]>([
    [
      'one byte, and 11.8 KB of headers',
      1,
      { 'content-security-policy': 'x'.repeat(11_800) },
      1_800,
    ],
    [
      'one byte, and many headers',
      1,
      Object.fromEntries(
        ['link', 'vary', 'x-robots-tag', 'permissions-policy', 'report-to', 'allow', 'sunset'].map(
          (name) => [name, name === 'vary' ? 'accept-encoding' : 'x'.repeat(300)],
        ),
      ),
      3_500,
    ],
    ['200 bytes and few headers', 200, { etag: '"a"' }, 7_000],
  ])('is what is held, within a fifth, of answers of %s', async (_, size, headers, count) => {
    const body = Buffer.alloc(size, 'x');
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain', ...headers });
      response.end(body);
    });
    backend = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    const service = await fixtures.service(url, {
      env: {
        MEMORY_CACHE_MAX_BYTES: String(BOUND_BYTES),
        FRESH_TTL_MS: '3600000',
        BACKEND_TIMEOUT_MS: '60000',
      },
    });
    // One product: its coalescer is not what is measured.
    const fill = async (from: number, to: number): Promise<void> => {
      let next = from;
      const caller = async (): Promise<void> => {
        while (next < to) {
          const path = `/products?productId=1&fields=f${String((next += 1))}`;
          expect((await get(service.port, path, { agent })).status).toBe(200);
        }
      };
      await Promise.all(Array.from({ length: CALLERS }, caller));
    };
    await fill(0, 50);
    const before = await held();
    await fill(1_000, 1_000 + count);
    const grown = (await held()) - before;
    expect(grown).toBeGreaterThan(0.8 * BOUND_BYTES);
    expect(grown).toBeLessThan(1.2 * BOUND_BYTES);
  });
});
