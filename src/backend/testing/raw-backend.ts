import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** What a backend does with one request. */
export type Script = (socket: Socket) => void;

/** A backend of raw bytes, so that it can be as wrong as it likes. */
export class RawBackend {
  /** Every connection that was made, open or not. */
  readonly connections: Socket[] = [];
  /** What each request said. */
  readonly heads: string[] = [];

  /** Done with each request. */
  script: Script = () => undefined;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<RawBackend> {
    const server = createServer();
    const backend = new RawBackend(server);
    server.on('connection', (socket) => {
      backend.connections.push(socket);
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => {
        backend.heads.push(bytes.toString('latin1'));
        backend.script(socket);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return backend;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** From now on answers so: status line and headers without the empty line, then the body. */
  answer(head: string, body: string | Buffer = ''): void {
    this.script = (socket) => {
      socket.write(Buffer.concat([Buffer.from(`HTTP/1.1 ${head}\r\n\r\n`), Buffer.from(body)]));
    };
  }

  /** Resolves when the first connection has been closed by whoever made it. */
  async firstConnectionClosed(): Promise<void> {
    const [socket] = this.connections;
    if (socket && !socket.destroyed) await once(socket, 'close');
  }

  async close(): Promise<void> {
    for (const socket of this.connections) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** A port of this machine that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
