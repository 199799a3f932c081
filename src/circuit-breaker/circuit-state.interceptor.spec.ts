import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { ManualClock } from '../ground/manual-clock.js';
import { CircuitBreakerModule, CircuitBreakerService } from './index.js';
import { deferred } from './testing/circuit-fixture.js';
import {
  HandlersController,
  KeyedController,
  PlainController,
  barriers,
  enough,
} from './testing/handlers.controller.js';
import { ADAPTERS, startApp } from './testing/start-app.js';
import type { StartedApp } from './testing/start-app.js';

describe.each(ADAPTERS)('a handler behind a circuit, on %s', (adapter) => {
  let started: StartedApp;
  let circuits: CircuitBreakerService;

  beforeEach(async () => {
    barriers.later = deferred();
    barriers.reached = deferred();
    started = await startApp(adapter, {
      imports: [CircuitBreakerModule.forRoot({ clock: new ManualClock() })],
      controllers: [HandlersController, KeyedController, PlainController],
    });
    circuits = started.app.get(CircuitBreakerService);
  });

  afterEach(() => started.app.close());

  const ask = (path: string) => request(started.server).get(path);
  const counted = (name = 'of-class') => circuits.circuit(name).describe().outlook.slice(0, 6);
  const settled = async (name = 'of-class') => {
    while (circuits.circuit(name).describe().inFlight > 0) await new Promise(setImmediate);
  };

  it.each<[string, number, string]>([
    ['value', 200, '0 of 3'],
    ['nothing', 204, '0 of 3'],
    ['not-found', 404, '0 of 3'],
    ['bug', 500, '2 of 3'],
    ['number/5', 200, '0 of 3'],
    ['number/x', 400, '1 of 3'],
    ['own', 200, '1 of 3'],
    ['passthrough', 503, '2 of 3'],
    ['by-itself/200', 200, '0 of 3'],
    ['by-itself/404', 404, '0 of 3'],
    ['by-itself/500', 500, '2 of 3'],
    ['returns-response', 500, '2 of 3'],
    ['inner', 503, '1 of 3'],
  ])('%s answers %d with the state, and counts as %s', async (path, status, outlook) => {
    circuits.circuit('inner').isolate();
    await ask('/of-class/bug');
    const response = await ask(`/of-class/${path}`);
    expect(response.status).toBe(status);
    expect(response.headers['x-circuit-state']).toBe('closed');
    expect(response.headers).not.toHaveProperty('retry-after');
    expect(response.headers['cache-control']).toBe(status >= 500 ? 'no-store' : undefined);
    await settled();
    expect(counted()).toBe(outlook);
  });

  it('is protected by the circuit of the method alone where class and method name one', async () => {
    circuits.circuit('of-class').isolate();
    expect((await ask('/of-class/own')).status).toBe(200);
    circuits.circuit('of-method').isolate();
    expect((await ask('/of-class/own')).status).toBe(503);
  });

  it('asks its circuit once, however often the interceptor is bound', async () => {
    expect((await ask('/of-class/bound-twice')).body).toEqual({ inFlight: 1 });
  });

  it.each([
    [200, '0 of 3'],
    [500, '2 of 3'],
  ])('that answers %d after it has returned is judged by that', async (status, outlook) => {
    await ask('/of-class/bug');
    const response = ask('/of-class/later').then((answer) => answer);
    await barriers.reached.promise;
    expect(circuits.circuit('of-class').describe().inFlight).toBe(1);
    barriers.later.resolve(status);
    expect((await response).headers['x-circuit-state']).toBe('closed');
    await settled();
    expect(counted()).toBe(outlook);
  });

  it('cannot spoof the headers of the circuit by handing them to writeHead as a list', async () => {
    const { headers, res } = (await ask('/of-class/flat-headers')) as request.Response & {
      res: { statusMessage: string };
    };
    expect(headers).toMatchObject({ 'x-circuit-state': 'closed', 'x-two': 'a, b' });
    expect(headers).not.toHaveProperty('retry-after');
    expect(res.statusMessage).toBe('Fine');
  });

  it('cannot spoof the headers of the circuit by handing them to writeHead as pairs', async () => {
    const { headers } = await ask('/of-class/paired-headers');
    expect(headers).toMatchObject({
      'x-circuit-state': 'closed',
      'x-two': 'a',
      'cache-control': 'no-store',
    });
    expect(headers).not.toHaveProperty('retry-after');
  });

  it('can neither remove the state nor set Retry-After, but keeps its own Cache-Control', async () => {
    const { headers } = await ask('/of-class/removed-headers');
    expect(headers).toMatchObject({
      'x-circuit-state': 'closed',
      'cache-control': 'public, max-age=60',
    });
    expect(headers).not.toHaveProperty('retry-after');
  });

  it('that is given up on before it has settled, its client still there, is a timeout', async () => {
    const response = ask('/keyed/any/hangs').then((answer) => answer);
    await barriers.reached.promise;
    expect(circuits.circuit('impatient').describe().inFlight).toBe(1);
    enough.next('enough');
    expect((await response).text).toBe('enough');
    expect(circuits.circuit('impatient').describe()).toMatchObject({
      inFlight: 0,
      evidence: [{ outcome: 'failure', reason: 'timeout' }],
    });
  });

  it('that is given up on after its first value has succeeded', async () => {
    expect((await ask('/keyed/any/endless')).text).toBe('first');
    expect(circuits.circuit('impatient').describe()).toMatchObject({ inFlight: 0, evidence: [] });
  });

  it('keeps the tenants apart where it says per what', async () => {
    for (let call = 0; call < 3; call++) await ask('/keyed/bad');
    const refused = await ask('/keyed/bad');
    expect(refused.body).toEqual({ error: 'circuit open' });
    expect(refused.headers).toMatchObject({ 'x-circuit-state': 'open', 'retry-after': '60' });
    expect((await ask('/keyed/good')).body).toEqual({ tenant: 'good' });
    expect(circuits.allKeyed().map(({ name }) => name)).toEqual(['keyed[bad]', 'keyed[good]']);
  });

  it('is left alone by an interceptor that finds no circuit named', async () => {
    const { body, headers } = await ask('/plain');
    expect(body).toEqual({ fine: true });
    expect(headers).not.toHaveProperty('x-circuit-state');
  });

  it('may ask a circuit itself and leave the refusal to the filter', async () => {
    const failing = () => Promise.reject(new Error('down'));
    for (let call = 0; call < 3; call++) {
      await circuits
        .circuit('inner')
        .execute(failing)
        .catch(() => undefined);
    }
    const { status, body, headers } = await ask('/plain');
    expect(status).toBe(503);
    expect(body).toEqual({ error: 'circuit open' });
    expect(headers).toMatchObject({
      'x-circuit-state': 'open',
      'retry-after': '5',
      'cache-control': 'no-store',
    });
  });

  it('that is refused by another circuit in the middle of its answer ends it', async () => {
    circuits.circuit('inner').isolate();
    const { status, text } = await ask('/of-class/partly');
    expect(status).toBe(200);
    expect(text).toBe('partly');
    expect((await ask('/of-class/value')).status).toBe(200);
  });
});
