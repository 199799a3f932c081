import type { BackendModuleOptions } from './backend-options.interface.js';
import { InvalidBackendOptionError } from './invalid-backend-option.error.js';

/** Options as they apply. */
export type ResolvedBackendOptions = Readonly<Required<BackendModuleOptions>>;

/** What a timer of Node can wait, in milliseconds; a longer time would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const TRANSPORTS: readonly unknown[] = ['http-service', 'undici'];

/**
 * Applies defaults, checks and freezes. An `undefined` option counts as absent.
 *
 * @throws {@link InvalidBackendOptionError}
 */
export function resolveBackendOptions({
  baseUrl = '',
  timeoutMs = 5_000,
  maxBodyBytes = 32 * 2 ** 20,
  transport = 'http-service',
}: BackendModuleOptions = {}): ResolvedBackendOptions {
  demandCount(timeoutMs, LONGEST_TIMER_MS, 'backend.timeoutMs');
  demandCount(maxBodyBytes, Number.MAX_SAFE_INTEGER, 'backend.maxBodyBytes');
  if (!TRANSPORTS.includes(transport)) {
    throw new InvalidBackendOptionError('backend.transport', transport, TRANSPORTS.join(' or '));
  }
  return Object.freeze({ baseUrl, timeoutMs, maxBodyBytes, transport });
}

function demandCount(value: number, most: number, path: string): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  throw new InvalidBackendOptionError(path, value, `a whole number from 1 to ${most}`);
}
