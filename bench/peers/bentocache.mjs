import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';

/** One level, in memory, without serialising. @type {import('./cache.mjs').OpenCache} */
export function open({ load, ttlMs, maxEntries }) {
  const layer = memoryDriver({ maxItems: maxEntries, serialize: false });
  const bento = new BentoCache({
    default: 'measured',
    stores: { measured: bentostore().useL1Layer(layer) },
  });
  return { ask: (key) => bento.getOrSet({ key, ttl: ttlMs, factory: () => load(key) }) };
}
