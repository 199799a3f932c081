import {
  InvalidOptionError,
  LONGEST_TIMER_MS,
  OptionReader,
  anything,
  flag,
  oneOf,
  wholeNumber,
} from '../ground/index.js';

/**
 * What carries the calls: `http-service` is Nest's `HttpService`, on whose `axiosRef` interceptors can
 * be put; `undici` is the connection pool under it and nothing else, several times cheaper.
 */
export type BackendTransportName = 'http-service' | 'undici';

/** How backends are called. */
export interface BackendModuleOptions {
  /** Put before URLs that are not absolute. @default '' */
  readonly baseUrl?: string | undefined;
  /** Longest wait for a complete answer, in milliseconds. @default 5_000 */
  readonly timeoutMs?: number | undefined;
  /** Largest body that is accepted, in bytes. @default 33_554_432 (32 MiB) */
  readonly maxBodyBytes?: number | undefined;
  /**
   * Most bytes that the bodies of answers may take together while they are on their way to those who asked:
   * from the moment that they come until the last has been read. Beyond it calls are given up by 503.
   *
   * @default 268_435_456 (256 MiB), or `maxBodyBytes` where that is more
   */
  readonly maxInFlightBytes?: number | undefined;
  /** What carries the calls. @default 'http-service' */
  readonly transport?: BackendTransportName | undefined;
  /**
   * Whether calls say to which trace they belong, by `traceparent`. `false` where something else does, such
   * as instrumentation by OpenTelemetry: two such headers count as none.
   * @default true
   */
  readonly traceparent?: boolean | undefined;
}

/** Makes the options, for `forRootAsync({ useClass })` and `useExisting`. */
export interface BackendOptionsFactory {
  createBackendOptions(): BackendModuleOptions | Promise<BackendModuleOptions>;
}

/** Options as they apply. */
export type ResolvedBackendOptions = Readonly<Required<BackendModuleOptions>>;

/** How long a complete answer is waited for, in milliseconds, where nobody says. */
export const DEFAULT_TIMEOUT_MS = 5_000;

const DEFAULTS: ResolvedBackendOptions = {
  baseUrl: '',
  timeoutMs: DEFAULT_TIMEOUT_MS,
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
