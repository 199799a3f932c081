import { BackendTransport, SENT_HEADERS } from './backend-transport.js';
import type { BackendCall, TransportAnswer } from './backend-transport.js';
import type { BackendPool } from './backend.pool.js';
import type { BodiesInFlight } from './bodies-in-flight.js';
import { exchange } from './exchange.js';
import type { ResolvedBackendOptions } from './backend.options.js';

/** Calls the backend over the pool, with nothing in between. */
export class UndiciTransport extends BackendTransport {
  constructor(
    private readonly pool: BackendPool,
    private readonly options: ResolvedBackendOptions,
    private readonly bodies: BodiesInFlight,
  ) {
    super();
  }

  send({ url, headers, signal }: BackendCall): Promise<TransportAnswer> {
    const { baseUrl, timeoutMs, maxBodyBytes } = this.options;
    return exchange(this.pool.dispatcher, {
      ...{ url, baseUrl, headers: withSentHeaders(headers) },
      signal,
      timeoutMs,
      maxBodyBytes,
      bodies: this.bodies,
    });
  }
}

/** The headers of one call beside, or in place of, those of every call: names have no case. */
function withSentHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const sent = { ...SENT_HEADERS };
  for (const name of Object.keys(headers)) sent[name.toLowerCase()] = headers[name] as string;
  return sent;
}
