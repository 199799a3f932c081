import type { ManualClock } from '../../ground/manual-clock.js';
import { MachineMemory } from '../kernel/machine-memory.js';
import { runMachineFunction } from '../machine/machine-functions.js';
import type { BusListener, Store, StoreReply, StoreScript } from '../store/store.js';

type Run = Parameters<Store['run']>;

/** A store in this process, and whoever hears of circuits by it. */
export class CircuitStoreModel {
  readonly members: CircuitStoreMember[] = [];
  private readonly memory: MachineMemory;

  constructor(clock: ManualClock) {
    this.memory = new MachineMemory(clock);
    this.memory.subscribe(CIRCUITS, (message) => {
      for (const member of this.members) member.inbox.push(message.toString());
    });
  }

  run(...[script, keys, args]: Run): StoreReply {
    return runMachineFunction(this.memory, script.sha, keys, args);
  }

  /** As a store that was flushed, of which nobody has heard. */
  forgetProbe(): void {
    this.memory.del(...this.memory.names.filter((name) => name.endsWith(':p')));
  }
}

const CIRCUITS = 'bw1:circuits';

/** An instance's connection to the model, on which everything waits until the test lets it happen. */
export class CircuitStoreMember implements Pick<Store, 'state' | 'run' | 'subscribe' | 'listen'> {
  readonly state = 'ready';
  readonly inbox: string[] = [];
  /** Commands that have not reached the store. */
  readonly sent: (() => void)[] = [];
  /** Answers that have not arrived. */
  readonly answers: (() => void)[] = [];
  private deliver: BusListener = () => undefined;

  constructor(private readonly model: CircuitStoreModel) {
    model.members.push(this);
  }

  run(
    script: StoreScript,
    keys: readonly string[],
    args: readonly (string | number | Uint8Array)[],
  ): Promise<StoreReply> {
    return new Promise((resolve) => {
      this.sent.push(() => {
        const reply = this.model.run(script, keys, args);
        this.answers.push(() => resolve(reply));
      });
    });
  }

  subscribe(_channel: string, listener: BusListener): Promise<void> {
    this.deliver = listener;
    return Promise.resolve();
  }

  listen(): () => void {
    return () => undefined;
  }

  /** The store loses who probes. */
  forgetProbe(): void {
    this.model.forgetProbe();
  }

  /** The oldest message arrives. */
  hear(): void {
    const text = this.inbox.shift();
    if (text !== undefined) this.deliver(Buffer.from(text), CIRCUITS);
  }
}
