import { AxiosError } from 'axios';
import type { AxiosAdapter } from 'axios';
import type { Dispatcher } from 'undici';
import { AxiosAnswerHeaders } from './axios-answer-headers.js';
import type { BodiesInFlight } from './bodies-in-flight.js';
import { exchange } from './exchange.js';

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
        url: `${config.baseURL ?? ''}${config.url ?? ''}`,
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
