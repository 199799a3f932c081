import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { gate } from '../support/gate.js';
import type { Gate } from '../support/gate.js';
import { until } from './gateway-fixture.js';

/** A request whose body has come as a whole. */
export interface Upload {
  readonly method: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** An answer that is written by a test, piece by piece. */
type Held = ServerResponse;

/**
 * An API as people have them, on Node's own server and the `ws` of everybody: it answers whatever it is asked
 * by a description of the request, and some paths in ways of their own.
 */
export class RealOrigin {
  /** Bodies of uploads to `/uploads`, once they are whole. */
  readonly uploads: Upload[] = [];
  /** What a test makes of requests that expect `100 Continue`: nothing is said before it opens. */
  expected: { readonly go: Gate; readonly refuseWith?: number } = { go: opened() };
  /** Requests that have asked whether to go on. */
  expecting = 0;
  /** Answers under `/held`, by path: their heads are out, and a test writes the rest. */
  private readonly held = new Map<string, Held>();
  private readonly sockets: WebSocketServer;

  private constructor(private readonly server: Server) {
    this.sockets = new WebSocketServer({ server, perMessageDeflate: true });
    this.sockets.on('connection', (socket: WebSocket) => {
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    });
    server.on('request', (request, response) => this.answer(request, response));
    server.on('checkContinue', (request, response) => void this.consider(request, response));
  }

  static async start(): Promise<RealOrigin> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new RealOrigin(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.port)}`;
  }

  /** The answer under a path that a client waits for. */
  async heldAt(path: string): Promise<Held> {
    await until(() => this.held.has(path), `a client at ${path}`);
    return this.held.get(path) as Held;
  }

  async close(): Promise<void> {
    this.sockets.close();
    for (const socket of this.sockets.clients) socket.terminate();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async consider(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.expecting++;
    const { go, refuseWith } = this.expected;
    await go.opened;
    if (refuseWith === undefined) {
      response.writeContinue();
      this.answer(request, response);
    } else response.writeHead(refuseWith, { 'Content-Length': 0, Connection: 'close' }).end();
  }

  private readonly answer: RequestListener = (request, response) => {
    const { url = '', method = '' } = request;
    if (url.startsWith('/uploads')) this.upload(request, response);
    else if (url.startsWith('/held')) {
      const type = request.headers.accept ?? 'application/octet-stream';
      const trailer = url.includes('trailers') ? { Trailer: 'grpc-status, grpc-message' } : {};
      request.resume();
      response.writeHead(200, { 'Content-Type': type, ...trailer });
      response.flushHeaders();
      this.held.set(url, response);
    } else if (url.startsWith('/page')) {
      response.writeHead(200, { 'Content-Type': 'text/html' });
      response.end('<!doctype html><title>An application</title>');
    } else if (method === 'DELETE') {
      response.writeHead(204, { 'X-Deleted': url }).end();
    } else this.describe(request, response);
  };

  private upload(request: IncomingMessage, response: ServerResponse): void {
    const hash = createHash('sha256');
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      hash.update(chunk);
    });
    request.on('end', () => {
      this.uploads.push({ method: request.method ?? '', bytes, sha256: hash.digest('hex') });
      response.writeHead(201, { 'Content-Type': 'text/plain' }).end('stored');
    });
  }

  private describe(request: IncomingMessage, response: ServerResponse): void {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const { method, url, headers } = request;
      const { 'content-type': type, 'content-length': said = '0', 'x-of-client': own } = headers;
      const text = Buffer.concat(pieces).toString('latin1');
      const body = JSON.stringify({ method, url, type, said, own, text });
      response.writeHead(method === 'POST' ? 201 : 200, {
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(body),
        Allow: 'GET, HEAD, OPTIONS, PUT, DELETE, PATCH, POST',
        'X-Seen': `${method} ${url}`,
      });
      response.end(method === 'HEAD' ? undefined : body);
    });
  }
}

function opened(): Gate {
  const go = gate();
  go.open();
  return go;
}
