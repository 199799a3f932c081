/**
 * A complete answer of the backend that may be handed to any number of callers: never a 5xx (those
 * are errors), never anything that belongs to one caller or one connection.
 */
export interface BackendAnswer {
  /** HTTP status, 200–499. */
  readonly status: number;
  /** What may be passed on, as `[name, value]` pairs. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The body as it came, still in its Content-Encoding. Shared: never write to it. */
  readonly body: Buffer;
}
