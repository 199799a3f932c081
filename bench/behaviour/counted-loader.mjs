import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A loader that is counted, and can be waited for.
 * @param {(call: number, context?: { signal?: AbortSignal }) => unknown} answer what a call comes to;
 *   calls are numbered from 1
 */
export function countedLoader(answer) {
  const loader = {
    calls: 0,
    running: 0,
    mostAtOnce: 0,
    /** @type {(key?: string, context?: { signal?: AbortSignal }) => any} */
    load(_key, context) {
      loader.calls++;
      loader.running++;
      loader.mostAtOnce = Math.max(loader.mostAtOnce, loader.running);
      const over = () => void loader.running--;
      const result = answer(loader.calls, context);
      if (typeof result?.then === 'function') result.then(over, over);
      else over();
      return result;
    },
    /** Ends when the loader has been called so often, or after `withinMs`. */
    async called(times, withinMs = 2_000) {
      const deadline = performance.now() + withinMs;
      while (loader.calls < times && performance.now() < deadline) await sleep(1);
    },
  };
  return loader;
}
