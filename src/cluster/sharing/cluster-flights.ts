import type { Clock, Scheduler } from '../../ground/index.js';
import type { SharedOutcome } from '../../caching/index.js';
import type { FlightSharing, SharedFlight } from '../../coalescing/index.js';
import type { Lease, Leases } from '../kernel/index.js';
import type { OutcomeCodec } from './outcome-codec.js';

/** So long callers wait at most for the others to be told, in milliseconds. */
const TELLING_MS = 300;

/** Flights of coalescers of scope `cluster`: shared with all processes, and nothing is kept. */
export class ClusterFlights implements FlightSharing {
  constructor(
    private readonly leases: Leases,
    private readonly codec: OutcomeCodec,
    private readonly clock: Clock,
    /** Has callers answered when the others have been told; left out: as soon as there is an answer. */
    private readonly tellFirst?: Scheduler,
  ) {}

  async run({ coalescer, flight }: SharedFlight, load: () => unknown): Promise<unknown> {
    const { signal } = flight;
    const claim = await this.leases.claim({
      key: flightKey(coalescer, flight.key),
      name: coalescer,
      flightOnly: true,
      signal,
      flightTimeoutMs: Math.max(1, flight.deadline - this.clock.monotonic()),
    });
    if (claim.kind === 'lead') {
      const { lease } = claim;
      flight.unawaitedElsewhere = () => lease.unawaited();
      return this.lead(lease, signal, load);
    }
    const outcome = claim.kind === 'outcome' && this.codec.decode(claim.payload);
    // Not to be understood, or nobody to share with: our own call.
    if (!outcome) return load();
    if (outcome.kind === 'error') throw outcome.error;
    return outcome.value;
  }

  forget(coalescer: string, key: string): void {
    // What the store does not hear, it has no flight of.
    void this.leases.forget(flightKey(coalescer, key), coalescer);
  }

  private async lead(lease: Lease, signal: AbortSignal, load: () => unknown): Promise<unknown> {
    try {
      const value = await load();
      await this.tell(lease, { kind: 'value', value });
      return value;
    } catch (error) {
      // Nobody here waited any more: that says nothing to those who wait elsewhere.
      if (signal.aborted) void lease.release('gave-up');
      else await this.tell(lease, { kind: 'error', error });
      throw error;
    }
  }

  private tell(lease: Lease, outcome: SharedOutcome): Promise<void> | undefined {
    const told = this.codec.tell(lease, outcome);
    const { tellFirst } = this;
    if (!tellFirst) return undefined;
    let cancel: () => void = () => undefined;
    const enough = new Promise<void>((resolve) => {
      cancel = tellFirst.schedule(resolve, TELLING_MS);
    });
    return Promise.race([told, enough]).finally(() => cancel());
  }
}

/** Flights and cached values never share a key. */
function flightKey(coalescer: string, key: string): string {
  return `flight:${encodeURIComponent(coalescer)}:${key}`;
}
