import { get } from 'node:http';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { ModuleMetadata } from '@nestjs/common';
import request from 'supertest';
import type { Response } from 'supertest';
import { ManualClock } from '../../ground/manual-clock.js';
import { CircuitBreakerModule, CircuitBreakerService } from '../index.js';
import { deferred } from './circuit-fixture.js';
import { ProxyController, ScriptedBackend } from './scripted-backend.js';
import { startApp } from './start-app.js';
import type { AdapterName, StartedApp } from './start-app.js';

const UNAVAILABLE = { error: 'backend unavailable' };
const REFUSED = { error: 'circuit open' };

/**
 * The contract of a route behind a circuit, promise by promise, whatever the circuit's surroundings.
 * @param surroundings modules that the application has beside, made anew for each test
 */
export function promiseResourceContract(
  adapter: AdapterName,
  surroundings: () => Promise<NonNullable<ModuleMetadata['imports']>> = () => Promise.resolve([]),
): void {
  let clock: ManualClock;
  let backend: ScriptedBackend;
  let started: StartedApp;

  beforeEach(async () => {
    clock = new ManualClock();
    started = await startApp(adapter, {
      imports: [...(await surroundings()), CircuitBreakerModule.forRoot({ clock })],
      controllers: [ProxyController],
      providers: [ScriptedBackend],
    });
    backend = started.app.get(ScriptedBackend);
  });

  afterEach(() => started.app.close());

  const ask = () => request(started.server).get('/resource');
  const open = async () => {
    backend.fails();
    for (let call = 0; call < 3; call++) await ask();
  };
  const state = () => started.app.get(CircuitBreakerService).circuit('resource').state;

  it('answers 200 with the body of the backend and `closed` while all is well', async () => {
    const response = await ask();
    expect(response.status).toBe(200);
    expect(response.text).toBe('{"from":"backend"}');
    expect(response.headers).toMatchObject({ 'x-circuit-state': 'closed' });
    expect(response.headers).not.toHaveProperty('retry-after');
  });

  it('answers the third failure 502 and `closed`, and the next request 503, `open`, `Retry-After: 5`', async () => {
    backend.fails();
    for (let call = 0; call < 3; call++) {
      const failed = await ask();
      expect(failed.status).toBe(502);
      expect(failed.body).toEqual(UNAVAILABLE);
      expect(failed.headers).toMatchObject({
        'x-circuit-state': 'closed',
        'cache-control': 'no-store',
      });
      expect(failed.headers).not.toHaveProperty('retry-after');
    }
    const refused = await ask();
    expect(refused.status).toBe(503);
    expect(refused.body).toEqual(REFUSED);
    expect(refused.headers['content-type']).toMatch('application/json');
    expect(refused.headers).toMatchObject({
      'x-circuit-state': 'open',
      'retry-after': '5',
      'cache-control': 'no-store',
    });
    expect(backend.calls).toBe(3);
  });

  it('starts counting again after a success, and after a 4xx, which it passes on', async () => {
    for (const status of [200, 404]) {
      backend.fails();
      await ask();
      await ask();
      backend.answers({ status, body: '{"passed":"on"}' });
      const answered = await ask();
      expect(answered.status).toBe(status);
      expect(answered.body).toEqual({ passed: 'on' });
      expect(answered.headers).toMatchObject({ 'x-circuit-state': 'closed' });
    }
    expect(state()).toBe('closed');
  });

  it('is not kept open by failures that complete after the opening, nor by refusals', async () => {
    const barrier = backend.holds();
    const late = ask().then((response) => response);
    await backend.arrived.promise;
    await open();
    clock.advance(4_000);
    await ask();
    barrier.reject(new Error('down'));
    expect((await late).headers).toMatchObject({ 'x-circuit-state': 'closed' });
    expect((await ask()).headers).toMatchObject({ 'retry-after': '1' });
    clock.advance(1_000);
    expect(state()).toBe('half-open');
  });

  it('rounds Retry-After up, never to 0, and admits who waits so long', async () => {
    await open();
    const told: unknown[] = [];
    for (const ms of [0, 1, 998, 1, 3_999, 0.5]) {
      clock.advance(ms);
      told.push((await ask()).headers['retry-after']);
    }
    expect(told).toEqual(['5', '5', '5', '4', '1', '1']);
    clock.advance(1_000);
    backend.answers({ status: 200 });
    expect((await ask()).status).toBe(200);
  });

  it('lets one of 50 requests that arrive together through after the cooldown', async () => {
    await open();
    clock.advance(5_000);
    const barrier = backend.holds();
    const refused: Response[] = [];
    const others = deferred();
    const all = Array.from({ length: 50 }, async () => {
      const response = await ask();
      if (response.status === 503) refused.push(response);
      if (refused.length === 49) others.resolve();
      return response;
    });
    await others.promise;
    expect(backend.calls).toBe(4);
    barrier.resolve({ status: 200 });
    const answers = await Promise.all(all);
    for (const { body, headers } of refused) {
      expect(body).toEqual(REFUSED);
      expect(headers).toMatchObject({ 'x-circuit-state': 'half-open' });
      expect(headers).not.toHaveProperty('retry-after');
    }
    const probe = answers.find(({ status }) => status === 200);
    expect(probe?.headers).toMatchObject({ 'x-circuit-state': 'half-open' });
  });

  it('closes with count 0 after a probe that succeeds', async () => {
    await open();
    clock.advance(5_000);
    backend.answers({ status: 200 });
    const probe = await ask();
    expect(probe.status).toBe(200);
    expect(probe.headers).toMatchObject({ 'x-circuit-state': 'half-open' });
    await open();
    expect((await ask()).status).toBe(503);
    expect(backend.calls).toBe(7);
  });

  it('opens at once, for a full cooldown from the failure, after a probe that fails', async () => {
    await open();
    clock.advance(5_000);
    const barrier = backend.holds();
    const probe = ask().then((response) => response);
    await backend.arrived.promise;
    clock.advance(3_000);
    barrier.reject(new Error('down'));
    const failed = await probe;
    expect(failed.status).toBe(502);
    expect(failed.headers).toMatchObject({
      'x-circuit-state': 'half-open',
      'cache-control': 'no-store',
    });
    expect((await ask()).headers).toMatchObject({ 'x-circuit-state': 'open', 'retry-after': '5' });
  });

  it('gives the place of a probe whose client left to the next request', async () => {
    await open();
    clock.advance(5_000);
    backend.holds();
    const client = get({ port: started.port, path: '/resource' }).on('error', () => undefined);
    await backend.arrived.promise;
    const left = new Promise((resolve) => {
      started.server.once('request', (_, response) => {
        response.once('close', resolve);
      });
    });
    expect((await ask()).status).toBe(503);
    await left;
    const gone = new Promise((resolve) => client.once('close', resolve));
    client.destroy();
    await gone;
    backend.answers({ status: 200 });
    // The server hears of it a moment later; refusals in between change nothing.
    let probe = await ask();
    while (probe.status === 503) probe = await ask();
    expect(probe.headers).toMatchObject({ 'x-circuit-state': 'half-open' });
    expect(state()).toBe('closed');
  });

  it('drops what becomes of a request after its client has left', async () => {
    backend.fails();
    await ask();
    await ask();
    const barrier = backend.holds();
    const client = get({ port: started.port, path: '/resource' }).on('error', () => undefined);
    await backend.arrived.promise;
    client.destroy();
    const { inFlight } = await settledCalls();
    expect(inFlight).toBe(0);
    barrier.reject(new Error('down'));
    await barrier.promise.catch(() => undefined);
    expect(state()).toBe('closed');
  });

  it('hands the lease of a probe that hangs on, and drops its late answer', async () => {
    await open();
    clock.advance(5_000);
    const barrier = backend.holds();
    const lost = ask().then((response) => response);
    await backend.arrived.promise;
    clock.advance(10_000);
    backend.fails();
    const second = await ask();
    expect(second.status).toBe(502);
    barrier.resolve({ status: 200 });
    expect((await lost).status).toBe(200);
    expect(state()).toBe('open');
  });

  it('does not let the backend spoof X-Circuit-State or Retry-After', async () => {
    const headers = { 'X-Circuit-State': 'open', 'retry-after': '99', 'x-other': 'kept' };
    for (const status of [200, 429]) {
      backend.answers({ status, headers });
      const response = await ask();
      expect(response.headers).toMatchObject({ 'x-circuit-state': 'closed', 'x-other': 'kept' });
      expect(response.headers).not.toHaveProperty('retry-after');
    }
  });

  it('does not hold the circuit open when the clock is set back', async () => {
    await open();
    clock.shiftWall(-3_600_000);
    expect((await ask()).headers).toMatchObject({ 'retry-after': '5' });
    clock.advance(5_000);
    backend.answers({ status: 200 });
    expect((await ask()).status).toBe(200);
  });

  it('promises nothing while the circuit is isolated', async () => {
    started.app.get(CircuitBreakerService).circuit('resource').isolate();
    const refused = await ask();
    expect(refused.status).toBe(503);
    expect(refused.body).toEqual(REFUSED);
    expect(refused.headers).toMatchObject({ 'x-circuit-state': 'open' });
    expect(refused.headers).not.toHaveProperty('retry-after');
  });

  /** What the circuit says as soon as no call is on its way. */
  async function settledCalls(): Promise<{ inFlight: number }> {
    const circuit = started.app.get(CircuitBreakerService).circuit('resource');
    while (circuit.describe().inFlight > 0) await new Promise(setImmediate);
    return circuit.describe();
  }
}
