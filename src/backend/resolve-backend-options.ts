import type { BackendModuleOptions } from './backend-options.interface.js';
import { InvalidBackendOptionError } from './invalid-backend-option.error.js';

/** Options as they apply. */
export type ResolvedBackendOptions = Readonly<Required<BackendModuleOptions>>;

/** What a timer of Node can wait, in milliseconds; a longer time would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const TRANSPORTS: readonly unknown[] = ['http-service', 'undici'];

const KNOWN: readonly string[] = [
  'baseUrl',
  'timeoutMs',
  'maxBodyBytes',
  'transport',
] satisfies (keyof BackendModuleOptions)[];

/** A base URL as it stands: what a URL parser had to mend would lead somewhere else. */
const BASE_URL = /^https?:\/\/(?:\[[^\]\s]*\]|[^/?#:@[\]\\\s]+)(?::\d{1,5})?(?:\/[^?#\\\s]*)?$/i;

/**
 * Applies defaults, checks and freezes. An `undefined` option counts as absent.
 *
 * @throws {@link InvalidBackendOptionError}
 */
export function resolveBackendOptions(options: BackendModuleOptions = {}): ResolvedBackendOptions {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || KNOWN.includes(name)) continue;
    const expected = `left out: there is no such option (known: ${KNOWN.join(', ')})`;
    throw new InvalidBackendOptionError(`backend.${name}`, value, expected);
  }
  const {
    baseUrl = '',
    timeoutMs = 5_000,
    maxBodyBytes = 32 * 2 ** 20,
    transport = 'http-service',
  } = options;
  demandBaseUrl(baseUrl);
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

function demandBaseUrl(value: unknown): void {
  if (value === '') return;
  if (typeof value === 'string' && BASE_URL.test(value) && URL.canParse(value)) return;
  // What stands before the host, or behind the path, may be a secret.
  const shown =
    typeof value === 'string' ? value.replace(/[^/]*@/g, '…@').replace(/[?#].*$/s, '…') : value;
  throw new InvalidBackendOptionError(
    'backend.baseUrl',
    shown,
    "an http: or https: URL without user, query or fragment, such as 'http://backend:3001/v1'",
  );
}
