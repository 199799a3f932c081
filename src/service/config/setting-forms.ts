import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import * as z from 'zod';
import { isBackendUrl } from '../../ground/index.js';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'verbose'] as const;

export const MINUTE_MS = 60_000;
export const DAY_MS = 24 * 60 * MINUTE_MS;
export const STALE_MS = MINUTE_MS;
export const MEBIBYTE = 2 ** 20;
export const GIBIBYTE = 2 ** 30;
export const BODY_BYTES = 32 * MEBIBYTE;
export const INFLIGHT_BYTES = 256 * MEBIBYTE;

/** A whole number in decimal notation; `1e3`, `0x10`, `5s` and fractions are refused. */
export function integer(min: number, max: number) {
  const allowed = `a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, allowed)
    .transform(Number)
    .pipe(z.number(allowed).min(min, allowed).max(max, allowed));
}

export const MAX_WORKERS = 64;
const aNumberOfWorkers = `a whole number from 1 to ${MAX_WORKERS}, or auto`;

export const workers = z
  .string()
  .regex(/^(?:auto|\d{1,3})$/, aNumberOfWorkers)
  .transform((text) => {
    if (text === 'auto') return Math.min(availableParallelism(), MAX_WORKERS);
    return /^\d+$/.test(text) ? Number(text) : NaN;
  })
  .pipe(z.number(aNumberOfWorkers).min(1, aNumberOfWorkers).max(MAX_WORKERS, aNumberOfWorkers));

export const httpUrl = z
  .string()
  .refine(isBackendUrl, 'an http: or https: URL without user, query or fragment')
  .transform((text) => text.replace(/\/+$/, ''));

export const folder = z.string().refine((path) => !path.includes('\0'), "a folder's path");

export const file = z.string().refine((path) => !path.includes('\0'), "a file's path");

const STORE_SCHEMES = ['redis', 'rediss', 'redis+sentinel', 'rediss+sentinel'];

/** The form alone; the rest is checked, and told, by whoever connects. */
export const storeUrl = z
  .string()
  .refine(
    (text) => STORE_SCHEMES.some((scheme) => text.startsWith(`${scheme}://`)),
    'a redis:, rediss:, redis+sentinel: or rediss+sentinel: URL',
  );

export const namespace = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,32}$/, '1 to 32 letters, digits, _ or -');

const BACKEND_TRANSPORTS = ['http-service', 'undici'] as const;

export const backendTransport = z.enum(BACKEND_TRANSPORTS, {
  error: `one of ${BACKEND_TRANSPORTS.join(', ')}`,
});

export const adminToken = z
  .string()
  .regex(/^[\x21-\x7e]{16,1024}$/, '16 to 1024 printable ASCII characters, without spaces');

/** A name or an address to listen on; the rest is told by the system that knows its own. */
export const host = z
  .string()
  .regex(/^[\w.:-]{1,255}$/, "a host's name or address of this machine");

export const logLevel = z.enum(LOG_LEVELS, { error: `one of ${LOG_LEVELS.join(', ')}` });

export const healthDetails = z.enum(['brief', 'full'], { error: 'brief or full' });

export const onOrOff = z.enum(['on', 'off'], { error: 'on or off' });

export const proxyTrust = z.enum(['guarded', 'rfc'], { error: 'guarded or rfc' });

export const proxyMode = z.enum(['on', 'observe'], { error: 'on or observe' });

export const ownRoutes = z.enum(['health', 'all'], { error: 'health or all' });

export const duration = z
  .string()
  .regex(/^(?:0|\d{1,9}(?:ms|s|m|h|d))$/, '0, or a duration such as 500ms, 1s or 5m');

export const proxyHost = z.enum(['client', 'backend'], { error: 'client or backend' });

export const addressRanges = z
  .string()
  .refine(
    (text) => text.split(',').every((range) => isAddressRange(range.trim())),
    'addresses, or ranges such as 10.0.0.0/8, separated by commas',
  );

/** An address, or the first of a range and how many bits they share. */
function isAddressRange(text: string): boolean {
  const [, address = '', bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address);
  return family !== 0 && Number(bits ?? 0) <= (family === 4 ? 32 : 128);
}

export const corsOrigin = z
  .string()
  .refine(
    (text) => text === '*' || (URL.canParse(text) && new URL(text).origin === text),
    '* or one origin such as https://app.example',
  );
