/** A moment in the life of the caches of one `CachingService`, taken by its `moment()`. */
export class CacheMoment {
  /** @internal */
  constructor(
    /** @internal What was invalidated after this is newer. */
    readonly epoch: number,
    /** @internal Flights beyond this began later. */
    readonly flight: number,
    /** @internal Monotonic milliseconds. */
    readonly at: number,
  ) {}
}
