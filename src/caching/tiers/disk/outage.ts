import { elapsedMs, instantOf, type Clock, type Instant } from '../../../ground/index.js';

/** Whom the outage is told to, once at its beginning and once at its end. */
export interface OutageListener {
  readonly onDegraded?: (reason: string) => void;
  readonly onRecovered?: () => void;
}

/** Whether the disk works, and when to try it again. */
export class Outage {
  private trouble: { readonly reason: string; readonly triedAt: Instant } | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly retryMs: number,
    private readonly listener: OutageListener,
  ) {}

  /** What is wrong; `undefined` while the disk works. */
  get reason(): string | undefined {
    return this.trouble?.reason;
  }

  /** The disk does not work, and it is time to try again. */
  get due(): boolean {
    return (
      this.trouble !== undefined && elapsedMs(this.clock, this.trouble.triedAt) >= this.retryMs
    );
  }

  /** The disk has failed, or has failed again. */
  begin(reason: string): void {
    const first = this.trouble === undefined;
    this.trouble = { reason, triedAt: instantOf(this.clock) };
    if (first) quietly(() => this.listener.onDegraded?.(reason));
  }

  /** The disk works again. */
  end(): void {
    if (this.trouble === undefined) return;
    this.trouble = undefined;
    quietly(() => this.listener.onRecovered?.());
  }
}

/** A listener that fails is no reason to fail. */
function quietly(tell: () => void): void {
  try {
    tell();
  } catch {
    // Nobody else to tell.
  }
}
