import { systemScheduler } from '../../clock/index.js';
import type { Scheduler } from '../../clock/index.js';

/** What a store needs of the process. */
export interface StorePorts {
  readonly scheduler: Scheduler;
  /** A number of [0, 1). */
  readonly random: () => number;
  /** Calls `task` when what has already arrived has been read. */
  readonly afterPoll: (task: () => void) => void;
}

/** The process itself. */
export const systemStorePorts: StorePorts = {
  scheduler: systemScheduler,
  random: Math.random,
  afterPoll: (task) => {
    setImmediate(task);
  },
};
