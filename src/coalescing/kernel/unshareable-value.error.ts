import { CoalescingError } from './coalescing.error.js';

/** A loader's value cannot be shared in the way that `shareAs` demands. */
export class UnshareableValueError extends CoalescingError {
  override readonly name = 'UnshareableValueError';
  readonly code = 'BREAKWATER_UNSHAREABLE_VALUE';

  constructor(
    /** What stands in the way. */
    detail: string,
    options?: ErrorOptions,
  ) {
    super(`The value of a flight cannot be shared: ${detail}`, options);
  }
}
