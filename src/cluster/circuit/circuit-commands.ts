import type { SharedTerms } from '../../circuit-breaker/index.js';
import type { Store, StoreReply, StoreScript } from '../store/store.js';
import { readCircuitReply } from './circuit-news.js';
import type { CircuitReply } from './circuit-news.js';
import type { ResolvedClusterCircuitOptions } from './cluster-circuit.options.js';
import { GIVE_BACK } from './scripts/give-back.script.js';
import { PROBE } from './scripts/probe.script.js';
import { REPORT } from './scripts/report.script.js';
import { SETTLE } from './scripts/settle.script.js';

/** How long the store keeps a state that nobody asks for, beyond the time it is open. */
const KEEP_MS = 3_600_000;

/** What became of the calls of an instance since its last report. */
export interface Results {
  /** Whether one succeeded before the failures. */
  readonly succeeded: boolean;
  /** Failures since then. */
  readonly failures: number;
  /** Milliseconds that the circuit stays open if these open it. */
  readonly cooldownMs: number;
}

/** The scripts of one circuit, typed. Its keys lie in one slot of a Redis Cluster. */
export class CircuitCommands {
  private readonly prefix: string;

  constructor(
    private readonly store: Store,
    private readonly options: ResolvedClusterCircuitOptions,
    private readonly instance: string,
    private readonly name: string,
    private readonly terms: SharedTerms,
  ) {
    this.prefix = `${options.namespace}:{cb:${name}}:`;
  }

  report(epoch: number, { succeeded, failures, cooldownMs }: Results): Promise<CircuitReply> {
    const { quorum, windowMs } = this.options;
    return this.run(
      REPORT,
      ['s', 'w'],
      [
        epoch,
        this.instance,
        succeeded ? 1 : 0,
        failures,
        this.terms.failures,
        quorum,
        Math.ceil(cooldownMs),
        windowMs,
        KEEP_MS + Math.ceil(cooldownMs),
        ...this.audience,
      ],
    );
  }

  /**
   * Asks for the place of the probe, or to keep it.
   * @param forMs milliseconds after which it is free unless it is asked for again
   * @param dead instance whose probe counts no longer, or nothing
   */
  probe(epoch: number, asking: number, forMs: number, dead = ''): Promise<CircuitReply> {
    return this.run(PROBE, ['s', 'p'], [epoch, this.instance, asking, forMs, dead]);
  }

  settle(epoch: number, kind: 'c' | 'r', cooldownMs: number): Promise<CircuitReply> {
    const forMs = Math.ceil(cooldownMs);
    const args = [epoch, this.instance, kind, forMs, KEEP_MS + forMs, ...this.audience];
    return this.run(SETTLE, ['s', 'w', 'p'], args);
  }

  giveBack(epoch: number, asking: number): Promise<CircuitReply> {
    return this.run(GIVE_BACK, ['s', 'p'], [epoch, this.instance, asking, ...this.audience]);
  }

  /** Where it is told, and of which circuit. */
  private get audience(): readonly [string, string] {
    return [circuitChannel(this.options.namespace), this.name];
  }

  private async run(
    script: StoreScript,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<CircuitReply> {
    const names = keys.map((key) => this.prefix + key);
    const reply: StoreReply = await this.store.run(script, names, args);
    return readCircuitReply(reply);
  }
}

/** The channel on which instances tell each other of circuits. */
export function circuitChannel(namespace: string): string {
  return `${namespace}:circuits`;
}
