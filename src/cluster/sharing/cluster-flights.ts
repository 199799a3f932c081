import type { Clock } from '../../ground/index.js';
import type { FlightSharing, SharedFlight } from '../../coalescing/index.js';
import type { Lease, Leases } from '../kernel/index.js';
import type { OutcomeCodec } from './outcome-codec.js';

/** Flights of coalescers of scope `cluster`: shared with all processes, and nothing is kept. */
export class ClusterFlights implements FlightSharing {
  constructor(
    private readonly leases: Leases,
    private readonly codec: OutcomeCodec,
    private readonly clock: Clock,
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
    if (claim.kind === 'lead') return this.lead(claim.lease, signal, load);
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
      this.codec.tell(lease, { kind: 'value', value });
      return value;
    } catch (error) {
      // Nobody here waited any more: that says nothing to those who wait elsewhere.
      if (signal.aborted) void lease.release('gave-up');
      else this.codec.tell(lease, { kind: 'error', error });
      throw error;
    }
  }
}

/** Flights and cached values never share a key. */
function flightKey(coalescer: string, key: string): string {
  return `flight:${encodeURIComponent(coalescer)}:${key}`;
}
