import type {
  LocalCircuit,
  SharedCircuit,
  SharedCircuits,
  SharedTerms,
} from '../../circuit-breaker/index.js';
import type { Clock, Scheduler } from '../../ground/index.js';
import type { Store } from '../store/store.js';
import { CircuitCommands, circuitChannel } from './circuit-commands.js';
import { parseCircuitMessage } from './circuit-news.js';
import { ClusterCircuit } from './cluster-circuit.js';
import { ProberWatch } from './prober-watch.js';
import type { Owners } from './prober-watch.js';
import { resolveClusterCircuitOptions } from './cluster-circuit.options.js';
import type {
  ClusterCircuitOptions,
  ResolvedClusterCircuitOptions,
} from './cluster-circuit.options.js';

/** What shared circuits need from outside. */
export interface ClusterCircuitPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Identifier of this instance, which no other has: letters, digits, dashes and underscores. */
  readonly instance: string;
  /** Finds out about instances that die while they probe. @default their lease has to pass */
  readonly owners?: Owners;
}

/**
 * The circuits that this instance shares with the others, by way of the store. It costs no command
 * while all is well.
 * @example
 * const circuits = new ClusterCircuits({ store, clock: systemClock, scheduler: systemScheduler, instance });
 * await circuits.start();
 */
export class ClusterCircuits implements SharedCircuits {
  readonly toldAll: ((name: string) => Promise<void>) | undefined;
  private readonly circuits = new Map<string, ClusterCircuit>();
  private readonly options: ResolvedClusterCircuitOptions;
  private stopListening: (() => void) | undefined;

  /** @throws InvalidOptionError that quotes the option that cannot work */
  constructor(
    private readonly ports: ClusterCircuitPorts,
    options?: ClusterCircuitOptions,
  ) {
    this.options = resolveClusterCircuitOptions(options);
    this.toldAll = this.options.together ? (name) => this.told(name) : undefined;
  }

  /** Circuits that take part. */
  get size(): number {
    return this.circuits.size;
  }

  /** Begins to listen; does not wait for a store that is away. */
  async start(): Promise<void> {
    const { store } = this.ports;
    this.stopListening = store.listen({
      busRestored: () => {
        for (const circuit of this.circuits.values()) circuit.busRestored();
      },
    });
    const heard = (bytes: Buffer) => {
      const message = this.stopListening && parseCircuitMessage(bytes.toString('utf8'));
      if (message) this.circuits.get(message.name)?.heard(message);
    };
    try {
      await store.subscribe(circuitChannel(this.options.namespace), heard);
    } catch {
      // Refused: told as a bus that is lost, and asked for again.
    }
  }

  join(name: string, terms: SharedTerms, local: LocalCircuit): SharedCircuit {
    const { store, clock, scheduler, instance, owners } = this.ports;
    const commands = new CircuitCommands(store, this.options, instance, name, terms);
    const left = () => {
      if (this.circuits.get(name) === circuit) this.circuits.delete(name);
    };
    const { permitMs, leaseMs, together } = this.options;
    const { probeTimeoutMs } = terms;
    const watch = new ProberWatch(owners, scheduler);
    const around = { store, clock, scheduler, commands, instance, watch, left };
    const context = { ...around, permitMs, leaseMs, probeTimeoutMs, together };
    const circuit = new ClusterCircuit(context, local);
    this.circuits.set(name, circuit);
    return circuit;
  }

  /** Stops listening; the store is closed by whoever opened it. */
  close(): void {
    this.stopListening?.();
    this.stopListening = undefined;
    for (const circuit of this.circuits.values()) circuit.stop();
    this.circuits.clear();
  }

  private told(name: string): Promise<void> {
    const circuit = this.circuits.get(name);
    if (!circuit) return Promise.resolve();
    let cancel: () => void = () => undefined;
    const enough = new Promise<void>((resolve) => {
      cancel = this.ports.scheduler.schedule(resolve, this.options.permitMs);
    });
    return Promise.race([circuit.told(), enough]).finally(() => cancel());
  }
}
