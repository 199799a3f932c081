import type { StaleBecause } from './cache-result.js';
import type { Invalidation } from './invalidation.js';

/** What happened to one key of a cache. */
export type KeyEvent = { readonly key: string } & (
  | { readonly type: 'hit'; readonly tier: string }
  | { readonly type: 'stale'; readonly because: StaleBecause }
  | { readonly type: 'miss' | 'collapsed' | 'refresh' | 'fenced' }
  | { readonly type: 'refresh-failed'; readonly error: unknown; readonly pauseMs: number }
  | { readonly type: 'stored'; readonly sizeBytes: number }
  | { readonly type: 'uncacheable'; readonly unshared: boolean }
);

/** What happened, told after it has happened. */
export type CacheEvent =
  | (KeyEvent & {
      /** Name of the cache. */
      readonly cache: string;
    })
  | { readonly type: 'invalidated'; readonly invalidation: Invalidation }
  | { readonly type: 'tier-fault'; readonly tier: string; readonly error: unknown };

/** The port for events; a channel of `node:diagnostics_channel` is one. */
export interface CacheEvents {
  /** Whether anyone listens: otherwise no event is even made. */
  readonly hasSubscribers: boolean;
  publish(event: CacheEvent): void;
}
