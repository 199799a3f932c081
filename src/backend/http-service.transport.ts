import type { HttpService } from '@nestjs/axios';
import type { AxiosRequestConfig } from 'axios';
import { BackendTransport } from './backend-transport.js';
import type { BackendCall, TransportAnswer } from './backend-transport.js';
import { CallBounds } from './call-bounds.js';
import type { AnswerHeaders } from './passed-headers.js';
import { isAbsoluteUrl } from './request-target.js';
import type { ResolvedBackendOptions } from './resolve-backend-options.js';

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
      const config: AxiosRequestConfig = { url, headers, signal: call.signal };
      // Nothing goes before an absolute URL.
      if (isAbsoluteUrl(url)) config.baseURL = '';
      const answered = this.http.axiosRef.request<Buffer>(config);
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
