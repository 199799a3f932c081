import * as z from 'zod';
import {
  addressRanges,
  adminToken,
  backendTransport,
  BODY_BYTES,
  corsOrigin,
  DAY_MS,
  duration,
  file,
  folder,
  GIBIBYTE,
  healthDetails,
  host,
  httpUrl,
  INFLIGHT_BYTES,
  integer,
  logLevel,
  MAX_WORKERS,
  MEBIBYTE,
  MINUTE_MS,
  namespace,
  onOrOff,
  ownRoutes,
  proxyHost,
  proxyMode,
  proxyTrust,
  STALE_MS,
  storeUrl,
  workers,
} from './setting-forms.js';

/**
 * Every environment variable that the service reads: its form, default and meaning. The one place;
 * the README's table is tested against it.
 */
export const settingsSchema = z
  .object({
    PORT: integer(0, 65_535)
      .default(3_000)
      .describe('Port to listen on, on IPv4 and IPv6; 0 picks a free one.'),
    WORKERS: workers
      .default(1)
      .describe(
        'Processes that serve, behind one port; beyond 1 one more holds what they share; `auto`: as many as cores.',
      ),
    BACKEND_URL: httpUrl
      .default('http://localhost:3001')
      .describe('Base URL of the backend; a path in it is kept as a prefix.'),
    BACKEND_TIMEOUT_MS: integer(1, 10 * MINUTE_MS)
      .default(5_000)
      .describe('Longest wait for a whole answer of the backend, in milliseconds.'),
    BACKEND_MAX_BODY_BYTES: integer(1, GIBIBYTE)
      .default(BODY_BYTES)
      .describe('Largest backend body that is accepted, in bytes.'),
    INFLIGHT_MAX_BYTES: integer(1, 64 * GIBIBYTE)
      .default(INFLIGHT_BYTES)
      .describe(
        'Most that answers on their way may take together, in bytes; at least `BACKEND_MAX_BODY_BYTES`; beyond it 503.',
      ),
    BACKEND_TRANSPORT: backendTransport
      .default('http-service')
      .describe('What calls the backend: `HttpService`, or `undici` without it, at less cost.'),
    BACKEND_TRACEPARENT: onOrOff
      .default('on')
      .describe('Whether calls of the backend carry a `traceparent`, of a trace that is sampled.'),
    CIRCUIT_FAILURE_THRESHOLD: integer(1, 1_000_000)
      .default(3)
      .describe('Consecutive failures that open the circuit of `/api/resource`.'),
    CIRCUIT_COOLDOWN_MS: integer(1, DAY_MS)
      .default(5_000)
      .describe('How long an open circuit refuses before it admits a probe, in milliseconds.'),
    COALESCING_MAX_FLIGHTS: integer(1, 1_000_000)
      .default(10_000)
      .describe('Most backend calls of `/api/data` in progress at once; beyond it 503.'),
    PRODUCT_API_BASE: httpUrl
      .optional()
      .describe('Base URL of the product API; unset means `BACKEND_URL`.'),
    FRESH_TTL_MS: integer(0, DAY_MS)
      .default(10_000)
      .describe('Age up to which `/products` is answered from the cache, in milliseconds.'),
    STALE_TTL_MS: integer(0, 30 * DAY_MS)
      .default(STALE_MS)
      .describe(
        'Total age up to which a stale answer may stand in, in milliseconds; at least `FRESH_TTL_MS`.',
      ),
    MEMORY_CACHE_MAX_BYTES: integer(1, 64 * GIBIBYTE)
      .default(64 * MEBIBYTE)
      .describe('Most memory that cached answers may take, in bytes.'),
    CACHE_DIR: folder
      .optional()
      .describe('Local folder where cached answers survive a restart; unset means memory alone.'),
    DISK_CACHE_MAX_BYTES: integer(MEBIBYTE, 1_024 * GIBIBYTE)
      .default(GIBIBYTE)
      .describe('Most that `CACHE_DIR` may take, in bytes.'),
    FAST_PATH: onOrOff
      .default('on')
      .describe('Whether fresh answers in memory are sent before the framework sees the request.'),
    REDIS_URL: storeUrl
      .optional()
      .describe('Store that replicas share, Redis 7.0 or newer or Valkey; unset means no cluster.'),
    REDIS_PASSWORD_FILE: file
      .optional()
      .describe(
        "File with the store's password, in place of one in `REDIS_URL`; read again for each connection.",
      ),
    REDIS_CA_FILE: file
      .optional()
      .describe("File with the authorities (PEM) of the store's certificate, for `rediss:`."),
    CLUSTER_NAMESPACE: namespace
      .default('bw1')
      .describe('Begins every key in the store; replicas of one service have the same.'),
    CLUSTER_LEASE_MS: integer(100, 10 * MINUTE_MS)
      .default(5_000)
      .describe('How long the right to call the backend outlives a replica that hangs.'),
    CLUSTER_HEARTBEAT_MS: integer(20, 10 * MINUTE_MS)
      .optional()
      .describe('How often a slow call extends it; unset means a third of `CLUSTER_LEASE_MS`.'),
    CLUSTER_PATIENCE_MS: integer(0, 10 * MINUTE_MS)
      .default(1_500)
      .describe('How long a request waits for another replica after the store has gone.'),
    CLUSTER_CIRCUIT_QUORUM: integer(1, 1_000)
      .default(2)
      .describe('Replicas that must see failures before a circuit opens on all of them.'),
    SHUTDOWN_DRAIN_MS: integer(0, 5 * MINUTE_MS)
      .default(1_000)
      .describe('After SIGTERM: how long to keep accepting while readiness says 503.'),
    SHUTDOWN_GRACE_MS: integer(1, 10 * MINUTE_MS)
      .default(10_000)
      .describe('After SIGTERM: the process has exited within this time, drain included.'),
    HEADERS_TIMEOUT_MS: integer(1, 10 * MINUTE_MS)
      .default(10_000)
      .describe("Longest wait for a client's complete request head, in milliseconds."),
    REQUEST_TIMEOUT_MS: integer(1, 10 * MINUTE_MS)
      .default(30_000)
      .describe("Longest wait for a client's complete request, in milliseconds."),
    WRITE_TIMEOUT_MS: integer(1, 10 * MINUTE_MS)
      .default(30_000)
      .describe('How long a client may read nothing of its answer, in milliseconds; then cut off.'),
    CORS_ORIGIN: corsOrigin
      .optional()
      .describe('Origin that browsers may call from; unset turns CORS off.'),
    HEALTH_DETAILS: healthDetails
      .default('brief')
      .describe(
        'What `/health` tells: states and numbers, or names, versions and reasons as well.',
      ),
    OPENTELEMETRY: onOrOff
      .default('off')
      .describe(
        'Whether spans and metrics go to an OpenTelemetry SDK, which `node --import` has loaded.',
      ),
    METRICS: onOrOff
      .default('on')
      .describe('Whether there is `/metrics`, which tells Prometheus what the service does.'),
    API_DOCS: onOrOff
      .default('on')
      .describe('Whether there are `/openapi.json` and, to read and try it, `/docs`.'),
    ADMIN_TOKEN: adminToken
      .optional()
      .describe('Opens `/admin` to who shows it as `Authorization: Bearer …`; unset: no `/admin`.'),
    ADMIN_PORT: integer(0, 65_535)
      .optional()
      .describe(
        'Port for operators alone: `/admin`, `/metrics` and the whole of `/health`; unset: on `PORT`.',
      ),
    ADMIN_HOST: host
      .default('127.0.0.1')
      .describe('Address or name that `ADMIN_PORT` is listened on; by default this machine alone.'),
    PROXY_TO: httpUrl
      .optional()
      .describe(
        'Base URL of an HTTP API to stand in front of: every path and method goes there; unset: none.',
      ),
    PROXY_RULES: file
      .optional()
      .describe(
        'Rule file of the gateway, in YAML or JSON; followed when it changes; unset: `PROXY_TO` alone.',
      ),
    PROXY_MODE: proxyMode
      .default('on')
      .describe(
        '`observe`: everything is passed on untouched, and what would have become of it is told.',
      ),
    PROXY_TRUST: proxyTrust
      .default('guarded')
      .describe(
        'Whether cookies keep answers apart beyond what RFC 9111 asks; `rfc`: they do not.',
      ),
    PROXY_OWN_ROUTES: ownRoutes
      .default('health')
      .describe(
        'Beside `PROXY_TO`: own endpoints in front, `health` (with `/metrics` and `/admin`) or `all`.',
      ),
    PROXY_DEFAULT_FRESH: duration
      .optional()
      .describe('Freshness of answers that name none and may be kept; unset: none.'),
    PROXY_HOST: proxyHost
      .optional()
      .describe(
        "Whose `Host` the API sees; unset: the client's for http:, the backend's for https:.",
      ),
    TRUSTED_PROXIES: addressRanges
      .optional()
      .describe('Proxies whose `X-Forwarded-*` are believed, separated by commas; unset: none.'),
    SPILL_DIR: folder
      .optional()
      .describe(
        'Folder for bodies that several read and memory does not hold; unset: in `CACHE_DIR`.',
      ),
    SPILL_MAX_BYTES: integer(MEBIBYTE, 1_024 * GIBIBYTE)
      .default(GIBIBYTE)
      .describe('Most that the files there may take together, in bytes.'),
    LOG_LEVEL: logLevel.default('info').describe('Least severe level that is logged.'),
  })
  .superRefine((settings, context) => {
    if (settings.INFLIGHT_MAX_BYTES < settings.BACKEND_MAX_BODY_BYTES) {
      context.addIssue({
        code: 'custom',
        path: ['INFLIGHT_MAX_BYTES'],
        message: `at least BACKEND_MAX_BODY_BYTES (${settings.BACKEND_MAX_BODY_BYTES})`,
      });
    }
    const { WORKERS: count } = settings;
    const shared = count * settings.BACKEND_MAX_BODY_BYTES;
    // What has been refused already comes here as it was written.
    const isMany = Number.isInteger(count) && count > 1 && count <= MAX_WORKERS;
    if (isMany && settings.INFLIGHT_MAX_BYTES < shared) {
      context.addIssue({
        code: 'custom',
        path: ['INFLIGHT_MAX_BYTES'],
        message: `at least WORKERS times BACKEND_MAX_BODY_BYTES (${shared})`,
      });
    }
    if (settings.ADMIN_PORT === settings.PORT && settings.PORT !== 0) {
      context.addIssue({
        code: 'custom',
        path: ['ADMIN_PORT'],
        message: `another port than PORT (${settings.PORT})`,
      });
    }
    if (settings.STALE_TTL_MS < settings.FRESH_TTL_MS) {
      context.addIssue({
        code: 'custom',
        path: ['STALE_TTL_MS'],
        message: `at least FRESH_TTL_MS (${settings.FRESH_TTL_MS})`,
      });
    }
    if (3 * (settings.CLUSTER_HEARTBEAT_MS ?? 0) > settings.CLUSTER_LEASE_MS) {
      context.addIssue({
        code: 'custom',
        path: ['CLUSTER_HEARTBEAT_MS'],
        message: `at most a third of CLUSTER_LEASE_MS (${settings.CLUSTER_LEASE_MS})`,
      });
    }
    if (settings.SHUTDOWN_DRAIN_MS >= settings.SHUTDOWN_GRACE_MS) {
      context.addIssue({
        code: 'custom',
        path: ['SHUTDOWN_DRAIN_MS'],
        message: `less than SHUTDOWN_GRACE_MS (${settings.SHUTDOWN_GRACE_MS})`,
      });
    }
    if (settings.HEADERS_TIMEOUT_MS > settings.REQUEST_TIMEOUT_MS) {
      context.addIssue({
        code: 'custom',
        path: ['HEADERS_TIMEOUT_MS'],
        message: `at most REQUEST_TIMEOUT_MS (${settings.REQUEST_TIMEOUT_MS})`,
      });
    }
  });

/** One body for each worker; of what cannot be used, nothing. */
function leastInFlight(env: Readonly<Record<string, string | undefined>>, body = ''): number {
  const { success, data: count } = workers.safeParse(env['WORKERS'] || '1');
  const bytes = body === '' ? BODY_BYTES : Number(body);
  return success && Number.isSafeInteger(bytes) ? count * bytes : 0;
}

/** An environment with the defaults that depend on what else it says. */
export function withDependentDefaults(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  const { FRESH_TTL_MS: fresh, STALE_TTL_MS: stale } = env;
  const lasts = stale === undefined && Number(fresh) > STALE_MS;
  const { BACKEND_MAX_BODY_BYTES: body, INFLIGHT_MAX_BYTES: inFlight } = env;
  const least = leastInFlight(env, body);
  const fills = inFlight === undefined && least > INFLIGHT_BYTES;
  return {
    ...env,
    ...(lasts && { STALE_TTL_MS: fresh }),
    ...(fills && { INFLIGHT_MAX_BYTES: String(least) }),
  };
}

/** The validated environment, by the variables' own names. Frozen. */
export type Settings = Readonly<z.output<typeof settingsSchema>>;
