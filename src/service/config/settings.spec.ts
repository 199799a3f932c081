import { availableParallelism } from 'node:os';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ConfigurationError } from './configuration.error.js';
import { parseSettings } from './parse-settings.js';
import { settingsTable } from './testing/settings-table.js';

function problemsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    parseSettings(env);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

describe('settings', () => {
  it('need no variable at all', () => {
    expect(parseSettings({})).toEqual({
      PORT: 3_000,
      WORKERS: 1,
      BACKEND_URL: 'http://localhost:3001',
      BACKEND_TIMEOUT_MS: 5_000,
      BACKEND_MAX_BODY_BYTES: 33_554_432,
      INFLIGHT_MAX_BYTES: 268_435_456,
      BACKEND_TRACEPARENT: 'on',
      BACKEND_TRANSPORT: 'http-service',
      CIRCUIT_FAILURE_THRESHOLD: 3,
      CIRCUIT_COOLDOWN_MS: 5_000,
      COALESCING_MAX_FLIGHTS: 10_000,
      FAST_PATH: 'on',
      FRESH_TTL_MS: 10_000,
      STALE_TTL_MS: 60_000,
      MEMORY_CACHE_MAX_BYTES: 67_108_864,
      DISK_CACHE_MAX_BYTES: 1_073_741_824,
      CLUSTER_NAMESPACE: 'bw1',
      CLUSTER_LEASE_MS: 5_000,
      CLUSTER_PATIENCE_MS: 1_500,
      CLUSTER_CIRCUIT_QUORUM: 2,
      SHUTDOWN_DRAIN_MS: 1_000,
      SHUTDOWN_GRACE_MS: 10_000,
      HEADERS_TIMEOUT_MS: 10_000,
      REQUEST_TIMEOUT_MS: 30_000,
      WRITE_TIMEOUT_MS: 30_000,
      HEALTH_DETAILS: 'brief',
      OPENTELEMETRY: 'off',
      ADMIN_HOST: '127.0.0.1',
      METRICS: 'on',
      API_DOCS: 'on',
      PROXY_MODE: 'on',
      PROXY_TRUST: 'guarded',
      PROXY_OWN_ROUTES: 'health',
      SPILL_MAX_BYTES: 1_073_741_824,
      LOG_LEVEL: 'info',
    });
  });

  it('are frozen', () => {
    expect(Object.isFrozen(parseSettings({}))).toBe(true);
  });

  it('take lists of proxies, and refuse what is no address', () => {
    expect(parseSettings({ TRUSTED_PROXIES: '10.0.0.0/8, ::1' }).TRUSTED_PROXIES).toBe(
      '10.0.0.0/8, ::1',
    );
    for (const value of ['10.0.0.0/33', 'proxy', '10.0.0.1,', '::1/129', '10.0.0']) {
      expect(problemsOf({ TRUSTED_PROXIES: value })).toEqual([
        `TRUSTED_PROXIES is ${JSON.stringify(value)}; allowed: addresses, or ranges such as 10.0.0.0/8, separated by commas`,
      ]);
    }
  });

  it('take a number of workers, or as many as there are cores', () => {
    expect(parseSettings({}).WORKERS).toBe(1);
    expect(parseSettings({ WORKERS: '3' }).WORKERS).toBe(3);
    const { WORKERS } = parseSettings({ WORKERS: 'auto' });
    expect(WORKERS).toBe(Math.min(availableParallelism(), 64));
    for (const value of ['0', '65', '-1', '2.5', 'all', 'AUTO', '1e1']) {
      expect(problemsOf({ WORKERS: value })).toEqual([
        `WORKERS is ${JSON.stringify(value)}; allowed: a whole number from 1 to 64, or auto`,
      ]);
    }
  });

  it('have room for a body on its way in each worker', () => {
    const MEBIBYTE = 2 ** 20;
    expect(parseSettings({ WORKERS: '8' }).INFLIGHT_MAX_BYTES).toBe(256 * MEBIBYTE);
    expect(parseSettings({ WORKERS: '16' }).INFLIGHT_MAX_BYTES).toBe(512 * MEBIBYTE);
    expect(problemsOf({ WORKERS: '3', INFLIGHT_MAX_BYTES: String(64 * MEBIBYTE) })).toEqual([
      `INFLIGHT_MAX_BYTES is "${64 * MEBIBYTE}"; allowed: at least WORKERS times BACKEND_MAX_BODY_BYTES (${96 * MEBIBYTE})`,
    ]);
    expect(problemsOf({ WORKERS: 'none', BACKEND_MAX_BODY_BYTES: 'much' })).toHaveLength(2);
  });

  it('take an empty variable for an unset one', () => {
    expect(parseSettings({ PORT: '' }).PORT).toBe(3_000);
  });

  it.each(['0', '-1', '1.5', '1e3', '0x10', '5s', ' 5', 'NaN', 'Infinity', '600001'])(
    'refuse a backend timeout of %j, and say what is allowed',
    (value) => {
      expect(problemsOf({ BACKEND_TIMEOUT_MS: value })).toEqual([
        `BACKEND_TIMEOUT_MS is ${JSON.stringify(value)}; allowed: a whole number from 1 to 600000`,
      ]);
    },
  );

  it.each([
    ['localhost:3001'],
    ['ftp://backend'],
    ['backend'],
    ['http://'],
    ['http://backend?x=1', 'http://backend…'],
    ['http://backend#x', 'http://backend…'],
    ['http://backend:0'],
    ['http://backend:99999'],
    ['http://[::1'],
  ])('refuse the backend URL %j', (value, shown = value) => {
    expect(problemsOf({ BACKEND_URL: value, PRODUCT_API_BASE: value })).toEqual(
      ['BACKEND_URL', 'PRODUCT_API_BASE'].map(
        (name) =>
          `${name} is ${JSON.stringify(shown)}; allowed: an http: or https: URL without user, query or fragment`,
      ),
    );
  });

  it.each([
    ...[' http://backend', 'http://backend ', 'http://backend\n', '\thttp://backend'],
    ...['http:/backend', 'http:backend', 'http:///backend', 'http:\\\\backend'],
    ...['http://backend/a b', 'http://backend/a\tb', 'http://back end', 'http://backend\\a'],
    ...['http://backend/a/../b', 'http://backend/./a', 'http://backend/%2e%2e/a'],
    ...['http://backend/é', 'http://bäckend', 'http://1', 'http://0x7f.1', 'http://127.1'],
    ...['http://backend:', 'http://backend/a"b', 'http://b%61ckend', 'http://@backend'],
  ])('refuse what `URL` would mend: %j', (value) => {
    expect(problemsOf({ BACKEND_URL: value })).toHaveLength(1);
    expect(problemsOf({ PRODUCT_API_BASE: value })).toHaveLength(1);
  });

  it.each([
    ...['http://backend', 'https://backend:443/v1', 'HTTP://Backend.Example:3001/A/b%2Fc'],
    ...['http://127.0.0.1:80', 'http://[::1]:3001', 'http://[0:0:0:0:0:0:0:1]', 'http://b_1'],
    ...['http://backend/v1/~a;b=c,d', 'http://xn--bckend-bua.example'],
  ])('take the backend URL %j as it is', (value) => {
    expect(parseSettings({ BACKEND_URL: value }).BACKEND_URL).toBe(value);
  });

  it.each([
    ['http://user:secret@backend', 'http://***@backend'],
    ['http://user:sec/ret@backend/', 'http://…'],
    ['http://user:sec?ret@backend', 'http://…'],
    ['http://user:sec#ret@backend', 'http://…'],
    ['http://user:sec ret@backend', 'http://…'],
    ['http://user:sec@ret@backend/v1', 'http://***@backend…'],
    ['http://backend/path-secret', undefined],
    ['http://backend?token=secret', 'http://backend…'],
    ['http://backend/?mail=secret@secret', 'http://…'],
    ['user:secret@backend', '…'],
    ['http:user:secret@backend', '…'],
    ['http:/backend/secret', 'http:/backend…'],
    ['user:secret', 'user…'],
  ])('print of the URL %j scheme and host alone', (value, shown) => {
    for (const name of ['BACKEND_URL', 'PRODUCT_API_BASE', 'CORS_ORIGIN']) {
      const [problem] = problemsOf({ [name]: value });
      expect(problem ?? '').not.toMatch(/sec|ret\b|token/);
      if (shown !== undefined) expect(problem).toContain(`${name} is ${JSON.stringify(shown)};`);
    }
    for (const name of ['PORT', 'LOG_LEVEL', 'REDIS_URL']) {
      if (!value.includes('@')) continue;
      expect(problemsOf({ [name]: value }).join()).not.toMatch(/sec|ret\b/);
    }
  });

  it("keep the backend URL's path as a prefix, without its last slash", () => {
    expect(parseSettings({ BACKEND_URL: 'https://backend/v1/' }).BACKEND_URL).toBe(
      'https://backend/v1',
    );
  });

  it('list everything that is wrong at once, a line each', () => {
    const error = new ConfigurationError(
      problemsOf({ PORT: '70000', LOG_LEVEL: 'loud', BACKEND_URL: 'nowhere', CORS_ORIGIN: 'x' }),
    );
    expect(error.message.split('\n')).toEqual([
      'The configuration is not usable:',
      '  PORT is "70000"; allowed: a whole number from 0 to 65535',
      '  BACKEND_URL is "nowhere"; allowed: an http: or https: URL without user, query or fragment',
      '  CORS_ORIGIN is "x"; allowed: * or one origin such as https://app.example',
      '  LOG_LEVEL is "loud"; allowed: one of fatal, error, warn, info, debug, verbose',
    ]);
  });

  it.each([
    ['BACKEND_URI', 'BACKEND_URL'],
    ['BACKEND_ULR', 'BACKEND_URL'],
    ['backend_url', 'BACKEND_URL'],
    ['FRESH_TTL', 'FRESH_TTL_MS'],
    ['STALE_TTL', 'STALE_TTL_MS'],
    ['MEMORY_CACHE_MAX', 'MEMORY_CACHE_MAX_BYTES'],
    ['SHUTDOWN_GRACE', 'SHUTDOWN_GRACE_MS'],
    ['COALESCING_MAX_FLIGHT', 'COALESCING_MAX_FLIGHTS'],
  ])('refuse %s, which nobody reads, and name %s', (name, meant) => {
    const [problem] = problemsOf({ [name]: '1' });
    expect(problem).toContain(`${name} is read by nobody; meant is ${meant}`);
    // Both together: the first is of another program in the same container.
    expect(
      problemsOf({ [name]: '1', [meant]: String(parseSettings({})[meant as 'PORT']) }),
    ).toEqual([]);
  });

  it('leave what a container has besides to whom it belongs', () => {
    expect(
      problemsOf({
        ...{ PATH: '/bin', HOME: '/', HOSTNAME: 'x', TERM: 'x', NODE_ENV: 'production', HOST: 'x' },
        ...{ BACKEND_PORT: 'tcp://10.0.0.1:80', BACKEND_SERVICE_HOST: '10.0.0.1', TZ: 'UTC' },
        ...{ BREAKWATER_PORT: 'tcp://10.0.0.2:3000', HTTP_PROXY: 'x', NODE_OPTIONS: '', LANG: 'C' },
        ...{ REDIS_PORT: 'tcp://10.0.0.3:6379', REDIS_SERVICE_PORT: '6379', LOG_FILE: 'x' },
      }),
    ).toEqual([]);
  });

  it('refuse to keep a stale answer for less than it is fresh', () => {
    expect(problemsOf({ STALE_TTL_MS: '5000' })).toEqual([
      'STALE_TTL_MS is "5000"; allowed: at least FRESH_TTL_MS (10000)',
    ]);
    expect(problemsOf({ FRESH_TTL_MS: '5000', STALE_TTL_MS: '5000' })).toEqual([]);
  });

  it('keep what is fresh for long as long where nothing is said of stale answers', () => {
    expect(parseSettings({ FRESH_TTL_MS: '86400000' }).STALE_TTL_MS).toBe(86_400_000);
    expect(parseSettings({ FRESH_TTL_MS: '1' }).STALE_TTL_MS).toBe(60_000);
  });

  it('leave room on the way for one body, at least', () => {
    expect(problemsOf({ INFLIGHT_MAX_BYTES: '33554431' })).toEqual([
      'INFLIGHT_MAX_BYTES is "33554431"; allowed: at least BACKEND_MAX_BODY_BYTES (33554432)',
    ]);
    const large = parseSettings({ BACKEND_MAX_BODY_BYTES: '1073741824' });
    expect(large.INFLIGHT_MAX_BYTES).toBe(1_073_741_824);
  });

  it('quote a long value only in part', () => {
    const [problem] = problemsOf({ PORT: '9'.repeat(5_000) });
    expect(problem?.length).toBeLessThan(200);
  });

  it('refuse a drain that outlasts the grace, and a head that may outlast its request', () => {
    expect(
      problemsOf({
        SHUTDOWN_DRAIN_MS: '5000',
        SHUTDOWN_GRACE_MS: '5000',
        HEADERS_TIMEOUT_MS: '2',
        REQUEST_TIMEOUT_MS: '1',
      }),
    ).toEqual([
      'SHUTDOWN_DRAIN_MS is "5000"; allowed: less than SHUTDOWN_GRACE_MS (5000)',
      'HEADERS_TIMEOUT_MS is "2"; allowed: at most REQUEST_TIMEOUT_MS (1)',
    ]);
  });

  it('are the very rows of the table in the README', () => {
    const rows = readFileSync('README.md', 'utf8')
      .split('\n')
      .map((line) => line.replaceAll(/ +/g, ' '))
      .filter((line) => /^\| `[A-Z_]+` \|/.test(line) && !line.startsWith('| `DEMO_'));
    expect(rows).toEqual(settingsTable());
  });
});
