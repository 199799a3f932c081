import { get } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Global, Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import request from 'supertest';
import { ManualClock } from '../ground/manual-clock.js';
import {
  CircuitBreakerHealthIndicator,
  CircuitBreakerModule,
  CircuitBreakerService,
  SHARED_CIRCUITS,
} from './index.js';
import type { SharedCircuits } from './index.js';
import { FakeSharedCircuits } from './testing/fake-shared-circuits.js';
import { promiseResourceContract } from './testing/promise-resource-contract.js';
import { ProxyController, ScriptedBackend } from './testing/scripted-backend.js';
import { ADAPTERS, startApp } from './testing/start-app.js';
import type { StartedApp } from './testing/start-app.js';

const UNAVAILABLE = { error: 'backend unavailable' };
const REFUSED = { error: 'circuit open' };

@Global()
@Module({})
class OthersModule {
  static of(others: SharedCircuits): DynamicModule {
    const providers = [{ provide: SHARED_CIRCUITS, useValue: others }];
    return { module: OthersModule, providers, exports: providers };
  }
}

describe.each(ADAPTERS)('a route of an instance whose others are silent, on %s', (adapter) => {
  promiseResourceContract(adapter, () =>
    Promise.resolve([OthersModule.of(new FakeSharedCircuits())]),
  );
});

describe.each(ADAPTERS)('a route of one instance among several, on %s', (adapter) => {
  let clock: ManualClock;
  let others: FakeSharedCircuits;
  let backend: ScriptedBackend;
  let started: StartedApp;

  beforeEach(async () => {
    clock = new ManualClock();
    others = new FakeSharedCircuits();
    started = await startApp(adapter, {
      imports: [OthersModule.of(others), CircuitBreakerModule.forRoot({ clock })],
      controllers: [ProxyController],
      providers: [ScriptedBackend],
    });
    backend = started.app.get(ScriptedBackend);
  });

  afterEach(() => started.app.close());

  /** Sends a request; resolves with its response, whenever that comes. */
  const ask = () =>
    request(started.server)
      .get('/resource')
      .then((response) => response);
  /** A request that waits for the others. */
  const askAndWait = async () => {
    const before = others.asked.length;
    const response = ask();
    while (others.asked.length === before) await new Promise(setImmediate);
    return { response };
  };
  const openAndCoolDown = () => {
    others.open();
    clock.advance(5_000);
  };
  const describeCircuit = () =>
    started.app.get(CircuitBreakerService).circuit('resource').describe();

  it('closed: what the backend answers, `closed`', async () => {
    expect(await ask()).toMatchObject({ status: 200, headers: { 'x-circuit-state': 'closed' } });
    backend.fails();
    const failed = await ask();
    expect(failed).toMatchObject({ status: 502, body: UNAVAILABLE });
    expect(failed.headers).toMatchObject({ 'x-circuit-state': 'closed' });
  });

  it('open by the others: 503, `open`, `Retry-After`; health says by whom', async () => {
    others.open(4_200);
    const refused = await ask();
    expect(refused).toMatchObject({ status: 503, body: REFUSED });
    expect(refused.headers).toMatchObject({
      'x-circuit-state': 'open',
      'retry-after': '5',
      'cache-control': 'no-store',
    });
    expect(backend.calls).toBe(0);
    expect(started.app.get(CircuitBreakerHealthIndicator).check()).toEqual({
      circuits: { status: 'up', states: { resource: 'open' }, openedByCluster: ['resource'] },
    });
  });

  it('half-open, the probe: what the backend answers, `half-open`, once the others agree', async () => {
    for (const answer of [{ status: 502 }, { status: 200 }] as const) {
      openAndCoolDown();
      if (answer.status === 200) backend.answers(answer);
      else backend.fails();
      const { response } = await askAndWait();
      expect(backend.calls).toBe(answer.status === 200 ? 1 : 0);
      await others.answer({ granted: true });
      const probe = await response;
      expect(probe.status).toBe(answer.status);
      expect(probe.headers).toMatchObject({ 'x-circuit-state': 'half-open' });
    }
    expect(others.told).toEqual(['probe failed 5000', 'probe succeeded']);
  });

  it('half-open, another instance probes: 503, `half-open`, nothing promised', async () => {
    openAndCoolDown();
    const { response } = await askAndWait();
    const meanwhile = await ask();
    await others.answer({ granted: false, forMs: 10_000 });
    for (const refused of [meanwhile, await response, await ask()]) {
      expect(refused).toMatchObject({ status: 503, body: REFUSED });
      expect(refused.headers).toMatchObject({
        'x-circuit-state': 'half-open',
        'cache-control': 'no-store',
      });
      expect(refused.headers).not.toHaveProperty('retry-after');
    }
    expect([backend.calls, others.asked.length]).toEqual([0, 0]);
    expect(describeCircuit()).toMatchObject({ state: 'half-open', inFlight: 0 });
  });

  it('half-open, the client leaves while the others are asked: the next request is the probe', async () => {
    openAndCoolDown();
    const client = get({ port: started.port, path: '/resource' }).on('error', () => undefined);
    while (others.asked.length === 0) await new Promise(setImmediate);
    client.destroy();
    while (describeCircuit().inFlight > 0) await new Promise(setImmediate);
    await others.answer({ granted: true });
    expect([backend.calls, others.told]).toEqual([0, ['gave back']]);
    const { response } = await askAndWait();
    await others.answer({ granted: true });
    expect((await response).status).toBe(200);
    expect(describeCircuit().state).toBe('closed');
  });
});
