import { LRUCache } from 'lru-cache';
import type { HotTarget } from './hot-target.js';

/** Most targets that are remembered; the least recently asked for go first. */
const MAX_TARGETS = 10_000;

/** Longer targets are looked at anew each time: what is remembered stays within megabytes. */
const MAX_TARGET_LENGTH = 512;

/**
 * Request targets that memory has answered. A target decides the parameters, and with them the key, of
 * a route that covers no header: so it is enough to find the answer again.
 */
export class HotTargets {
  private readonly targets = new LRUCache<string, HotTarget>({ max: MAX_TARGETS });

  /** What was learnt of `target`. */
  find(target: string): HotTarget | undefined {
    return this.targets.get(target);
  }

  /** Remembers what a request for `target` came to. */
  learn(target: string, hot: HotTarget): void {
    if (target.length <= MAX_TARGET_LENGTH) this.targets.set(target, hot);
  }
}
