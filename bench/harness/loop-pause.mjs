// How long the event loop was kept from turning: what every other request of the process would have
// waited in addition.
import { cpuMs } from './timing.mjs';

/**
 * Longest pause between two turns of the event loop, while it is watched. Only as much of it as this
 * process has worked counts: the core may have been taken away by another one.
 */
export class LoopPause {
  #longestMs = 0;
  #last = performance.now();
  #lastCpu = cpuMs();
  #watching = true;
  #stopped;

  constructor() {
    this.#stopped = new Promise((resolve) => {
      const look = () => {
        const now = performance.now();
        const cpu = cpuMs();
        const pause = Math.min(now - this.#last, cpu - this.#lastCpu);
        this.#longestMs = Math.max(this.#longestMs, pause);
        this.#last = now;
        this.#lastCpu = cpu;
        if (this.#watching) setImmediate(look);
        else resolve();
      };
      setImmediate(look);
    });
  }

  /** Ends the watch after one more turn. @returns {Promise<number>} milliseconds */
  async stop() {
    this.#watching = false;
    await this.#stopped;
    return this.#longestMs;
  }
}
