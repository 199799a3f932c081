import { Agent, createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { get } from './support/http-client.js';
import { ServiceProcess } from './support/service-process.js';

// A busy machine is no failure.
jest.setTimeout(300_000);

const BOUND_BYTES = 8 * 2 ** 20;

/** Requests at once. */
const CALLERS = 32;

/** Within the service: collects at a signal, and says how many bytes are alive, on the heap and beside it. */
const MEASURE = `
  import { setFlagsFromString } from 'node:v8';
  import { runInNewContext } from 'node:vm';
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  process.on('SIGUSR2', async () => {
    for (let i = 0; i < 4; i += 1) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const { heapUsed, external } = process.memoryUsage();
    process.stderr.write('held ' + (heapUsed + external) + '\\n');
  });
`;

/** Bytes that are alive in the service; what this process itself holds would blur them. */
async function held(service: ServiceProcess): Promise<number> {
  const from = service.stderr.length;
  service.signal('SIGUSR2');
  const figure = (): RegExpExecArray | null => /held (\d+)\n/.exec(service.stderr.slice(from));
  await service.until('the figure', () => figure() !== null);
  return Number(figure()?.[1]);
}

describe('MEMORY_CACHE_MAX_BYTES', () => {
  let service: ServiceProcess | undefined;
  let backend: Server | undefined;
  const agent = new Agent({ keepAlive: true, maxSockets: CALLERS });

  /** A connection that was idle for too long may close while it is used again: that says nothing. */
  const ask200 = async (port: number, path: string): Promise<void> => {
    const answer = await get(port, path, { agent }).catch(() => get(port, path, { agent }));
    expect(answer.status).toBe(200);
  };

  afterEach(async () => {
    agent.destroy();
    await service?.kill();
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
    const running = await ServiceProcess.start({
      BACKEND_URL: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
      MEMORY_CACHE_MAX_BYTES: String(BOUND_BYTES),
      FRESH_TTL_MS: '3600000',
      BACKEND_TIMEOUT_MS: '60000',
      LOG_LEVEL: 'error',
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(MEASURE)}`,
    });
    service = running;
    const ask = async (times: number, pathOf: (index: number) => string): Promise<void> => {
      let next = 0;
      const caller = async (): Promise<void> => {
        while (next < times) {
          const path = pathOf((next += 1));
          await ask200(running.port, path);
        }
      };
      await Promise.all(Array.from({ length: CALLERS }, caller));
    };
    // What the service holds once it is warm is not of the cache.
    await ask(500, (index) => `/api/data/${String(index)}`);
    await ask(50, (index) => `/products?productId=1&fields=warm${String(index)}`);
    const before = await held(running);
    // One product: its coalescer is not what is measured.
    await ask(count, (index) => `/products?productId=1&fields=f${String(index)}`);
    const grown = (await held(running)) - before;
    expect(grown).toBeGreaterThan(0.8 * BOUND_BYTES);
    expect(grown).toBeLessThan(1.2 * BOUND_BYTES);
  });
});
