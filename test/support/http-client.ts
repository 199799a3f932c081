import {
  request as httpRequest,
  type Agent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http';

export class Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];

  constructor(
    response: IncomingMessage,
    readonly body: Buffer,
  ) {
    this.status = response.statusCode ?? 0;
    this.headers = response.headers;
    this.rawHeaders = response.rawHeaders;
  }

  /** Decoded when it is asked for: bodies of many megabytes are compared as bytes. */
  get text(): string {
    return this.body.toString('utf8');
  }
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
        resolve(new Reply(response, Buffer.concat(chunks)));
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
