import type { JsonText } from './json-text.js';

/** The members of a message's body, by name, as texts. */
export type Body = ReadonlyMap<string, JsonText>;

/** What came in one line. */
export interface Message {
  readonly src: string;
  readonly dest: string;
  readonly type: string;
  /** The sender's number of the message, as text; without it nothing can be answered. */
  readonly msgId: JsonText | undefined;
  /** Our number of the message that this one replies to. */
  readonly inReplyTo: number | undefined;
  readonly body: Body;
  /** Length of the line, in UTF-16 code units. */
  readonly length: number;
}
