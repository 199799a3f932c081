import type { BackendClient, BackendOutcome, BodiesInFlight } from '../backend/index.js';
import type { MetricSource, Observe, Take } from './metric-sources.js';

/** Every way in which a call may end: those that have not happened are on the page as well. */
const NONE_YET: Readonly<Record<BackendOutcome, number>> = {
  answered: 0,
  failing: 0,
  timeout: 0,
  unreachable: 0,
  'no-room': 0,
  aborted: 0,
};

/** What a client of backends tells. No backend is named: the page may be read by anybody. */
export class BackendSource implements MetricSource {
  readonly groups = ['backend'] as const;
  private readonly calls = { ...NONE_YET };

  /** @param client what is in its place may be less */
  constructor(private readonly client: Partial<BackendClient>) {}

  start(observe: Observe): () => void {
    const stop = this.client.onCall?.(({ outcome, durationMs }) => {
      this.calls[outcome]++;
      observe('breakwater_backend_call_duration_seconds', durationMs / 1_000, { outcome });
    });
    return stop ?? (() => undefined);
  }

  read(take: Take): void {
    for (const [outcome, count] of Object.entries(this.calls)) {
      take('breakwater_backend_calls_total', count, { outcome });
      take('breakwater_backend_call_duration_seconds', 0, { outcome });
    }
  }
}

/** What is told of bodies on their way. */
export class BodiesSource implements MetricSource {
  readonly groups = ['bodies'] as const;

  constructor(private readonly bodies: Partial<BodiesInFlight>) {}

  read(take: Take): void {
    const { bytes, maxBytes } = this.bodies;
    if (bytes !== undefined) take('breakwater_backend_inflight_bytes', bytes);
    if (maxBytes !== undefined) take('breakwater_backend_inflight_max_bytes', maxBytes);
  }
}
