import type { Store } from '../store/store.js';

/** Resolves when the store is ready; at once if it is. */
export function untilReady(store: Store): Promise<void> {
  if (store.state === 'ready') return Promise.resolve();
  return heard(store, 'ready');
}

/** Resolves with the milliseconds until `event` is told the next time. */
export function heard(
  store: Store,
  event: 'ready' | 'down' | 'busLost' | 'busRestored',
): Promise<void> {
  return new Promise((resolve) => {
    const leave = store.listen({
      [event]: () => {
        leave();
        resolve();
      },
    });
  });
}
