/** The address of the store cannot be used. The message never contains the address, which may have a password. */
export class InvalidStoreUrlError extends Error {
  readonly code = 'BREAKWATER_INVALID_STORE_URL';
  override readonly name = 'InvalidStoreUrlError';

  constructor(reason: string) {
    super(`The address of the shared store is not valid: ${reason}`);
  }
}
