import { Injectable } from '@nestjs/common';
import { BackendTransport } from './backend-transport.js';
import { BackendTimeoutError, BackendUnavailableError } from './backend.errors.js';
import type { BackendAnswer } from './backend-answer.js';
import { passedHeaders, setCookies } from './passed-headers.js';
import { retryAfterMsOf } from './retry-after.js';

/** Calls the backend, and sorts what comes back into an answer or one of two errors. */
@Injectable()
export class BackendClient {
  constructor(private readonly transport: BackendTransport) {}

  /**
   * Gets `url` from the backend: an absolute one, or a path below the base URL, percent-encoded and
   * sent as it is. Sends nothing of any caller but what `headers` say.
   *
   * @throws {BackendUnavailableError} on 5xx, a failed connection, an invalid or too large answer.
   * @throws {BackendTimeoutError} when the whole answer is not there within the time allowed.
   * @throws the reason of `signal`, when that aborts the call.
   */
  async get(
    url: string,
    signal: AbortSignal,
    headers?: Readonly<Record<string, string>>,
  ): Promise<BackendAnswer> {
    const answer = await this.transport.send({ url, headers, signal }).catch((error: unknown) => {
      if (signal.aborted) throw signal.reason;
      throw error instanceof BackendTimeoutError ? error : new BackendUnavailableError(error);
    });
    if (answer.status < 200 || answer.status >= 500) {
      const retryAfterMs = retryAfterMsOf([answer.headers['retry-after']].flat()[0]);
      throw new BackendUnavailableError(`status ${answer.status}`, retryAfterMs);
    }
    return {
      status: answer.status,
      headers: passedHeaders(answer.headers),
      cookies: setCookies(answer.headers),
      body: answer.body,
    };
  }
}
