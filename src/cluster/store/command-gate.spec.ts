import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import { CommandGate } from './command-gate.js';
import type { RawStoreClient } from './raw-store-client.js';
import { resolveStoreGuardOptions } from './store-guard-options.js';
import { StoreUnavailableError } from '../kernel/index.js';

const never = () => new Promise<never>(() => undefined);

describe('the gate of the commands', () => {
  it('says once that the store is unavailable, whoever has said so', async () => {
    const clock = new ManualClock();
    const raw = { ping: () => Promise.resolve('PONG'), answerOf: () => undefined };
    const gate = new CommandGate(
      raw as unknown as RawStoreClient,
      { ready: () => undefined, down: () => undefined },
      resolveStoreGuardOptions(),
      { scheduler: clock, random: () => 0, afterPoll: (task) => task() },
    );
    gate.open();
    gate.connected();
    await Promise.resolve();
    const said = ['no master is known', 'the socket is closed'];
    const failures = [new StoreUnavailableError(said[0]!), new Error(said[1])];
    const results = await Promise.allSettled(
      failures.map((failure) => gate.submit(() => Promise.reject(failure))),
    );
    expect(results.map((result) => (result as PromiseRejectedResult).reason)).toEqual(
      said.map((reason) => new StoreUnavailableError(reason)),
    );
    gate.close();
  });

  it('ends a command that a library has lost, while all the others are answered', async () => {
    const clock = new ManualClock();
    const told: string[] = [];
    const gate = new CommandGate(
      { clustered: false, ping: () => Promise.resolve('PONG') } as unknown as RawStoreClient,
      { ready: () => told.push('ready'), down: (reason) => told.push(reason) },
      resolveStoreGuardOptions({ hungAfterMs: 300, reconnectAfterMs: 2_000 }),
      { scheduler: clock, random: () => 0, afterPoll: (task) => task() },
    );
    const pass = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 10) {
        clock.advance(10);
        for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
        gate.submit(() => Promise.resolve('fine')).catch(() => undefined);
      }
    };
    gate.open();
    gate.connected();
    await pass(100);
    let ended: unknown;
    gate.submit(never).catch((error: unknown) => (ended = error));
    await pass(1_900);
    expect([ended, told]).toEqual([undefined, ['ready']]);
    await pass(300);
    expect(ended).toMatchObject({ code: 'BREAKWATER_STORE_UNAVAILABLE' });
    expect(told).toEqual(['ready', 'it has answered nothing for 300 ms', 'ready']);
    gate.close();
  });
});
