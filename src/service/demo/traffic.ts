import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a side was asked for in a stretch of time, and how it answered. */
export interface Stretch {
  readonly requests: number;
  readonly errors: number;
  /** Median and 99th percentile of the time until the whole answer, in milliseconds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** State of the circuit in the last answer that names one. */
  readonly circuit: string;
}

/** When each request comes, in milliseconds from the start, and for what. */
export type Schedule = readonly { readonly atMs: number; readonly path: string }[];

const PRODUCTS = 20;

/**
 * `perSecond` requests a second for `seconds`, spread evenly: most for a few products that everybody asks
 * for, one in ten for data that may not be kept, one in twenty for the resource.
 */
export function scheduleOf(seconds: number, perSecond: number): Schedule {
  return Array.from({ length: seconds * perSecond }, (_, index) => ({
    atMs: (index * 1_000) / perSecond,
    path: pathOf(index),
  }));
}

function pathOf(index: number): string {
  if (index % 20 === 7) return '/api/resource';
  if (index % 10 === 3) return '/api/data/front-page';
  // A prime apart: neighbours ask for different products, and each comes round again.
  return `/products?productId=sku-${(index * 7) % PRODUCTS}`;
}

/** Whose clients all of them are: a proxy and its replicas, behind a load balancer that goes round. */
export class Clients {
  private readonly agent = new Agent({ keepAlive: true });
  private readonly took: number[] = [];
  private errors = 0;
  private circuit = '-';
  private turn = 0;

  constructor(private readonly ports: readonly number[]) {}

  /** Plays `schedule` and resolves when the last request has ended. */
  async play(schedule: Schedule): Promise<void> {
    const startedAt = performance.now();
    const open: Promise<void>[] = [];
    for (const { atMs, path } of schedule) {
      const wait = startedAt + atMs - performance.now();
      if (wait > 1) await sleep(wait);
      open.push(this.ask(path));
    }
    await Promise.all(open);
  }

  /** What has been answered since this was asked last. */
  stretch(): Stretch {
    const { errors, circuit } = this;
    const sorted = this.took.splice(0).sort((a, b) => a - b);
    this.errors = 0;
    return {
      ...{ requests: sorted.length, errors, circuit },
      p50Ms: percentile(sorted, 0.5),
      p99Ms: percentile(sorted, 0.99),
    };
  }

  /** Hangs up. */
  close(): void {
    this.agent.destroy();
  }

  private async ask(path: string): Promise<void> {
    const startedAt = performance.now();
    const status = await this.answer(path, this.ports.length);
    this.took.push(performance.now() - startedAt);
    if (status >= 500) this.errors += 1;
  }

  /** The status, 599 for none. A replica that is gone is left out, as a load balancer does. */
  private async answer(path: string, tries: number): Promise<number> {
    const port = this.ports[this.turn++ % this.ports.length];
    try {
      return await this.send(port, path);
    } catch {
      return tries > 1 ? this.answer(path, tries - 1) : 599;
    }
  }

  private send(port: number | undefined, path: string): Promise<number> {
    return new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port, path, agent: this.agent }, (answer) => {
        const circuit = answer.headers['x-circuit-state'];
        if (typeof circuit === 'string') this.circuit = circuit;
        answer
          .resume()
          .once('error', reject)
          .once('end', () => {
            resolve(answer.statusCode ?? 599);
          });
      })
        .once('error', reject)
        .end();
    });
  }
}

function percentile(sorted: readonly number[], share: number): number {
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
}
