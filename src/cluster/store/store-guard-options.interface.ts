/** How a store is protected from a flood, and its users from a store that is away. */
export interface StoreGuardOptions {
  /** Commands on their way at once. @default 256 */
  readonly window?: number | undefined;
  /** Commands that may wait for a place in the window; those beyond fail at once. @default 50_000 */
  readonly queue?: number | undefined;
  /**
   * Milliseconds without any answer, while commands are on their way, after which the store counts as
   * hung and everything fails at once.
   * @default 300
   */
  readonly hungAfterMs?: number | undefined;
  /**
   * Shortest and longest time between two attempts to find the store back, in milliseconds: of pings
   * and of connections.
   * @default [50, 250]
   */
  readonly retryMs?: readonly [number, number] | undefined;
  /**
   * Milliseconds after which a connection that answers nothing is given up for another one.
   * @default 2_000
   */
  readonly reconnectAfterMs?: number | undefined;
  /** Milliseconds between two pings on the connection of the bus. @default 1_000 */
  readonly busPingMs?: number | undefined;
}

export type ResolvedStoreGuardOptions = Readonly<Required<StoreGuardOptions>>;

/** Fills in the defaults. @throws RangeError that quotes the option and its value */
export function resolveStoreGuardOptions(
  options: StoreGuardOptions = {},
): ResolvedStoreGuardOptions {
  const resolved = {
    window: options.window ?? 256,
    queue: options.queue ?? 50_000,
    hungAfterMs: options.hungAfterMs ?? 300,
    retryMs: options.retryMs ?? ([50, 250] as const),
    reconnectAfterMs: options.reconnectAfterMs ?? 2_000,
    busPingMs: options.busPingMs ?? 1_000,
  };
  const [shortest, longest] = resolved.retryMs;
  check('window', resolved.window, Number.isInteger(resolved.window) && resolved.window >= 1);
  check('queue', resolved.queue, Number.isInteger(resolved.queue) && resolved.queue >= 0);
  check('hungAfterMs', resolved.hungAfterMs, resolved.hungAfterMs >= 10);
  check('retryMs', `[${resolved.retryMs.join(', ')}]`, shortest >= 1 && longest >= shortest);
  check('reconnectAfterMs', resolved.reconnectAfterMs, resolved.reconnectAfterMs >= 100);
  check('busPingMs', resolved.busPingMs, resolved.busPingMs >= 50);
  return Object.freeze(resolved);
}

function check(option: string, value: number | string, valid: boolean): void {
  if (!valid) throw new RangeError(`store.${option}: ${value} is out of range`);
}
