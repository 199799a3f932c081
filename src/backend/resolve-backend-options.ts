import {
  InvalidOptionError,
  LONGEST_TIMER_MS,
  OptionReader,
  anything,
  flag,
  oneOf,
  wholeNumber,
} from '../ground/index.js';
import type { BackendModuleOptions } from './backend-options.interface.js';

/** Options as they apply. */
export type ResolvedBackendOptions = Readonly<Required<BackendModuleOptions>>;

const DEFAULTS: ResolvedBackendOptions = {
  baseUrl: '',
  timeoutMs: 5_000,
  maxBodyBytes: 32 * 2 ** 20,
  maxInFlightBytes: 256 * 2 ** 20,
  transport: 'http-service',
  traceparent: true,
};

export const BACKEND_OPTIONS_READER = new OptionReader<BackendModuleOptions>({
  // By `demandBaseUrl`: what stands in it may be a secret.
  baseUrl: anything,
  timeoutMs: wholeNumber(1, LONGEST_TIMER_MS),
  maxBodyBytes: wholeNumber(1),
  maxInFlightBytes: wholeNumber(1),
  transport: oneOf('http-service', 'undici'),
  traceparent: flag,
});

/** A base URL as it stands: what a URL parser had to mend would lead somewhere else. */
const BASE_URL = /^https?:\/\/(?:\[[^\]\s]*\]|[^/?#:@[\]\\\s]+)(?::\d{1,5})?(?:\/[^?#\\\s]*)?$/i;

/**
 * Applies defaults, checks and freezes. An `undefined` option counts as absent.
 *
 * @throws {@link InvalidOptionError}
 */
export function resolveBackendOptions(options?: BackendModuleOptions): ResolvedBackendOptions {
  const resolved = BACKEND_OPTIONS_READER.read(options, 'backend', DEFAULTS);
  demandBaseUrl(resolved.baseUrl);
  const { maxBodyBytes, maxInFlightBytes } = resolved;
  const isGiven = options?.maxInFlightBytes !== undefined;
  if (isGiven && maxInFlightBytes < maxBodyBytes) {
    throw new InvalidOptionError(
      'backend.maxInFlightBytes',
      maxInFlightBytes,
      `at least backend.maxBodyBytes (${maxBodyBytes})`,
    );
  }
  return Object.freeze({
    ...resolved,
    maxInFlightBytes: Math.max(maxInFlightBytes, maxBodyBytes),
  });
}

function demandBaseUrl(value: unknown): void {
  if (value === '') return;
  if (typeof value === 'string' && BASE_URL.test(value) && URL.canParse(value)) return;
  // What stands before the host, or behind the path, may be a secret.
  const shown =
    typeof value === 'string' ? value.replace(/[^/]*@/g, '…@').replace(/[?#].*$/s, '…') : value;
  throw new InvalidOptionError(
    'backend.baseUrl',
    shown,
    "an http: or https: URL without user, query or fragment, such as 'http://backend:3001/v1'",
  );
}
