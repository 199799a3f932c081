import { getEventListeners, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import type { TestingModule } from '@nestjs/testing';
import { of, NEVER } from 'rxjs';
import {
  BackendClient,
  BackendModule,
  CachingModule,
  CachingService,
  CircuitBreakerModule,
  CircuitBreakerService,
  CoalescingModule,
  CoalescingService,
} from '../src/index.js';

/** As many calls as a request may make at once; Node warns of a leak from the eleventh listener on. */
const CALLS = 50;

/** Ways in which a caller's signal goes into the library, each beside the others. */
type Way = 'coalescing' | 'cache' | 'circuit' | 'Observable' | 'http-service' | 'undici';

const WAYS: readonly Way[] = [
  ...(['coalescing', 'cache', 'circuit', 'Observable', 'http-service', 'undici'] as const),
];

describe("one caller's signal on fifty calls at once", () => {
  let backend: Server;
  let app: TestingModule;
  const leaving = { controller: new AbortController() };

  beforeEach(async () => {
    leaving.controller = new AbortController();
    // It never answers.
    backend = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(backend, 'listening');
  });

  afterEach(async () => {
    await app.close();
    backend.close();
  });

  async function callsBy(way: Way): Promise<(n: number, signal: AbortSignal) => Promise<unknown>> {
    const { port } = backend.address() as AddressInfo;
    const transport = way === 'http-service' ? way : 'undici';
    app = await Test.createTestingModule({
      imports: [
        CoalescingModule.forRoot(),
        CircuitBreakerModule.forRoot(),
        CachingModule.forRoot(),
        BackendModule.forRoot({ baseUrl: `http://127.0.0.1:${port}`, transport }),
      ],
    }).compile();
    const hang = () => new Promise<never>(() => undefined);
    const circuit = app.get(CircuitBreakerService).circuit('backend');
    switch (way) {
      case 'coalescing':
        return (n, signal) => app.get(CoalescingService).run(`k${n}`, hang, { signal });
      case 'cache':
        return (n, signal) => app.get(CachingService).get(`k${n}`, hang, { signal });
      case 'circuit':
        return (_, signal) => circuit.execute(hang, { signal });
      case 'Observable':
        return (_, signal) => circuit.execute(() => NEVER, { signal });
      default:
        return (n, signal) => app.get(BackendClient).get(`/${n}`, signal);
    }
  }

  it.each(WAYS)(
    'has one listener there by way of %s, and all are let go when it aborts',
    async (way) => {
      const warnings: Error[] = [];
      const note = (warning: Error): unknown => warnings.push(warning);
      process.on('warning', note);
      const { signal } = leaving.controller;
      const listeners = () => getEventListeners(signal, 'abort').length;
      const call = await callsBy(way);
      const calls = Promise.allSettled(Array.from({ length: CALLS }, (_, n) => call(n, signal)));
      expect(listeners()).toBe(1);
      const reason = new Error('gone');
      leaving.controller.abort(reason);
      const ends = await calls;
      expect(ends.every((end) => end.status === 'rejected' && end.reason === reason)).toBe(true);
      expect(listeners()).toBe(0);
      await new Promise((resolve) => setImmediate(resolve));
      process.off('warning', note);
      expect(warnings).toEqual([]);
    },
  );

  it('leaves no listener behind when the calls end by themselves', async () => {
    const { signal } = leaving.controller;
    await callsBy('coalescing');
    const circuit = app.get(CircuitBreakerService).circuit('backend');
    await Promise.all([
      app.get(CoalescingService).run('k', () => 1, { signal }),
      app.get(CachingService).get('k', () => 1, { signal }),
      circuit.execute(() => 1, { signal }),
      circuit.execute(() => of(1), { signal }),
    ]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
