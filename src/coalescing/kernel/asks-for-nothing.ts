import type { RunOptions } from './run-options.interface.js';

/** Whether a caller who joins may have what everybody has; `scope` matters to who leads alone. */
export function asksForNothing(options: RunOptions | undefined): boolean {
  return (
    options === undefined ||
    (options.signal === undefined &&
      options.timeoutMs === undefined &&
      options.notOlderThan === undefined &&
      options.keepAlive === undefined)
  );
}
