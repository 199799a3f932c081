import { AggregatorRegistry, Registry } from 'prom-client';
import type { MetricObject } from 'prom-client';
import type { MachineAnswers, MachineState } from './conversation.js';

/** Counts for this worker, and asks all of them what they have counted. */
export interface CountingMachine {
  counted: () => Promise<unknown>;
  countAll(): Promise<MachineAnswers>;
}

/** A registry whose page is that of the machine: sums over all workers, whichever of them is asked. */
export class MachineRegistry extends Registry {
  constructor(private readonly machine: CountingMachine) {
    super();
    machine.counted = () => this.getMetricsAsJSON();
  }

  override async metrics(): Promise<string> {
    const { answers, state } = await this.machine.countAll();
    return AggregatorRegistry.aggregate([...answers, ofMachine(state)] as object[]).metrics();
  }
}

function ofMachine({ wanted, running, died, storeBytes }: MachineState): MetricObject[] {
  const one = (name: string, type: 'gauge' | 'counter', help: string, value: number) => {
    const values = [{ value, labels: {} }];
    return { name, help, type, aggregator: 'first', values } as unknown as MetricObject;
  };
  return [
    one('breakwater_workers', 'gauge', 'Workers that serve.', running.length),
    one('breakwater_workers_wanted', 'gauge', 'Workers that there are to be.', wanted),
    one('breakwater_workers_died_total', 'counter', 'Workers that have died.', died),
    ...(storeBytes === undefined
      ? []
      : [
          one(
            'breakwater_workers_store_bytes',
            'gauge',
            'What the primary keeps for the workers, in bytes.',
            storeBytes,
          ),
        ]),
  ];
}
