import { afterAll, afterEach, beforeAll, describe } from '@jest/globals';
import { Global, Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { SHARED_CIRCUITS } from '../../circuit-breaker/index.js';
import { promiseResourceContract } from '../../circuit-breaker/testing/promise-resource-contract.js';
import { systemClock, systemScheduler } from '../../ground/index.js';
import { RedisServer } from '../testing/redis-server.js';
import { heard, untilReady } from '../testing/until.js';
import { parseStoreUrl } from '../store/parse-store-url.js';
import { RedisStore } from '../store/redis-store.js';
import { ClusterCircuits } from './cluster-circuits.js';

@Global()
@Module({})
class OthersModule {
  static of(others: ClusterCircuits): DynamicModule {
    const providers = [{ provide: SHARED_CIRCUITS, useValue: others }];
    return { module: OthersModule, providers, exports: providers };
  }
}

describe.each(['well', 'killed', 'frozen'] as const)(
  'a route of an instance whose store is %s',
  (condition) => {
    let server: RedisServer;
    let store: RedisStore;

    beforeAll(async () => {
      server = await RedisServer.start();
    });

    afterAll(() => server.stop());

    afterEach(async () => {
      server.thaw();
      await store.close();
    });

    promiseResourceContract('express', async () => {
      await server.start();
      store = new RedisStore(parseStoreUrl(server.url));
      const circuits = new ClusterCircuits({
        store,
        clock: systemClock,
        scheduler: systemScheduler,
        instance: 'only-one',
      });
      await circuits.start();
      await store.open();
      await untilReady(store);
      if (condition === 'killed') {
        const down = heard(store, 'down');
        await server.kill();
        await down;
      } else if (condition === 'frozen') {
        server.freeze();
      }
      return [OthersModule.of(circuits)];
    });
  },
);
