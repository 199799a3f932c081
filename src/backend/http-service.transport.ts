import type { HttpService } from '@nestjs/axios';
import axios, { AxiosError, AxiosHeaders } from 'axios';
import type { AxiosAdapter, AxiosInstance } from 'axios';
import type { Dispatcher } from 'undici';
import type { AnswerHeaders } from './backend-answer.js';
import { BackendTransport, SENT_HEADERS } from './backend-transport.js';
import type { BackendCall, TransportAnswer } from './backend-transport.js';
import type { ResolvedBackendOptions } from './backend.options.js';
import type { BodiesInFlight } from './bodies-in-flight.js';
import { CallBounds, exchange } from './exchange.js';

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

/**
 * Calls the backend by Nest's `HttpService`, and so through whatever has been put on its `axiosRef`,
 * or in its place. The deadline is kept here: it holds for interceptors and foreign adapters too.
 */
export class HttpServiceTransport extends BackendTransport {
  constructor(
    private readonly http: HttpService,
    private readonly options: ResolvedBackendOptions,
  ) {
    super();
  }

  send({ url, headers, signal }: BackendCall): Promise<TransportAnswer> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const call = new AbortController();
      const answered = this.http.axiosRef.request<Buffer>({ url, headers, signal: call.signal });
      const bounds = new CallBounds(signal, this.options.timeoutMs, (reason) => {
        reject(reason);
        call.abort(reason);
      });
      answered
        .finally(() => {
          bounds.release();
        })
        .then(({ status, headers: fields, data: body }) => {
          // A stand-in of a test may have left them out.
          const given = fields as AnswerHeaders | undefined;
          resolve({ status, headers: given ?? {}, body });
        }, reject);
    });
  }
}

/**
 * An axios adapter over an undici pool: the path goes out exactly as it was given, the body comes back
 * exactly as it arrived, redirects are answers, and `maxContentLength` bounds what is read. Takes
 * `baseURL`, `url`, `method`, `headers`, `data`, `signal` and `maxContentLength` of the request;
 * deadlines are the caller's, by `signal`.
 */
export function pooledAdapter(pool: Dispatcher, bodies: BodiesInFlight): AxiosAdapter {
  return async (config) => {
    const { maxContentLength = -1 } = config;
    try {
      const { status, headers, body } = await exchange(pool, {
        url: config.url ?? '',
        baseUrl: config.baseURL,
        method: (config.method ?? 'get').toUpperCase(),
        headers: config.headers.toJSON() as Record<string, string>,
        body: config.data as string | Buffer | null | undefined,
        signal: config.signal as AbortSignal | undefined,
        bodies,
        maxBodyBytes: maxContentLength < 0 ? Infinity : maxContentLength,
      });
      return {
        data: body,
        status,
        statusText: '',
        headers: new AxiosAnswerHeaders(headers),
        config,
      };
    } catch (error) {
      const cause = error instanceof Error ? error : new Error(String(error));
      throw AxiosError.from(cause, (cause as NodeJS.ErrnoException).code, config);
    }
  };
}

/**
 * The headers of an answer, for axios: in the form that {@link AxiosHeaders} normalises to, which
 * otherwise compares each name with every other one, three times an answer.
 */
export class AxiosAnswerHeaders extends AxiosHeaders {
  /** @param headers names in lower case, each of them once */
  constructor(headers: AnswerHeaders) {
    super();
    for (const name of Object.keys(headers)) {
      // Never in place of a method, nor of the prototype: a backend may name its headers as it likes.
      if (!(name in this)) this[name] = headers[name] as string | string[];
    }
  }

  /** @param format makes each name `Like-This`; without it nothing is left to do */
  override normalize(format: boolean): AxiosHeaders {
    return format ? super.normalize(format) : this;
  }
}
