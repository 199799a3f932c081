import { CachingError } from './kernel/caching.error.js';

/** Nobody was named who makes one call out of many. */
export class MissingFlightRunnerError extends CachingError {
  override readonly name = 'MissingFlightRunnerError';
  readonly code = 'BREAKWATER_MISSING_FLIGHT_RUNNER';

  constructor(
    /** Name of the cache. */
    readonly cache: string,
  ) {
    super(
      `Cache "${cache}" has nobody to coalesce its calls: give CachingModule the option "flights" ` +
        '(a CoalescingService or a Coalescer), or name one in the look-up',
    );
  }
}
