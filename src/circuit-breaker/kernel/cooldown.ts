/** How long a circuit stays open. */
export interface Cooldown {
  /**
   * Milliseconds to stay open this time.
   * @param healthyMs how long the circuit had been closed before, 0 after a failed probe
   */
  next(healthyMs: number): number;
}

/** Settings of {@link ExponentialCooldown}. */
export interface BackoffOptions {
  /**
   * What each further opening multiplies the cooldown with; above 1.
   * @default 2
   */
  readonly factor?: number | undefined;
  /** Longest cooldown, in milliseconds; at least the first one. */
  readonly maxMs: number;
  /**
   * Milliseconds of health that take one opening back.
   * @default maxMs
   */
  readonly decayMs?: number | undefined;
}

/** The same cooldown every time. */
export class FixedCooldown implements Cooldown {
  constructor(private readonly cooldownMs: number) {}

  next(): number {
    return this.cooldownMs;
  }
}

/**
 * Exponential backoff with full jitter: uniform between 0 and `min(maxMs, first × factor ⁿ)`
 * (M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015), so that instances
 * which opened together do not probe together. Health takes the openings back one by one, not at
 * once, so that a backend which flaps does not start again from the first cooldown each time.
 */
export class ExponentialCooldown implements Cooldown {
  private openings = 0;

  constructor(
    private readonly firstMs: number,
    private readonly backoff: Required<BackoffOptions>,
    private readonly random: () => number,
  ) {}

  next(healthyMs: number): number {
    const { factor, maxMs, decayMs } = this.backoff;
    this.openings = Math.max(0, this.openings - Math.floor(healthyMs / decayMs));
    const ceiling = Math.min(maxMs, this.firstMs * factor ** this.openings);
    // Openings beyond the cap would only make the way back longer.
    if (ceiling < maxMs) this.openings += 1;
    return this.random() * ceiling;
  }
}
