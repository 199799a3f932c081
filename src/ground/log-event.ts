/** What Node prints of an object where it has a word to say. */
const PRINTED = Symbol.for('nodejs.util.inspect.custom');

/** What a line tells beside its words: plain data. */
type Fields = Readonly<Record<string, unknown>>;

/**
 * A line of the log that somebody acts on: a stable name to look for, words for people, and what these are
 * made of in fields of their own. A logger of JSON lines writes the members; one of text prints the words.
 */
export class LogEvent {
  readonly [field: string]: unknown;

  /**
   * @param event stable, such as `circuit.opened`: alerts hang on it
   * @param message for people; it may change
   */
  constructor(
    readonly event: string,
    readonly message: string,
    fields: Fields = {},
  ) {
    Object.assign(this, fields);
  }

  toString(): string {
    return this.message;
  }

  /** The words alone. */
  [PRINTED](): string {
    return this.message;
  }
}
