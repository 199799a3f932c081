import { createHook } from 'node:async_hooks';
import { BUILT } from '../built.mjs';

/**
 * Watches timers and immediates, however they are made, and whether they keep the process alive or not.
 * Counts those that the package itself makes, or its dependencies on its behalf; what Node or the
 * measurement makes is not counted.
 */
export class TimerWatch {
  #made = 0;
  /** @type {Map<number, string>} */
  #held = new Map();
  #stackTraceLimit = Error.stackTraceLimit;

  constructor() {
    Error.stackTraceLimit = 30;
    this.hook = createHook({
      init: (id, type) => {
        if (type !== 'Timeout' && type !== 'Immediate') return;
        const { stack = '' } = new Error();
        if (!stack.includes(BUILT)) return;
        this.#made++;
        this.#held.set(id, stack);
      },
      destroy: (id) => this.#held.delete(id),
    }).enable();
  }

  /** Made so far. */
  get made() {
    return this.#made;
  }

  /** Made and neither cleared nor done. */
  get held() {
    return this.#held.size;
  }

  /** Where those were made. */
  get origins() {
    return [...new Set(this.#held.values())];
  }

  close() {
    this.hook.disable();
    Error.stackTraceLimit = this.#stackTraceLimit;
  }
}
