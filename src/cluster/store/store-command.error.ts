/** The store refused a command: out of memory, no permission, a defect. */
export class StoreCommandError extends Error {
  readonly code = 'BREAKWATER_STORE_COMMAND';
  override readonly name = 'StoreCommandError';

  constructor(
    /** The first word of the store's answer: `OOM`, `NOPERM`, `MISCONF`, `ERR`. */
    readonly kind: string,
    message: string,
  ) {
    super(message);
  }
}
