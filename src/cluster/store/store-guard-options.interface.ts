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

const DEFAULTS: ResolvedStoreGuardOptions = {
  window: 256,
  queue: 50_000,
  hungAfterMs: 300,
  retryMs: [50, 250],
  reconnectAfterMs: 2_000,
  busPingMs: 1_000,
};

/** Beyond it Node's timers fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

type Range = readonly [least: number, most: number];

const RANGES: Readonly<Record<Exclude<keyof StoreGuardOptions, 'retryMs'>, Range>> = {
  window: [1, Number.MAX_SAFE_INTEGER],
  queue: [0, Number.MAX_SAFE_INTEGER],
  hungAfterMs: [10, LONGEST_TIMER_MS],
  reconnectAfterMs: [100, LONGEST_TIMER_MS],
  busPingMs: [50, LONGEST_TIMER_MS],
};

/**
 * Fills in the defaults. An `undefined` option counts as absent.
 *
 * @throws RangeError that quotes the option, its value and what is allowed
 */
export function resolveStoreGuardOptions(
  options: StoreGuardOptions = {},
): ResolvedStoreGuardOptions {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    if (!Object.hasOwn(DEFAULTS, name)) {
      refuse(name, value, `left out (known: ${Object.keys(DEFAULTS).join(', ')})`);
    }
  }
  const resolved: ResolvedStoreGuardOptions = { ...DEFAULTS, ...Object.fromEntries(given) };
  for (const [name, range] of Object.entries(RANGES)) {
    const value: unknown = resolved[name as keyof typeof RANGES];
    if (!fits(value, range)) refuse(name, value, `a whole number from ${range.join(' to ')}`);
  }
  const { retryMs } = resolved as { readonly retryMs: unknown };
  const pair: readonly unknown[] = Array.isArray(retryMs) ? retryMs : [];
  const [shortest, longest] = pair;
  const rising =
    pair.length === 2 &&
    fits(shortest, [1, LONGEST_TIMER_MS]) &&
    fits(longest, [shortest as number, LONGEST_TIMER_MS]);
  if (!rising) {
    refuse('retryMs', retryMs, `two whole numbers from 1 to ${LONGEST_TIMER_MS}, rising`);
  }
  return Object.freeze(resolved);
}

function fits(value: unknown, [least, most]: Range): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}

function refuse(option: string, value: unknown, allowed: string): never {
  const shown = typeof value === 'number' ? String(value) : JSON.stringify(value);
  throw new RangeError(`store.${option} must be ${allowed}, got ${shown}`);
}
