import {
  runtimeOf,
  LONGEST_TIMER_MS,
  OptionReader,
  rule,
  wholeNumber,
} from '../../ground/index.js';
import type { Runtime } from '../../ground/index.js';

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

function isWait(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= LONGEST_TIMER_MS;
}

export const STORE_GUARD_OPTIONS = new OptionReader<StoreGuardOptions>({
  window: wholeNumber(1),
  queue: wholeNumber(0),
  hungAfterMs: wholeNumber(10, LONGEST_TIMER_MS),
  retryMs: rule(`two whole numbers from 1 to ${LONGEST_TIMER_MS}, rising`, (value) => {
    const [shortest, longest, ...more] = (Array.isArray(value) ? value : []) as unknown[];
    return isWait(shortest) && isWait(longest) && shortest <= longest && more.length === 0;
  }),
  reconnectAfterMs: wholeNumber(100, LONGEST_TIMER_MS),
  busPingMs: wholeNumber(50, LONGEST_TIMER_MS),
});

/** Fills in the defaults, checks and freezes. @throws InvalidOptionError */
export function resolveStoreGuardOptions(options?: StoreGuardOptions): ResolvedStoreGuardOptions {
  return Object.freeze(STORE_GUARD_OPTIONS.read(options, 'guard', DEFAULTS));
}

/** What the guard of a store needs of the process. */
export interface StorePorts extends Pick<Runtime, 'random' | 'scheduler'> {
  /** Calls `task` when what has already arrived has been read. */
  readonly afterPoll: (task: () => void) => void;
}

/** The process itself. */
export const systemStorePorts: StorePorts = {
  ...runtimeOf(),
  afterPoll: (task) => {
    setImmediate(task);
  },
};
