import { elapsedMs, instantOf } from '../../ground/index.js';
import type { Cancel, Clock, Instant, Scheduler } from '../../ground/index.js';

/** Signs of life within one lease, so that one of them may be lost. */
const BEATS = 3;

/** What a place is kept by. */
export interface ProbeLeaseContext {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Milliseconds after which the place of a prober that shows no sign of life is free. */
  readonly leaseMs: number;
  /** Milliseconds that a probe may take: no sign of life is given beyond. */
  readonly probeTimeoutMs: number;
  /**
   * Asks the store to keep the place for `forMs` milliseconds more. Resolves with whether it is still
   * this instance's; rejects where the store does not answer.
   */
  readonly renew: (forMs: number) => Promise<boolean>;
}

/**
 * The place that this instance's probe has in the store: a short lease, renewed while the probe is on
 * its way. A process that stands still renews nothing, so that another instance may probe in its place;
 * it finds out by the clock, before its late verdict counts.
 */
export class ProbeLease {
  private cancel: Cancel | undefined;
  /** When the probe was permitted. */
  private since: Instant | undefined;
  /** When the store was last asked, with success, and for how long it keeps the place from then on. */
  private kept: { readonly at: Instant; readonly forMs: number } | undefined;

  constructor(private readonly context: ProbeLeaseContext) {}

  /** Whether nobody else can have been given the place; an instance that decided alone has none to lose. */
  get isCertain(): boolean {
    const { kept } = this;
    return kept === undefined || elapsedMs(this.context.clock, kept.at) < kept.forMs;
  }

  /** Milliseconds for which the place is asked for at first. */
  get firstMs(): number {
    const { leaseMs, probeTimeoutMs } = this.context;
    return Math.ceil(Math.min(leaseMs, probeTimeoutMs));
  }

  /** The place was granted to who asked for it at `askedAt`. */
  begin(askedAt: Instant): void {
    this.end();
    this.since = askedAt;
    this.kept = { at: askedAt, forMs: this.firstMs };
    this.beatLater();
  }

  /** The probe is over, or a new epoch has begun. */
  end(): void {
    this.cancel?.();
    this.cancel = undefined;
    this.since = undefined;
    this.kept = undefined;
  }

  private beatLater(): void {
    const { scheduler, leaseMs } = this.context;
    this.cancel = scheduler.schedule(() => this.beat(), Math.floor(leaseMs / BEATS));
  }

  private beat(): void {
    const { clock, leaseMs, probeTimeoutMs, renew } = this.context;
    const { since } = this;
    if (since === undefined) return;
    const left = Math.floor(probeTimeoutMs - elapsedMs(clock, since));
    // A probe that hangs must not hold the circuit of all for ever.
    if (left <= 0) return;
    const at = instantOf(clock);
    const forMs = Math.min(leaseMs, left);
    renew(forMs).then(
      (mine) => {
        if (this.since === since) this.kept = { at, forMs: mine ? forMs : 0 };
      },
      () => {
        // Tried again by the next beat.
      },
    );
    this.beatLater();
  }
}
