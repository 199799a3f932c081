/** The store is away, hung, or too busy to take another command; nothing is known about the command. */
export class StoreUnavailableError extends Error {
  readonly code = 'BREAKWATER_STORE_UNAVAILABLE';
  override readonly name = 'StoreUnavailableError';

  constructor(reason: string) {
    super(`The shared store is unavailable: ${reason}`);
  }
}
