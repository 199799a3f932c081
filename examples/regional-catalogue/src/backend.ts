import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A slow service that knows prices and catalogues, and remembers what it was asked. */
export class Backend {
  /** While true every answer is 500. */
  failing = false;

  /** Every request, in order. */
  readonly requests: IncomingMessage[] = [];

  private readonly held = new Map<string, Promise<void>>();
  private readonly server = createServer((request, response) => {
    this.requests.push(request);
    void this.answer(request.url ?? '/', response);
  });

  /** @param delayMs how long it thinks about each answer */
  constructor(private readonly delayMs = 0) {}

  /** Listens on `port` (0 picks a free one) and returns its URL. */
  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(port, resolve));
    return `http://localhost:${(this.server.address() as AddressInfo).port}`;
  }

  /** Calls for what begins with `path`. */
  calls(path = '/'): number {
    return this.requests.filter(({ url }) => url?.startsWith(path)).length;
  }

  /** Keeps the answers of `path` back until the result is called. */
  hold(path: string): () => void {
    let release = () => {};
    this.held.set(path, new Promise((resolve) => (release = resolve)));
    return release;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(url: string, response: ServerResponse): Promise<void> {
    if (this.delayMs > 0) await sleep(this.delayMs);
    await this.held.get(url);
    const [, kind, name, , sku] = url.split(/[/?]/);
    response.statusCode = this.failing ? 500 : 200;
    response.setHeader('Content-Type', 'application/json');
    response.end(
      JSON.stringify(
        kind === 'regions'
          ? { region: name, sku, price: `${this.requests.length}.99` }
          : { tenant: name, articles: [`for ${name}, version ${this.requests.length}`] },
      ),
    );
  }
}
