import type { Flight } from './flight.js';

/** How many abandoned loaders are remembered one by one; the rest are only counted. */
const MAX_LISTED = 100;

/**
 * The loaders that still run although their flight is over: most notice the abort soon, some never.
 * They hold no key and no caller; this is how they stay visible.
 */
export class AbandonedLoaders {
  private readonly listed = new Set<Flight>();
  private unlisted = 0;

  add(flight: Flight): void {
    if (this.listed.size < MAX_LISTED) this.listed.add(flight);
    else this.unlisted++;
  }

  /** The loader of `flight`, added before, has ended at last. */
  delete(flight: Flight): void {
    if (!this.listed.delete(flight)) this.unlisted--;
  }

  /** The oldest ones. */
  values(): IterableIterator<Flight> {
    return this.listed.values();
  }

  /** How many run beyond their flight's deadline at `now`; those not listed are taken to. */
  stuck(now: number): number {
    let stuck = this.unlisted;
    for (const flight of this.listed) if (flight.deadline <= now) stuck++;
    return stuck;
  }
}
