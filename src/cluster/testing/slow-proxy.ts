import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** A network between a client and a server of this machine, as good or as bad as a test wants it. */
export class SlowProxy {
  /** Milliseconds that every chunk is on its way, in each direction. */
  delayMs = 0;
  private readonly pairs = new Set<readonly [Socket, Socket]>();
  private blackholed = false;
  private refusing = false;
  private server?: Server;

  constructor(private readonly target: () => number) {}

  static async start(target: () => number): Promise<SlowProxy> {
    const proxy = new SlowProxy(target);
    const server = createServer((client) => proxy.accept(client));
    proxy.server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.server?.address() as AddressInfo).port;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get connections(): number {
    return this.pairs.size;
  }

  /** Resets every connection; new ones are accepted. */
  cut(): void {
    for (const pair of this.pairs) for (const socket of pair) socket.resetAndDestroy();
  }

  /** Resets every connection, now and from now on. */
  refuse(refusing = true): void {
    this.refusing = refusing;
    if (refusing) this.cut();
  }

  /**
   * Swallows everything that is sent over the connections of now, which stay open for ever. New ones
   * are swallowed as well until {@link heal}; the old ones are not brought back by it.
   */
  blackhole(): void {
    this.blackholed = true;
    for (const [client, server] of this.pairs) {
      for (const socket of [client, server]) socket.removeAllListeners('data').on('data', () => {});
    }
  }

  heal(): void {
    this.blackholed = false;
    this.refusing = false;
    this.delayMs = 0;
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  private accept(client: Socket): void {
    client.on('error', () => {});
    if (this.refusing) {
      client.resetAndDestroy();
      return;
    }
    const server = connect(this.target(), '127.0.0.1');
    server.on('error', () => {});
    const pair = [client, server] as const;
    this.pairs.add(pair);
    const end = () => {
      this.pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    client.once('close', end);
    server.once('close', end);
    this.carry(client, server);
    this.carry(server, client);
  }

  private carry(from: Socket, to: Socket): void {
    if (this.blackholed) {
      from.on('data', () => {});
      return;
    }
    from.on('data', (chunk) => {
      if (this.delayMs === 0) to.write(chunk);
      else setTimeout(() => to.write(chunk), this.delayMs);
    });
  }
}
