import { HttpService } from '@nestjs/axios';
import { Inject, Injectable } from '@nestjs/common';
import { BackendTimeoutError, BackendUnavailableError } from './backend.errors.js';
import { BACKEND_OPTIONS } from './backend.constants.js';
import type { BackendAnswer } from './backend-answer.js';
import type { BackendOptions } from './backend-options.interface.js';
import type { AnswerHeaders } from './passed-headers.js';
import { passedHeaders } from './passed-headers.js';

/** Why a call was aborted when its time was over. */
const TIMED_OUT = Symbol('timed out');

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
    const timer = setTimeout(() => {
      call.abort(TIMED_OUT);
    }, timeoutMs);
    const abort = () => {
      call.abort();
    };
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await this.request(path, call.signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (call.signal.reason === TIMED_OUT) throw new BackendTimeoutError(timeoutMs);
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
    return {
      status: answer.status,
      headers: passedHeaders(answer.headers as AnswerHeaders),
      body: answer.data,
    };
  }
}
