import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Injectable, Logger } from '@nestjs/common';
import type { INestApplicationContext, Provider } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { CachingModule, CachingService, LoadOutcome } from '../caching/index.js';
import { Coalesce, CoalescingModule } from '../coalescing/index.js';
import { ClusterModule } from './cluster.module.js';
import { ClusterService } from './cluster.service.js';
import { RedisServer } from './testing/redis-server.js';

/** Long enough for calls to overlap. */
const turns = () => new Promise((resolve) => setTimeout(resolve, 20));
const turn = () => new Promise(setImmediate);

let calls: string[] = [];
/** What the backend waits for. */
let held: Promise<unknown>;

/** As a build names it, and as the next one does. */
function ratesOf(className: string) {
  @Injectable()
  class Rates {
    @Coalesce({ sharedBy: 'class', name: 'rates.of' })
    async of(pair: string): Promise<string> {
      calls.push(pair);
      await held;
      return pair;
    }
  }
  Object.defineProperty(Rates, 'name', { value: className });
  return Rates;
}

let server: RedisServer;
const apps: INestApplicationContext[] = [];

async function replica(...providers: Provider[]): Promise<INestApplicationContext> {
  const testing = await Test.createTestingModule({
    providers,
    imports: [
      ClusterModule.forRoot({ store: server.url }),
      CoalescingModule.forRoot({ scope: 'cluster' }),
      CachingModule.forRoot(),
    ],
  }).compile();
  const app = await testing.init();
  apps.push(app);
  while (app.get(ClusterService).health().status !== 'up') await turn();
  return app;
}

/** How many of them wait for the flight of another one. */
const waits = () =>
  apps.reduce((sum, app) => sum + app.get(ClusterService).health().counters.waits, 0);

beforeAll(async () => {
  server = await RedisServer.start();
  Logger.overrideLogger(false);
}, 180_000);

afterEach(async () => {
  calls = [];
  for (const app of apps.splice(0)) await app.close();
  await server.start();
});

afterAll(() => server.stop());

jest.setTimeout(180_000);

describe('Two replicas of an application', () => {
  it('make one call by a name that was given, whatever their builds call the class', async () => {
    const [One, Other] = [ratesOf('Rates'), ratesOf('a')];
    const one = await replica(One);
    const other = await replica(Other);
    let open = (_: unknown): void => undefined;
    held = new Promise((resolve) => (open = resolve));
    const asked = [one.get(One).of('EURUSD'), other.get(Other).of('EURUSD')];
    // Nothing of the flight is kept: who comes after its end makes a call of his own.
    while (calls.length + waits() < 2) await turn();
    open(undefined);
    expect(await Promise.all(asked)).toEqual(['EURUSD', 'EURUSD']);
    expect(calls).toEqual(['EURUSD']);
  });

  it('keep to themselves what a load says is for its caller alone', async () => {
    const replicas = [await replica(), await replica()];
    const asked = Array.from({ length: 40 }, async (_, index) => {
      const app = replicas[index % 2]!;
      const load = async () => {
        await turns();
        return LoadOutcome.unshared(`secret of ${index}`);
      };
      return [index, await app.get(CachingService).get('account', load)] as const;
    });
    for (const [index, secret] of await Promise.all(asked)) {
      expect(secret).toBe(`secret of ${index}`);
    }
    for (const app of replicas) {
      // The shared tier's claims alone: what flights of a cache are called is numbered here.
      const { counters } = app.get(ClusterService).health();
      expect(counters.leads + counters.waits).toBeLessThanOrEqual(21);
    }
  });
});
