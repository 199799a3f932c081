import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { TestingModule } from '@nestjs/testing';
import { ManualClock } from '../ground/manual-clock.js';
import {
  CIRCUIT_CALL_CHANNEL,
  CIRCUIT_TRANSITION_CHANNEL,
  CircuitBreakerModule,
  CircuitBreakerService,
} from './index.js';

const clock = new ManualClock();
let app: TestingModule | undefined;
let logged: Record<'warn' | 'log' | 'error', jest.SpiedFunction<(line: unknown) => void>>;

async function start(): Promise<CircuitBreakerService> {
  app = await Test.createTestingModule({
    imports: [CircuitBreakerModule.forRoot({ clock })],
  }).compile();
  await app.init();
  logged.log.mockClear();
  return app.get(CircuitBreakerService);
}

beforeEach(() => {
  logged = {
    warn: jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined),
    log: jest.spyOn(Logger.prototype, 'log').mockReturnValue(undefined),
    error: jest.spyOn(Logger.prototype, 'error').mockReturnValue(undefined),
  };
});

afterEach(async () => {
  await app?.close();
  jest.restoreAllMocks();
});

describe('each transition', () => {
  it('is one line in the log, a warning when a circuit opens', async () => {
    const circuit = (await start()).circuit('payments');
    for (let call = 0; call < 3; call++) {
      await circuit.execute(() => Promise.reject(new Error('down'))).catch(() => undefined);
    }
    clock.advance(5_000);
    await circuit.execute(() => 'fine');
    circuit.isolate();
    expect(logged.warn.mock.calls.map(([line]) => String(line))).toEqual([
      'circuit "payments": closed → open, threshold-reached (3 of 3 consecutive failures)',
      'circuit "payments": closed → isolated, isolated (isolated by hand)',
    ]);
    expect(logged.warn.mock.calls[0]?.[0]).toMatchObject({
      ...{ event: 'circuit.opened', circuit: 'payments', from: 'closed', to: 'open' },
      ...{ reason: 'threshold-reached', detail: '3 of 3 consecutive failures' },
    });
    expect(logged.log.mock.calls.map(([line]) => String(line))).toEqual([
      'circuit "payments": open → half-open, cooldown-elapsed (the cooldown has elapsed)',
      'circuit "payments": half-open → closed, probe-succeeded (1 of 1 probes succeeded)',
    ]);
    await app?.close();
    circuit.release();
    expect(logged.log).toHaveBeenCalledTimes(2);
  });

  it('is told to listeners until they stop, one that throws harming nobody', async () => {
    const circuits = await start();
    const heard: string[] = [];
    const bug = new Error('bug');
    circuits.onTransition(() => {
      throw bug;
    });
    circuits.onTransition(() => {
      throw 'words';
    });
    const stop = circuits.onTransition(({ to }) => heard.push(to));
    circuits.circuit('payments').isolate();
    stop();
    circuits.circuit('payments').release();
    expect(heard).toEqual(['isolated']);
    expect(logged.error.mock.calls.slice(0, 2)).toEqual([[bug], ['words']]);
  });

  it('is published on the diagnostics channel while somebody subscribes', async () => {
    const circuit = (await start()).circuit('payments');
    await app?.close();
    const heard: unknown[] = [];
    const subscriber = (message: unknown) => heard.push(message);
    subscribe(CIRCUIT_TRANSITION_CHANNEL, subscriber);
    circuit.isolate();
    unsubscribe(CIRCUIT_TRANSITION_CHANNEL, subscriber);
    circuit.release();
    expect(heard).toMatchObject([{ circuit: 'payments', from: 'closed', to: 'isolated' }]);
  });
});

describe('each call', () => {
  it('is told to listeners until they stop, and on the diagnostics channel', async () => {
    const circuits = await start();
    const circuit = circuits.circuit('payments');
    const heard: unknown[] = [];
    const published: unknown[] = [];
    const subscriber = (message: unknown) => published.push(message);
    const stop = circuits.onCall((event) => heard.push(event));
    await circuit.execute(() => 'fine');
    stop();
    subscribe(CIRCUIT_CALL_CHANNEL, subscriber);
    circuit.isolate();
    await circuit.execute(() => 'fine').catch(() => undefined);
    unsubscribe(CIRCUIT_CALL_CHANNEL, subscriber);
    await circuit.execute(() => 'fine').catch(() => undefined);
    expect(heard).toMatchObject([{ circuit: 'payments', type: 'settled', outcome: 'success' }]);
    expect(published).toMatchObject([{ circuit: 'payments', type: 'refused', state: 'open' }]);
  });
});
