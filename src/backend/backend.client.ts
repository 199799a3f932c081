import { HttpService } from '@nestjs/axios';
import { Inject, Injectable } from '@nestjs/common';
import type { AxiosRequestConfig } from 'axios';
import { BackendTimeoutError, BackendUnavailableError } from './backend.errors.js';
import type { BackendAnswer } from './backend-answer.js';
import type { BackendModuleOptions } from './backend-options.interface.js';
import { BACKEND_OPTIONS } from './backend.module-definition.js';
import type { AnswerHeaders } from './passed-headers.js';
import { passedHeaders } from './passed-headers.js';

const DEFAULT_TIMEOUT_MS = 5_000;

/** Why a call was aborted when its time was over. */
const TIMED_OUT = Symbol('timed out');

/** Calls the backend, and sorts what comes back into an answer or one of two errors. */
@Injectable()
export class BackendClient {
  constructor(
    private readonly http: HttpService,
    @Inject(BACKEND_OPTIONS) private readonly options: BackendModuleOptions,
  ) {}

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
    signal.throwIfAborted();
    const call = new AbortController();
    const { timeoutMs = DEFAULT_TIMEOUT_MS } = this.options;
    const timer = setTimeout(() => {
      call.abort(TIMED_OUT);
    }, timeoutMs);
    const abort = () => {
      call.abort();
    };
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await this.request({ url, headers, signal: call.signal });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (call.signal.reason === TIMED_OUT) throw new BackendTimeoutError(timeoutMs);
      throw error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    }
  }

  private async request(call: AxiosRequestConfig): Promise<BackendAnswer> {
    const isAbsolute = /^https?:/i.test(call.url ?? '');
    const answer = await this.http.axiosRef
      .request<Buffer>(isAbsolute ? { ...call, baseURL: '' } : call)
      .catch((error: unknown) => {
        throw new BackendUnavailableError(error);
      });
    if (answer.status < 200 || answer.status >= 500) {
      throw new BackendUnavailableError(`status ${answer.status}`);
    }
    const headers = answer.headers as AnswerHeaders;
    return {
      status: answer.status,
      headers: passedHeaders(headers),
      cookies: [headers['set-cookie'] ?? []].flat(),
      body: answer.data,
    };
  }
}
