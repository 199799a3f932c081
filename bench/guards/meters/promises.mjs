import { promiseHooks } from 'node:v8';

/**
 * Promises that `operation` makes before it returns.
 *
 * @param {() => unknown} operation
 */
export function promisesMadeBy(operation) {
  let made = 0;
  const stop = promiseHooks.onInit(() => made++);
  try {
    operation();
  } finally {
    stop();
  }
  return made;
}
