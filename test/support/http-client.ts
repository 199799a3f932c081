import {
  request as httpRequest,
  type Agent,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly text: string;
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
  readonly agent?: Agent;
  readonly host?: string;
}

/** A request on its way, whose client can leave before the answer. */
export interface PendingReply {
  /** Rejects when {@link leave} was called first. */
  readonly reply: Promise<Reply>;
  /** Resolves when the connection stands and the request is on it. */
  readonly sent: Promise<void>;
  /** Statuses of the interim answers that have come. */
  readonly interim: readonly number[];
  /** Closes the client's connection. */
  leave(): void;
}

/** Sends `path` exactly as written: no URL parser tidies it. One connection per request by default. */
export function start(port: number, path: string, options: RequestOptions = {}): PendingReply {
  const { body } = options;
  const request = httpRequest({
    host: options.host ?? '127.0.0.1',
    port,
    path,
    method: options.method ?? 'GET',
    // Node frames no body of a GET by itself.
    headers: { ...options.headers, ...(body && { 'content-length': Buffer.byteLength(body) }) },
    agent: options.agent ?? false,
  });
  const sent = new Promise<void>((resolve) => {
    request.once('finish', resolve);
  });
  const interim: number[] = [];
  request.on('information', ({ statusCode }) => interim.push(statusCode));
  const reply = new Promise<Reply>((resolve, reject) => {
    request.once('error', reject);
    request.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const received = Buffer.concat(chunks);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          rawHeaders: response.rawHeaders,
          body: received,
          text: received.toString('utf8'),
        });
      });
    });
  });
  // A client that leaves on purpose has no use for the error it gets.
  reply.catch(() => undefined);
  request.end(body);
  return {
    reply,
    sent,
    interim,
    leave() {
      request.destroy();
    },
  };
}

/** {@link start}, for those who only want the answer. */
export function get(port: number, path: string, options: RequestOptions = {}): Promise<Reply> {
  return start(port, path, options).reply;
}
