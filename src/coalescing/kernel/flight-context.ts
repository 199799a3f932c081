/** What a loader knows about the flight it runs for. Read its members from it: they change. */
export interface FlightContext {
  /** The key asked for. */
  readonly key: string;

  /** Aborts when nobody wants the result any more, or the flight has timed out. Made on first use. */
  readonly signal: AbortSignal;

  /** When the flight times out, in milliseconds on the monotonic clock. */
  readonly deadline: number;

  /**
   * The result must not be kept: the key was forgotten or overtaken meanwhile, or the flight ended
   * before its loader, so that something newer may have been stored. Turns true at most once.
   */
  readonly fenced: boolean;

  /** Whether the result may be kept: neither {@link fenced} nor marked {@link uncacheable}. */
  readonly cacheable: boolean;

  /** Marks the result as one that is shared with everyone on this flight and with nobody later. */
  uncacheable(): void;
}

/** Computes the value of one flight. */
export type Loader<T> = (flight: FlightContext) => T | Promise<T>;
