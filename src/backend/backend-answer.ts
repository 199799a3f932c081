/** Header fields as `[name, value]` pairs. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** A complete answer of the backend: never a 5xx, which is an error. */
export interface BackendAnswer {
  /** HTTP status, 200–499. */
  readonly status: number;
  /** What may be handed to any number of callers: nothing that belongs to one caller or connection. */
  readonly headers: HeaderList;
  /** `Set-Cookie` of the answer, for the caller who caused the call and for nobody else. */
  readonly cookies: readonly string[];
  /** The body as it came, still in its Content-Encoding. Shared: never write to it. */
  readonly body: Buffer;
}

/** The value of a header of an answer. */
export function headerOf({ headers }: BackendAnswer, name: string): string | undefined {
  return headers.find(([present]) => present === name)?.[1];
}
