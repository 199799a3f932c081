import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isLinearizable } from './testing/is-linearizable.js';
import { SimulatedNetwork } from './testing/simulated-network.js';
import type { SimulationOptions } from './testing/simulated-network.js';

const simulation = (loss: fc.Arbitrary<number>): fc.Arbitrary<SimulationOptions> =>
  fc.record({
    seed: fc.integer(),
    clients: fc.integer({ min: 2, max: 6 }),
    operationsPerClient: fc.constant(12),
    ttlMs: fc.constantFrom(5, 40, 1_000),
    originTimeoutMs: fc.constant(100),
    maxDelayMs: fc.constantFrom(3, 12, 30),
    loss,
  });

async function expectLinearizable(options: SimulationOptions): Promise<SimulatedNetwork> {
  const network = await SimulatedNetwork.run(options);
  for (const [key, history] of network.histories) {
    if (!isLinearizable(history)) {
      const lines = history.map((operation) => JSON.stringify(operation)).join('\n');
      throw new Error(`the history of ${key} is not linearizable:\n${lines}`);
    }
  }
  return network;
}

const SIMULATIONS = Number(process.env['SIMULATIONS'] ?? 60);

/**
 * A history that hangs is a counterexample, with its seed, and so is one that is still being made smaller
 * when time is over. A machine without time for all of them sees fewer.
 */
const RUNS = {
  numRuns: SIMULATIONS,
  timeout: 60_000,
  interruptAfterTimeLimit: 120_000 * Math.max(1, SIMULATIONS / 60),
};

const LIMIT_MS = 1.5 * RUNS.interruptAfterTimeLimit;

describe('one node that all writes go through', () => {
  it(
    'is linearizable for each key, however slow the network is and whatever overtakes what',
    async () => {
      await fc.assert(
        fc.asyncProperty(simulation(fc.constant(0)), async (options) => {
          const { timeouts } = await expectLinearizable(options);
          expect(timeouts).toBe(0);
        }),
        RUNS,
      );
    },
    LIMIT_MS,
  );

  it(
    'is so with lost messages too, and with writes that time out and are applied later',
    async () => {
      await fc.assert(
        fc.asyncProperty(simulation(fc.constantFrom(0.05, 0.25)), async (options) => {
          // Some messages are on their way for longer than the node waits.
          const late = { ...options, originTimeoutMs: 20, maxDelayMs: 30 };
          await expectLinearizable(late);
        }),
        RUNS,
      );
    },
    LIMIT_MS,
  );
});
