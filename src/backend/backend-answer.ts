/** Header fields as `[name, value]` pairs. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** A complete answer of the backend: never a 5xx, which is an error. */
export interface BackendAnswer {
  /** HTTP status, 200–499. */
  readonly status: number;
  /** What may be handed to any number of callers: nothing that belongs to one caller or connection. */
  readonly headers: HeaderList;
  /**
   * Headers that the backend's connection had for itself (RFC 9110, section 7.6.1): never handed on, but
   * what they say of the answer counts. Absent where there are none.
   */
  readonly withheld?: HeaderList;
  /** `Set-Cookie` of the answer, for the caller who caused the call and for nobody else. */
  readonly cookies: readonly string[];
  /** The body as it came, still in its Content-Encoding. Shared: never write to it. */
  readonly body: Buffer;
}

/** The value of a header of an answer. */
export function headerOf({ headers }: BackendAnswer, name: string): string | undefined {
  return headers.find(([present]) => present === name)?.[1];
}

/** The value of a header as the backend sent it, whether it is handed on or not. */
export function receivedHeaderOf(answer: BackendAnswer, name: string): string | undefined {
  const { withheld } = answer;
  return headerOf(answer, name) ?? withheld?.find(([present]) => present === name)?.[1];
}
