import { Counter as TestCounter } from '../../src/test-tools/index.js';

/** How long a barrier waits before it says what it was waiting for: other processes may have the machine. */
const BARRIER_LIMIT_MS = 40_000;

/** A number that only grows, and a barrier on it: `reaches(n)` resolves once it has got there. */
export class Counter extends TestCounter {
  constructor(what: string) {
    super(what, BARRIER_LIMIT_MS);
  }
}
