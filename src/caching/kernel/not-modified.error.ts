import { CachingError } from './caching.error.js';

/** A loader said "not modified" although it was given no value that could be meant. */
export class NotModifiedError extends CachingError {
  override readonly name = 'NotModifiedError';
  readonly code = 'BREAKWATER_NOT_MODIFIED';

  constructor() {
    super('A loader answered "not modified" without having been given a previous value');
  }
}
