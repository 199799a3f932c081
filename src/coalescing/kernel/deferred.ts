import { isValue, type FlightEnding } from './flight-ending.js';

/** A promise settled from outside, by a flight's ending. Unhandled rejections of it stay silent. */
export class Deferred {
  readonly promise: Promise<unknown>;
  private resolve!: (value: unknown) => void;
  private reject!: (reason: unknown) => void;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // A caller may leave its promise alone: that is no reason to end the process.
    this.promise.catch(() => undefined);
  }

  settle(ending: FlightEnding): void {
    if (isValue(ending)) this.resolve(ending.value);
    else this.reject(ending.error);
  }
}
