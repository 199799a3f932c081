import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, it, jest } from '@jest/globals';
import type { LoggerService } from '@nestjs/common';
import { ManualClock } from '../src/ground/manual-clock.js';
import { describeOnEach } from './support/describe-on-each.js';
import { gate } from './support/gate.js';
import { describeInside, Fixtures, type RunningService } from './support/running-service.js';
import { RESOURCE, type ScriptedBackend } from './support/scripted-backend.js';

// A busy machine is no failure; what hangs is named by its own barrier long before.
jest.setTimeout(180_000);

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const PARENT = `00-${TRACE}-${SPAN}-00`;
const TRACEPARENT = /^00-([\da-f]{32})-([\da-f]{16})-(0[01])$/;
const SKU = '/products/7';
const PRODUCT = '/products?productId=7';

interface Line {
  readonly requestId: string;
  readonly status: number | 'aborted';
  readonly served?: string;
  readonly flightId?: string;
  readonly traceId?: string;
  readonly route?: string;
  readonly flight?: string;
  readonly backendMs?: number;
}

// What is logged, a logger in this process keeps.
describeOnEach(
  'A call of the backend',
  (platform) => {
    const fixtures = new Fixtures(platform);
    let backend: ScriptedBackend;
    let clock: ManualClock;
    let service: RunningService;
    let lines: Line[];

    async function serve(env: Readonly<Record<string, string>> = {}): Promise<void> {
      lines = [];
      const keep = (line: unknown, context?: unknown): void => {
        if (context === 'Http') lines.push(line as Line);
      };
      const logger: LoggerService = { log: keep, warn: keep, error: keep };
      service = await fixtures.service(backend, { clock, logger, env });
    }

    /** The line of a request, which may come a moment after its answer. */
    async function lineOf(requestId: string): Promise<Line> {
      for (const deadline = Date.now() + 40_000; Date.now() < deadline; await sleep(1)) {
        const line = lines.find((each) => each.requestId === requestId);
        if (line) return line;
      }
      throw new Error(`no line of ${requestId}`);
    }

    const ask = (path: string, id: string, headers: Readonly<Record<string, string>> = {}) =>
      service.get(path, { headers: { traceparent: PARENT, ...headers, 'x-request-id': id } });

    /** Ids that the backend was told by the last call for `key`. */
    function toldBy(key: string) {
      const { headers, rawHeaders } = backend.lastOf(key);
      const names = rawHeaders.map((name) => name.toLowerCase());
      expect(names.filter((name) => name === 'traceparent')).toHaveLength(1);
      const [, traceId, spanId, flags] = TRACEPARENT.exec(String(headers['traceparent'])) ?? [];
      expect(headers['x-request-id']).toBe(spanId);
      expect(headers).not.toHaveProperty('tracestate');
      return { flightId: spanId, traceId, flags };
    }

    /** The backend was told the ids of a trace that is nobody's, and each of the requests names them. */
    async function expectShared(key: string, ids: readonly string[], status = 200): Promise<void> {
      const { flightId, traceId, flags } = toldBy(key);
      expect([traceId === TRACE, flags]).toEqual([false, '01']);
      for (const id of ids) {
        expect(await lineOf(id)).toMatchObject({ requestId: id, status, flightId, traceId });
      }
      const told = await Promise.all(ids.map(lineOf));
      // A call that is shared with nobody is on no flight.
      const roles = key === RESOURCE ? [undefined] : ['led', ...ids.slice(1).map(() => 'joined')];
      expect(told.map(({ flight }) => flight)).toEqual(roles);
      for (const { route, backendMs } of told) {
        expect(['/api/data/:key', '/api/resource', '/products']).toContain(route);
        expect(Number.isInteger(backendMs)).toBe(true);
      }
    }

    beforeEach(async () => {
      clock = new ManualClock();
      backend = await fixtures.backend();
      await serve();
    });

    it.each([
      ['/api/data/a', 'a'],
      [PRODUCT, SKU],
    ])('for %s has ids of its own, which leader and joiners name', async (path, key) => {
      for (const { answer, status } of [
        { answer: {}, status: 200 },
        { answer: { status: 500 }, status: 502 },
        { answer: { reset: true }, status: 502 },
      ]) {
        const held = gate();
        backend.on(key, { ...answer, gate: held });
        const ids = ['1', '2', '3'].map((id) => `${id}-${String(status)}-${String(lines.length)}`);
        const headers = { traceparent: PARENT, tracestate: 'vendor=1' };
        const pending = [];
        for (const id of ids) {
          pending.push(await service.arrive(path, { headers: { ...headers, 'x-request-id': id } }));
        }
        const calls = backend.calls(key);
        held.open();
        await Promise.all(pending.map(({ reply }) => reply));
        expect(backend.calls(key)).toBe(calls);
        await expectShared(key, ids, status);
        clock.advance(100_000);
      }
      const flights = lines.flatMap(({ flightId = [] }) => flightId);
      expect([flights.length, new Set(flights).size]).toEqual([9, 3]);
    });

    it('that comes too late is named as well', async () => {
      await serve({ BACKEND_TIMEOUT_MS: '50' });
      for (const [path, key, status] of [
        ['/api/data/a', 'a', 504],
        [PRODUCT, SKU, 504],
        ['/api/resource', RESOURCE, 502],
      ] as const) {
        backend.on(key, { hang: true });
        await ask(path, `late-${key}`);
        const { flightId, traceId } = toldBy(key);
        expect(await lineOf(`late-${key}`)).toMatchObject({ status, flightId, traceId });
      }
    });

    it('is named by its leader, though that has left', async () => {
      for (const [path, key] of [
        ['/api/data/a', 'a'],
        [PRODUCT, SKU],
        ['/api/resource', RESOURCE],
      ] as const) {
        backend.on(key, { hang: true });
        const pending = await service.arrive(path, { headers: { 'x-request-id': `gone-${key}` } });
        await backend.waitForCalls(key, 1);
        pending.leave();
        const { flightId, traceId } = toldBy(key);
        const status = 'aborted';
        expect(await lineOf(`gone-${key}`)).toMatchObject({ status, flightId, traceId });
      }
    });

    it('for /api/resource is of the trace of its one request, if that has a valid one', async () => {
      await ask('/api/resource', 'child', { tracestate: 'vendor=1' });
      const { flightId, ...of } = toldBy(RESOURCE);
      expect(of).toEqual({ traceId: TRACE, flags: '00' });
      expect(await lineOf('child')).toMatchObject({ status: 200, flightId, traceId: TRACE });
      for (const [index, traceparent] of [
        `${PARENT}-more`,
        PARENT.toUpperCase(),
        'x'.repeat(60_000),
      ].entries()) {
        await ask('/api/resource', `stranger-${String(index)}`, { traceparent });
        await expectShared(RESOURCE, [`stranger-${String(index)}`]);
      }
    });

    it('as a probe has ids too, and what the circuit refuses has none', async () => {
      backend.on(RESOURCE, { status: 500 });
      for (const id of ['1', '2', '3', 'refused']) await ask('/api/resource', id);
      expect((await lineOf('refused')).flightId).toBeUndefined();
      clock.advance(5_000);
      backend.on(RESOURCE, {});
      await ask('/api/resource', 'probe');
      const { flightId } = toldBy(RESOURCE);
      expect(await lineOf('probe')).toMatchObject({ status: 200, flightId, traceId: TRACE });
    });

    it('for one caller with credentials is of the trace of that request', async () => {
      for (const [name, value] of [
        ['Cookie', 'a=b'],
        ['Authorization', 'Bearer x'],
      ] as const) {
        await ask(PRODUCT, name, { [name]: value, tracestate: 'vendor=1' });
        const { flightId, traceId } = toldBy(SKU);
        expect(traceId).toBe(TRACE);
        expect(await lineOf(name)).toMatchObject({ served: 'bypass', flightId, traceId });
      }
      backend.on(SKU, { status: 500 });
      await ask(PRODUCT, 'failed', { Cookie: 'a=b' });
      const { flightId } = toldBy(SKU);
      expect(await lineOf('failed')).toMatchObject({ status: 502, flightId, traceId: TRACE });
    });

    it('has its ids when each caller makes one of his own, since the answer is not for all', async () => {
      backend.on(SKU, { headers: { 'Cache-Control': 'private' } });
      const flights = [];
      for (const id of ['1', '2', '3']) {
        await ask(PRODUCT, id);
        await expectShared(SKU, [id]);
        flights.push(toldBy(SKU).flightId);
      }
      expect(new Set(flights).size).toBe(3);
    });

    it('is not named by those who are answered from the cache', async () => {
      await ask(PRODUCT, 'miss');
      await expectShared(SKU, ['miss']);
      for (const id of ['hit', 'short hit']) {
        await ask(PRODUCT, id.replace(' ', '-'));
        const line = await lineOf(id.replace(' ', '-'));
        expect(line).toMatchObject({ served: 'hit' });
        expect([line.flightId, line.traceId]).toEqual([undefined, undefined]);
      }
    });

    it('behind a stale answer has ids, which the request that has begun it names', async () => {
      backend.on(SKU, { headers: { ETag: '"1"' } });
      await ask(PRODUCT, 'first');
      const { flightId: first } = toldBy(SKU);
      clock.advance(15_000);
      backend.on(SKU, { status: 304 });
      await ask(PRODUCT, 'stale');
      await backend.waitForCalls(SKU, 2);
      const { flightId, traceId } = toldBy(SKU);
      expect([flightId === first, traceId === TRACE]).toEqual([false, false]);
      expect(await lineOf('stale')).toMatchObject({ served: 'stale', flightId, traceId });
    });

    it('carries no traceparent where that is switched off', async () => {
      await serve({ BACKEND_TRACEPARENT: 'off' });
      await ask('/api/data/a', 'off');
      const { headers } = backend.lastOf('a');
      expect(headers).not.toHaveProperty('traceparent');
      expect(await lineOf('off')).toMatchObject({ flightId: headers['x-request-id'] });
    });
  },
  describeInside,
);
