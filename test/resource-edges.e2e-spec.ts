import type { AddressInfo } from 'node:net';
import { describe, expect, it, jest } from '@jest/globals';
import { createService } from '../src/service/create-service.js';
import { circuitStateOf } from './support/circuit-state.js';
import { describeOnEach, httpAdapterOf, settingsOf } from './support/describe-on-each.js';
import {
  CIRCUIT_OPEN,
  expectAnswer,
  expectJsonError,
  TIMEOUT,
  UNAVAILABLE,
} from './support/errors.js';
import { gate } from './support/gate.js';
import { get as getFrom, type Reply } from './support/http-client.js';
import { RawClient, type RawReply } from './support/raw-client.js';
import { Fixtures } from './support/running-service.js';
import {
  COOLDOWN_MS,
  expectFailed,
  expectRefused,
  expectServed,
  FAILS,
  PATH,
  ResourceScenario,
  WORKS,
} from './support/resource-scenario.js';
import { RESOURCE, type Answer } from './support/scripted-backend.js';

// A busy machine is no failure; what hangs is named by its own barrier long before.
jest.setTimeout(180_000);

describeOnEach('GET /api/resource at its edges', (platform) => {
  const circuit = new ResourceScenario(platform);
  const { get, getWith, open, inFlight } = circuit;

  describe('7. what is a failure', () => {
    it.each<[string, Answer]>([
      ['500', { status: 500 }],
      ['502', { status: 502 }],
      ['503 with Retry-After', { status: 503, headers: { 'Retry-After': '120' } }],
      ['504', { status: 504 }],
      ['599', { status: 599 }],
      ['a reset', { reset: true }],
      ['a connection closed without a byte', { raw: '' }],
      ['a truncated body', { truncate: true }],
      ['a truncated chunked body', { truncateChunked: true }],
      ['garbage', { garbage: true }],
      ['101', { upgrade101: true }],
      ['a timeout', { hang: true }],
      ['a trickle without end', { trickle: 10 }],
      ['a body over the limit', { declare: 33_554_433 }],
    ])('%s', async (_, answer) => {
      // All three have reached the backend by then, on a busy machine too.
      await circuit.startService({ clock: circuit.clock, env: { BACKEND_TIMEOUT_MS: '1000' } });
      circuit.backend.on(RESOURCE, answer);
      const replies = await Promise.all([get(), get(), get()]);
      replies.forEach((reply) => {
        expectFailed(reply, 'closed');
      });
      expectRefused(await get(), 'open', '5');
      expect(circuit.backend.calls(RESOURCE)).toBe(3);
    });

    it('a refused connection', async () => {
      await circuit.backend.down();
      for (let i = 0; i < 3; i += 1) expectFailed(await get(), 'closed');
      expectRefused(await get(), 'open', '5');
      await circuit.backend.up();
      circuit.clock.advance(COOLDOWN_MS);
      expectServed(await get(), 'half-open');
    });

    it.each([201, 204, 301, 304, 400, 401, 404, 410, 429])(
      '%i is none: it passes through, and resets the count',
      async (status) => {
        const body = status === 204 || status === 304 ? '' : `answer ${String(status)}`;
        const [, , passed] = await getWith(FAILS, FAILS, { status, body });
        expectServed(passed, 'closed', body, status);
        await getWith(FAILS, FAILS);
        expectServed((await getWith(WORKS))[0], 'closed');
      },
    );

    it('a 429 with Retry-After is none either, and its Retry-After is not ours', async () => {
      const busy = { status: 429, body: 'slow down', headers: { 'Retry-After': '30' } };
      for (const reply of await getWith(busy, busy, busy, busy)) {
        expectServed(reply, 'closed', 'slow down', 429);
      }
    });

    it('a 4xx to the probe closes', async () => {
      await open();
      circuit.clock.advance(COOLDOWN_MS);
      const [probe, next] = await getWith({ status: 404, body: 'none' }, WORKS);
      expectServed(probe, 'half-open', 'none', 404);
      expectServed(next, 'closed');
    });

    it('a client’s own abort is no verdict', async () => {
      await getWith(FAILS, FAILS);
      for (let aborted = 1; aborted <= 3; aborted += 1) {
        const { pending } = await inFlight({});
        pending.leave();
        await circuit.backend.waitForAborted(RESOURCE, aborted);
      }
      await circuit.service.fence();
      expect(await circuitStateOf(circuit.service)).toBe('closed');
      // Nor did it clear the count: this is the third failure.
      expectFailed((await getWith(FAILS))[0], 'closed');
      expectRefused(await get(), 'open', '5');
    });
  });

  describe('8. the backend’s headers', () => {
    const spoofed = {
      'X-Circuit-State': 'open',
      'Retry-After': '99',
      'Cache-Control': 'public, max-age=600',
    };

    it('cannot spoof ours on a success', async () => {
      const [reply] = await getWith({ ...WORKS, headers: spoofed });
      expectServed(reply, 'closed');
    });

    it('cannot spoof ours on a 4xx', async () => {
      const [reply] = await getWith({ status: 404, body: 'none', headers: spoofed });
      expectServed(reply, 'closed', 'none', 404);
    });

    it('cannot spoof ours on a failure, nor on what follows', async () => {
      const failing = { status: 503, headers: spoofed };
      for (const reply of await getWith(failing, failing, failing)) expectFailed(reply, 'closed');
      expectRefused(await get(), 'open', '5');
    });

    it('are not joined by an ETag, nor by a 304 of our making', async () => {
      const [plain] = await getWith(WORKS);
      expect(plain?.headers).not.toHaveProperty('etag');
      circuit.backend.on(RESOURCE, { ...WORKS, headers: { ETag: '"v1"' } });
      expectServed(await get({ 'if-none-match': '"v1"' }), 'closed');
      circuit.backend.on(RESOURCE, FAILS);
      const failed = await get({ 'if-none-match': '*' });
      expectFailed(failed, 'closed');
      expect(failed.headers).not.toHaveProperty('etag');
    });

    it('hand on no cookie', async () => {
      const [reply] = await getWith({ ...WORKS, headers: { 'Set-Cookie': 'a=b' } });
      expect(reply?.headers).not.toHaveProperty('set-cookie');
    });
  });

  describe('9. who else sees the state', () => {
    it('health, which shows half-open as soon as the cooldown has elapsed', async () => {
      expect(await circuitStateOf(circuit.service)).toBe('closed');
      await open();
      expect(await circuitStateOf(circuit.service)).toBe('open');
      circuit.clock.advance(COOLDOWN_MS - 1);
      expect(await circuitStateOf(circuit.service)).toBe('open');
      circuit.clock.advance(1);
      expect(await circuitStateOf(circuit.service)).toBe('half-open');
      // Being looked at takes nobody's place.
      expectServed((await getWith(WORKS))[0], 'half-open');
      expect(await circuitStateOf(circuit.service)).toBe('closed');
    });

    it('HEAD, which is GET without the body in every state', async () => {
      const head = async (): Promise<unknown[]> => {
        const reply = await circuit.service.get(PATH, { method: 'HEAD' });
        expect(reply.text).toBe('');
        return [reply.status, reply.headers['x-circuit-state'], reply.headers['retry-after']];
      };
      expect(await head()).toEqual([200, 'closed', undefined]);
      circuit.backend.on(RESOURCE, FAILS);
      for (let i = 0; i < 3; i += 1) expect(await head()).toEqual([502, 'closed', undefined]);
      expect(await head()).toEqual([503, 'open', '5']);
      circuit.clock.advance(COOLDOWN_MS);
      circuit.backend.on(RESOURCE, WORKS);
      expect(await head()).toEqual([200, 'half-open', undefined]);
      expect(await head()).toEqual([200, 'closed', undefined]);
    });

    it('browsers: with CORS on, both headers are exposed, errors included', async () => {
      const origin = 'https://app.example';
      await circuit.startService({ clock: circuit.clock, env: { CORS_ORIGIN: origin } });
      const exposed = (reply: Reply): string[] => {
        expect(reply.headers['access-control-allow-origin']).toBe(origin);
        const names = reply.headers['access-control-expose-headers'] ?? '';
        return names.toLowerCase().split(/\s*,\s*/);
      };
      const both = expect.arrayContaining(['x-circuit-state', 'retry-after']);
      expect(exposed(await get({ origin }))).toEqual(both);
      await open();
      const refused = await get({ origin });
      expectRefused(refused, 'open', '5');
      expect(exposed(refused)).toEqual(both);
      const preflight = await circuit.service.get(PATH, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'GET' },
      });
      expect(preflight.status).toBe(204);
      expect(preflight.headers['x-circuit-state']).toBe('open');
      expect(circuit.backend.calls(RESOURCE)).toBe(4);
    });

    it('whoever is refused before the circuit is asked, in whatever form the target comes', async () => {
      const ask = async (...lines: string[]): Promise<RawReply> => {
        const client = await RawClient.open(circuit.service.port);
        try {
          return await client.send([...lines, '', ''].join('\r\n')).reply();
        } finally {
          client.close();
        }
      };
      const hosts = ['Host: x', 'Host: y'];
      const calls = circuit.backend.calls(RESOURCE);
      for (const target of [PATH, `${PATH}/`, `${PATH}?a=b`, `http://x${PATH}`]) {
        const { status, headers } = await ask(`GET ${target} HTTP/1.1`, ...hosts);
        expect([target, status, headers.get('x-circuit-state')]).toEqual([target, 400, 'closed']);
      }
      expect(circuit.backend.calls(RESOURCE)).toBe(calls);
      await open();
      const refused = await ask(`GET ${PATH} HTTP/1.1`, ...hosts);
      expect(refused.headers.get('x-circuit-state')).toBe('open');
      for (const target of ['/health', '/api/resources', `/nowhere?${PATH}`]) {
        const { headers } = await ask(`GET ${target} HTTP/1.1`, ...hosts);
        expect(headers.has('x-circuit-state')).toBe(false);
      }
    });

    it('in every spelling of the path that the router takes, and in no other', async () => {
      const origin = 'https://app.example';
      await circuit.startService({ clock: circuit.clock, env: { CORS_ORIGIN: origin } });
      await open();
      const ask = async (method: string, target: string): Promise<string> => {
        const client = await RawClient.open(circuit.service.port);
        const asks = [`Origin: ${origin}`, 'Access-Control-Request-Method: GET'];
        const lines = [`${method} ${target} HTTP/1.1`, 'Host: x', 'Content-Length: 0', ...asks];
        try {
          const { status, headers } = await client.send([...lines, '', ''].join('\r\n')).reply();
          return `${status} ${headers.get('x-circuit-state') ?? 'none'}`;
        } finally {
          client.close();
        }
      };
      const all = async (target: string) => [
        await ask('GET', target),
        await ask('OPTIONS', target),
        await ask('POST', target),
      ];
      const taken = ['503 open', '204 open', '405 open'];
      const unknown = ['404 none', '204 none', '404 none'];
      const encoded = ['/api/%72esource', '/%61%70%69/resource?a=%zz', 'http://x/api/resourc%65'];
      const lax = ['/API/Resource', `${PATH}/`, `${PATH}/?a`, 'ftp://x/api/resource'];
      const isFastify = platform === 'fastify';
      for (const target of [PATH, `${PATH}?a=b`, `http://x${PATH}`, `https://u@x:1${PATH}`]) {
        expect([target, ...(await all(target))]).toEqual([target, ...taken]);
      }
      for (const target of encoded) {
        expect([target, ...(await all(target))]).toEqual([
          target,
          ...(isFastify ? taken : unknown),
        ]);
      }
      // The middleware of Nest on Fastify is laxer than its router.
      for (const target of isFastify ? [] : lax) {
        expect([target, ...(await all(target))]).toEqual([target, ...taken]);
      }
      for (const target of [
        `${PATH}//`,
        `/${PATH}`,
        '/api//resource',
        '/api/%2572esource',
        '/api%2Fresource',
        `${PATH}%2F`,
        `${PATH}%3F`,
        `${PATH};a`,
        '/api/./resource',
        `/x/..${PATH}`,
        '/api\\resource',
      ]) {
        expect([target, ...(await all(target))]).toEqual([target, ...unknown]);
      }
    });

    it('whoever a global guard refuses', async () => {
      const app = await createService({
        env: { BACKEND_URL: circuit.backend.url, SHUTDOWN_DRAIN_MS: '0', ...settingsOf(platform) },
        adapter: httpAdapterOf(platform),
        logger: false,
      });
      try {
        app.useGlobalGuards({ canActivate: () => false });
        await app.listen(0, '127.0.0.1');
        const { port } = app.getHttpServer().address() as AddressInfo;
        const refused = await getFrom(port, PATH);
        expectJsonError(refused, 403);
        expect(refused.headers['x-circuit-state']).toBe('closed');
      } finally {
        await app.close();
      }
    });

    it('nobody across origins with CORS off', async () => {
      const reply = await get({ origin: 'https://app.example' });
      expect(reply.headers).not.toHaveProperty('access-control-allow-origin');
    });

    it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
      'and %s is no request for it: no backend call, no count',
      async (method) => {
        circuit.backend.on(RESOURCE, FAILS);
        for (let i = 0; i < 4; i += 1) {
          const reply = await circuit.service.get(PATH, { method });
          expectJsonError(reply, 405);
          expect(reply.headers['allow']).toBe('GET, HEAD');
          expect(reply.headers['x-circuit-state']).toBe('closed');
        }
        expect(circuit.backend.calls(RESOURCE)).toBe(0);
        expect(await circuitStateOf(circuit.service)).toBe('closed');
      },
    );
  });

  describe('10. time', () => {
    it('a wall clock set back an hour holds nothing open', async () => {
      await open();
      circuit.clock.shiftWall(-60 * 60_000);
      expectRefused(await get(), 'open', '5');
      circuit.clock.advance(COOLDOWN_MS);
      circuit.backend.on(RESOURCE, WORKS);
      expectServed(await get(), 'half-open');
    });

    it('a suspended process, whose monotonic clock stood still, ages', async () => {
      await open();
      circuit.clock.shiftWall(2_000);
      expectRefused(await get(), 'open', '3');
      circuit.clock.shiftWall(3_000);
      circuit.backend.on(RESOURCE, WORKS);
      expectServed(await get(), 'half-open');
    });

    describe('can be faked in every way', () => {
      const start = async (): Promise<void> => {
        await circuit.startService({});
        await open();
        expectRefused(await get(), 'open', '5');
        circuit.backend.on(RESOURCE, WORKS);
      };

      it('fake timers that advance', async () => {
        jest.useFakeTimers({
          doNotFake: [
            ...(['nextTick', 'setImmediate', 'clearImmediate', 'queueMicrotask'] as const),
            ...(['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] as const),
          ],
        });
        try {
          await start();
          jest.advanceTimersByTime(COOLDOWN_MS - 1_500);
          expectRefused(await get(), 'open', '2');
          jest.advanceTimersByTime(1_500);
          expectServed(await get(), 'half-open');
        } finally {
          jest.useRealTimers();
        }
      });

      it('a system time that is set', async () => {
        jest.useFakeTimers({
          doNotFake: [
            ...(['nextTick', 'setImmediate', 'clearImmediate', 'queueMicrotask'] as const),
            ...(['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] as const),
          ],
        });
        try {
          await start();
          jest.setSystemTime(Date.now() + COOLDOWN_MS);
          expectServed(await get(), 'half-open');
        } finally {
          jest.useRealTimers();
        }
      });

      it.each(['Date.now', 'performance.now'])('a mocked %s', async (name) => {
        await start();
        const clockOf = name === 'Date.now' ? Date : performance;
        const real = clockOf.now.bind(clockOf);
        const mock = jest.spyOn(clockOf, 'now').mockImplementation(() => real() + COOLDOWN_MS);
        try {
          expectServed(await get(), 'half-open');
        } finally {
          mock.mockRestore();
        }
      });
    });
  });

  describe('beside /api/data', () => {
    it('an open circuit refuses nothing there, not even the same path of the backend', async () => {
      await open();
      circuit.backend.on(RESOURCE, WORKS);
      for (const key of [RESOURCE, 'other']) {
        const reply = await circuit.service.get(`/api/data/${key}`);
        expect(reply.status).toBe(200);
        expect(reply.headers).not.toHaveProperty('x-circuit-state');
      }
      expectRefused(await get(), 'open', '5');
    });

    it('failures there open nothing here', async () => {
      circuit.backend.on(RESOURCE, FAILS);
      for (let i = 0; i < 5; i += 1) {
        expectAnswer(await circuit.service.get(`/api/data/${RESOURCE}`), 502, UNAVAILABLE);
      }
      expect(await circuitStateOf(circuit.service)).toBe('closed');
      expectServed((await getWith(WORKS))[0], 'closed');
    });

    it('a flight there is not joined by a request here', async () => {
      const opens = gate();
      circuit.backend.on(RESOURCE, { ...WORKS, gate: opens });
      const flight = await circuit.service.arrive(`/api/data/${RESOURCE}`);
      const direct = await circuit.service.arrive(PATH);
      await circuit.backend.waitForCalls(RESOURCE, 2);
      opens.open();
      expectServed(await direct.reply, 'closed');
      expect((await flight.reply).text).toBe('it works');
    });

    it('200 requests that hang here hold up no key there', async () => {
      await circuit.startService({ clock: circuit.clock, env: { BACKEND_TIMEOUT_MS: '60000' } });
      circuit.backend.on(RESOURCE, { hang: true });
      const pending = await circuit.service.burst(200, () => PATH);
      await circuit.backend.waitForCalls(RESOURCE, 200);
      expect((await circuit.service.get('/api/data/quick')).status).toBe(200);
      for (const request of pending) request.leave();
      await circuit.backend.waitForAborted(RESOURCE, 200);
      expect(await circuitStateOf(circuit.service)).toBe('closed');
    });
  });
});

describe('GET /api/resource in real time', () => {
  const fixtures = new Fixtures('express');
  const failed = `502 | ${UNAVAILABLE}`;
  const refused = `503 | ${CIRCUIT_OPEN}`;

  const until = (moment: number): Promise<void> =>
    new Promise((resolve) => {
      setTimeout(resolve, Math.max(0, moment - performance.now()));
    });

  it('shows the six rows with the defaults, and gives a call 5 s', async () => {
    /** The rows up to the probe that the backend answers with `last`. */
    const rows = async (last: Answer, ofTheProbe: string, after: string): Promise<void> => {
      const backend = await fixtures.backend();
      const service = await fixtures.service(backend);
      const row = async (pending = service.get(PATH)): Promise<string> => {
        const { status, headers, text } = await pending;
        const state = String(headers['x-circuit-state']);
        return [status, text, state, headers['retry-after'] ?? '-'].join(' | ');
      };
      backend.on(RESOURCE, WORKS, FAILS);
      expect(await row()).toBe('200 | it works | closed | -');
      for (let i = 0; i < 3; i += 1) expect(await row()).toBe(`${failed} | closed | -`);
      const openedAt = performance.now();
      expect(await row()).toBe(`${refused} | open | 5`);
      await until(openedAt + 4_200);
      expect(await row()).toBe(`${refused} | open | 1`);

      await until(openedAt + 5_000);
      const opens = gate();
      backend.on(RESOURCE, { ...last, gate: opens }, last);
      const probe = await service.arrive(PATH);
      await backend.waitForCalls(RESOURCE, 5);
      expect(await row()).toBe(`${refused} | half-open | -`);
      opens.open();
      expect(await row(probe.reply)).toBe(ofTheProbe);
      expect(await row()).toBe(after);
    };
    const hanging = async (): Promise<void> => {
      const backend = await fixtures.backend();
      const service = await fixtures.service(backend);
      backend.on('hangs', { hang: true });
      const startedAt = performance.now();
      expectAnswer(await service.get('/api/data/hangs'), 504, TIMEOUT);
      const elapsed = performance.now() - startedAt;
      expect(elapsed).toBeGreaterThanOrEqual(4_995);
      // Far from the 60 s of most other limits, and not near: a busy machine is late.
      expect(elapsed).toBeLessThan(30_000);
    };
    await Promise.all([
      rows(WORKS, '200 | it works | half-open | -', '200 | it works | closed | -'),
      rows(FAILS, `${failed} | half-open | -`, `${refused} | open | 5`),
      hanging(),
    ]);
  });
});
