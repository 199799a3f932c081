import { memberTexts } from './json-text.js';
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

/** What a handler answers: the reply's type, and what follows the numbers in its body. */
export interface Reply {
  readonly type: string;
  readonly members: Readonly<Record<string, JsonText>>;
}

/** The protocol's error codes that the node gives itself; those of the origin are passed as they are. */
export const ErrorCode = {
  /** Indefinite: whether the operation has happened, or will, is not known. */
  Timeout: 0,
  NotSupported: 10,
  TemporarilyUnavailable: 11,
  MalformedRequest: 12,
  /** Indefinite: something broke. */
  Crash: 13,
} as const;

/** The line is no message; the text says why. */
export type NoMessage = string;

/** Reads one line. What it is not able to read it names, and never throws. */
export function parseMessage(line: string): Message | NoMessage {
  let envelope: unknown;
  try {
    envelope = JSON.parse(line);
  } catch {
    return line.trim() === '' ? 'a blank line' : 'not JSON';
  }
  if (!isObject(envelope)) return 'not a JSON object';
  const { src, dest, body } = envelope;
  if (typeof src !== 'string' || typeof dest !== 'string') return 'no src or no dest';
  if (!isObject(body)) return 'no body';
  const { type, msg_id: msgId, in_reply_to: inReplyTo } = body;
  if (typeof type !== 'string') return 'no type';
  if (!isId(msgId)) return 'a msg_id that is no whole number';
  if (!isId(inReplyTo)) return 'an in_reply_to that is no whole number';
  const texts = memberTexts(memberTexts(line).get('body') ?? '{}');
  return {
    src,
    dest,
    type,
    msgId: texts.get('msg_id'),
    inReplyTo,
    body: texts,
    length: line.length,
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isId(value: unknown): value is number | undefined {
  return value === undefined || Number.isInteger(value);
}
