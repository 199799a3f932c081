import axios from 'axios';
import type { AxiosInstance } from 'axios';
import type { Dispatcher } from 'undici';
import type { BodiesInFlight } from './bodies-in-flight.js';
import { pooledAdapter } from './pooled-adapter.js';
import type { ResolvedBackendOptions } from './resolve-backend-options.js';
import { SENT_HEADERS } from './sent-headers.js';

/** Defaults of axios that mean nothing to the adapter. */
const UNREAD = [
  'env',
  'maxBodyLength',
  'timeout',
  'transitional',
  'xsrfCookieName',
  'xsrfHeaderName',
] as const;

/** The axios that calls backends: it changes neither what is sent nor what comes back. */
export function createBackendAxios(
  pool: Dispatcher,
  { baseUrl, maxBodyBytes }: ResolvedBackendOptions,
  bodies: BodiesInFlight,
): AxiosInstance {
  const instance = axios.create({
    adapter: pooledAdapter(pool, bodies),
    baseURL: baseUrl,
    maxContentLength: maxBodyBytes,
    responseType: 'arraybuffer',
    transformRequest: [],
    transformResponse: [],
    validateStatus: null,
  });
  // Axios merges its defaults anew for each call, those of thirteen methods among them: half its cost.
  const { defaults } = instance;
  for (const name of UNREAD) Reflect.deleteProperty(defaults, name);
  defaults.headers = { common: { ...SENT_HEADERS }, get: {} } as typeof defaults.headers;
  return instance;
}
