import { Injectable } from '@nestjs/common';
import { BackendTransport } from './backend-transport.js';
import type { TransportAnswer } from './backend-transport.js';
import { BackendTimeoutError, BackendUnavailableError } from './backend.errors.js';
import type { BackendAnswer } from './backend-answer.js';
import { sortHeaders } from './passed-headers.js';
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
    let answer: TransportAnswer;
    try {
      answer = await this.transport.send({ url, headers, signal });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw error instanceof BackendTimeoutError ? error : new BackendUnavailableError(error);
    }
    try {
      return answerOf(answer);
    } catch (error) {
      throw error instanceof BackendUnavailableError ? error : new BackendUnavailableError(error);
    }
  }
}

/** @throws Error for what is no answer: whatever is on the way, interceptors too, may have had a hand in it */
function answerOf({ status, headers, body }: TransportAnswer): BackendAnswer {
  if (!Number.isInteger(status) || status < 200 || status >= 500) {
    const retryAfterMs = retryAfterMsOf([headers['retry-after']].flat()[0]);
    throw new BackendUnavailableError(`status ${status}`, retryAfterMs);
  }
  return { status, ...sortHeaders(headers), body: bytesOf(body) };
}

function bytesOf(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  if (typeof body === 'string' || body instanceof Uint8Array) return Buffer.from(body);
  if (body instanceof ArrayBuffer) return Buffer.from(body);
  throw new Error('a body that is no bytes');
}
