import { AxiosError, AxiosHeaders } from 'axios';
import type { AxiosAdapter, InternalAxiosRequestConfig } from 'axios';
import type { Dispatcher } from 'undici';

/** Splits an absolute URL at its path, without normalising either part. */
const ABSOLUTE_URL = /^(https?:\/\/[^/?#]+)([^#]*)/i;

/**
 * An axios adapter over an undici pool: the path goes out exactly as it was given (a URL parser
 * would resolve `%2e%2e`), the body comes back exactly as it arrived, redirects are answers, and
 * `maxContentLength` bounds what is read. Takes `baseURL`, `url`, `method`, `headers`, `data`,
 * `signal` and `maxContentLength` of the request; deadlines are the caller's, by `signal`.
 */
export function pooledAdapter(pool: Dispatcher): AxiosAdapter {
  return async (config) => {
    const [, origin, path] = ABSOLUTE_URL.exec(`${config.baseURL ?? ''}${config.url ?? ''}`) ?? [];
    if (origin === undefined || path === undefined) {
      throw new AxiosError('not an absolute URL', AxiosError.ERR_INVALID_URL, config);
    }
    try {
      const answer = await pool.request({
        origin,
        path: path === '' ? '/' : path,
        method: (config.method ?? 'get').toUpperCase(),
        headers: config.headers.toJSON() as Record<string, string>,
        body: config.data as string | Buffer | null | undefined,
        signal: config.signal,
      });
      return {
        data: await readBody(answer, config),
        status: answer.statusCode,
        statusText: '',
        headers: new AxiosHeaders(answer.headers as Record<string, string | string[]>),
        config,
      };
    } catch (error) {
      const cause = error instanceof Error ? error : new Error(String(error));
      throw AxiosError.from(cause, (cause as NodeJS.ErrnoException).code, config);
    }
  };
}

async function readBody(
  { headers, body }: Dispatcher.ResponseData,
  { maxContentLength = Infinity }: InternalAxiosRequestConfig,
): Promise<Buffer> {
  const limit = maxContentLength < 0 ? Infinity : maxContentLength;
  const chunks: Buffer[] = [];
  let length = Number(headers['content-length'] ?? 0);
  if (length <= limit) {
    length = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > limit) break;
      chunks.push(chunk);
    }
  }
  if (length > limit) {
    // Leaving the loop, or never entering it, must not leave the rest in the socket.
    body.on('error', () => undefined).destroy();
    throw new AxiosError(`body of over ${limit} bytes`, 'ERR_BODY_TOO_LARGE');
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length);
}
