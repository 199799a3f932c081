import { beforeEach, describe, expect, it } from '@jest/globals';
import { Counter, Gauge, Histogram } from 'prom-client';
import { MachineRegistry } from './machine-registry.js';
import type { CountingMachine } from './machine-registry.js';

describe('the metrics of a machine', () => {
  let workers: CountingMachine[];
  let died: number;

  function worker(): MachineRegistry {
    const machine: CountingMachine = {
      counted: () => Promise.resolve([]),
      countAll: async () => ({
        answers: await Promise.all(workers.map((each) => each.counted())),
        state: { wanted: 2, running: [{ worker: 0, pid: 10 }], died, storeBytes: 4_096 },
      }),
    };
    workers.push(machine);
    return new MachineRegistry(machine);
  }

  beforeEach(() => {
    workers = [];
    died = 0;
  });

  it('are the sums of all workers, whichever of them is asked', async () => {
    const registries = [worker(), worker()];
    for (const [index, registry] of registries.entries()) {
      const common = { help: 'help', registers: [registry] };
      const counter = new Counter({ name: 'calls_total', labelNames: ['of'], ...common });
      counter.inc({ of: 'both' }, index + 1);
      counter.inc({ of: `worker ${index}` });
      const gauge = new Gauge({ name: 'info', aggregator: 'first', ...common });
      gauge.set(1);
      const seconds = new Histogram({ name: 'seconds', buckets: [1, 2], ...common });
      seconds.observe(0.5 + index);
    }
    for (const registry of registries) {
      const page = await registry.metrics();
      for (const line of [
        'calls_total{of="both"} 3',
        'calls_total{of="worker 0"} 1',
        'calls_total{of="worker 1"} 1',
        'info 1',
        'seconds_bucket{le="1"} 1',
        'seconds_bucket{le="2"} 2',
        'seconds_count 2',
      ]) {
        expect(page.split('\n')).toContain(line);
      }
    }
  });

  it('have those of the workers themselves', async () => {
    const registry = worker();
    died = 3;
    const page = (await registry.metrics()).split('\n');
    expect(page).toContain('# TYPE breakwater_workers_died_total counter');
    expect(page.filter((line) => line.startsWith('breakwater_'))).toEqual([
      'breakwater_workers 1',
      'breakwater_workers_wanted 2',
      'breakwater_workers_died_total 3',
      'breakwater_workers_store_bytes 4096',
    ]);
  });

  it('are there without a worker that has nothing to tell', async () => {
    const registry = worker();
    workers.push({ ...workers[0]!, counted: () => Promise.resolve([]) });
    new Counter({ name: 'calls_total', help: 'help', registers: [registry] }).inc(5);
    expect(await registry.metrics()).toContain('calls_total 5\n');
  });
});
