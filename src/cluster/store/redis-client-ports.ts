import type { Scheduler } from '../../clock/index.js';
import { resolveStoreGuardOptions } from './store-guard-options.interface.js';
import type { StoreGuardOptions } from './store-guard-options.interface.js';
import type { StorePorts } from './store-ports.js';

/** What a client of `@redis/client` needs besides where the store is. */
export interface RedisClientPorts {
  readonly scheduler: Scheduler;
  /** Milliseconds until the next attempt to connect. */
  readonly retryMs: () => number;
  /** Milliseconds after which a connection that is open but does not greet is given up. */
  readonly greetWithinMs: number;
}

/** Of the settings of the guard. */
export function redisClientPorts(
  options: StoreGuardOptions | undefined,
  { scheduler, random }: StorePorts,
): RedisClientPorts {
  const { retryMs, reconnectAfterMs } = resolveStoreGuardOptions(options);
  const [shortest, longest] = retryMs;
  return {
    scheduler,
    retryMs: () => Math.round(shortest + random() * (longest - shortest)),
    greetWithinMs: reconnectAfterMs,
  };
}
