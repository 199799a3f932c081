import type { FailureReason, IgnoredReason } from './verdict.js';

/** One result that the circuit took into account and that says more than "fine". */
export interface Evidence {
  /** When the result arrived, in milliseconds since the Unix epoch. */
  readonly at: number;
  readonly outcome: 'failure' | 'ignored' | 'slow' | 'probe-success';
  /** What the classifier made of it. */
  readonly reason?: FailureReason | IgnoredReason | undefined;
  /** How long the call took, in milliseconds, where that was measured. */
  readonly durationMs?: number | undefined;
}

/** The last few pieces of evidence. Takes no memory until the first one arrives. */
export class EvidenceRing {
  private entries: Evidence[] | undefined;
  private next = 0;

  constructor(private readonly size: number) {}

  add(evidence: Evidence): void {
    if (this.size === 0) return;
    this.entries ??= [];
    this.entries[this.next] = evidence;
    this.next = (this.next + 1) % this.size;
  }

  /** The evidence held, oldest first. */
  list(): Evidence[] {
    const { entries, next } = this;
    return entries === undefined ? [] : [...entries.slice(next), ...entries.slice(0, next)];
  }
}
