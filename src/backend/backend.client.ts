import { HttpService } from '@nestjs/axios';
import { Inject, Injectable } from '@nestjs/common';
import { BackendTimeoutError, BackendUnavailableError } from './backend.errors.js';
import { BACKEND_OPTIONS } from './backend.constants.js';
import type { BackendAnswer } from './backend-answer.js';
import type { BackendOptions } from './backend-options.interface.js';
import { passedHeaders } from './passed-headers.js';

/** Calls the backend, and sorts what comes back into an answer or one of two errors. */
@Injectable()
export class BackendClient {
  constructor(
    private readonly http: HttpService,
    @Inject(BACKEND_OPTIONS) private readonly options: BackendOptions,
  ) {}

  /**
   * Gets `path` (percent-encoded, beginning with a slash; sent as it is) from the backend. Sends
   * nothing of any caller.
   *
   * @throws {BackendUnavailableError} on 5xx, a failed connection, an invalid or too large answer.
   * @throws {BackendTimeoutError} when the whole answer is not there within the time allowed.
   * @throws the reason of `signal`, when that aborts the call.
   */
  async get(path: string, signal: AbortSignal): Promise<BackendAnswer> {
    signal.throwIfAborted();
    const call = new AbortController();
    const { timeoutMs } = this.options;
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      call.abort();
    }, timeoutMs);
    const abort = () => {
      call.abort();
    };
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await this.request(path, call.signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (timedOut) throw new BackendTimeoutError(timeoutMs);
      throw error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    }
  }

  private async request(path: string, signal: AbortSignal): Promise<BackendAnswer> {
    const answer = await this.http.axiosRef
      .request<Buffer>({ url: path, signal })
      .catch((error: unknown) => {
        throw new BackendUnavailableError(error);
      });
    if (answer.status < 200 || answer.status >= 500) {
      throw new BackendUnavailableError(`status ${answer.status}`);
    }
    return { status: answer.status, headers: passedHeaders(answer.headers), body: answer.data };
  }
}
