import { CoalescingError } from './coalescing.error.js';

/** A value cannot be shared in the way that `shareAs` demands. */
export class UnshareableValueError extends CoalescingError {
  override readonly name = 'UnshareableValueError';
  readonly code = 'BREAKWATER_UNSHAREABLE_VALUE';

  constructor(
    /** What stands in the way. */
    detail: string,
    options?: ErrorOptions,
  ) {
    super(`The value cannot be shared: ${detail}`, options);
  }
}
