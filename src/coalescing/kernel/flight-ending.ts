/** What a loader came to. */
export type Outcome =
  | { readonly as: 'value' | 'uncacheable'; readonly value: unknown }
  | { readonly as: 'error'; readonly error: unknown };

/** How a flight ends for its callers: by an outcome, or by something that happened to it. */
export type FlightEnding =
  Outcome | { readonly as: 'timeout' | 'closed' | 'abandoned'; readonly error: unknown };

/** Whether callers get a value. */
export function isValue(
  ending: FlightEnding,
): ending is Extract<FlightEnding, { readonly value: unknown }> {
  return 'value' in ending;
}

function ignore(): void {
  // Whoever waits for the promise hears of it.
}

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
  }

  /** A promise that is rejected with `error` already. */
  static rejected(error: unknown): Promise<unknown> {
    const refused = new Deferred();
    refused.settle({ as: 'error', error });
    return refused.promise;
  }

  settle(ending: FlightEnding): void {
    if (isValue(ending)) {
      this.resolve(ending.value);
      return;
    }
    // A caller may leave its promise alone: that is no reason to end the process. Not before there is
    // an error: it takes a promise, and most flights need none.
    this.promise.catch(ignore);
    this.reject(ending.error);
  }
}
